"""Search spaces: members by seed, the same everywhere, and bit-exact."""

from __future__ import annotations

import hashlib
import math
import os

import numpy as np
import pytest

from harness.engines.tflm_oracle import LitertOracle, TflmOracle
from models.arch.counters import count
from models.arch.layers import Conv2D, Dense, Lstm
from models.arch.randomise import random_parameters
from models.arch.spec import ArchSpec
from models.arch.to_tflite import to_tflite
from models.spaces import SPACES
from tests.models.exact import check_exact, random_inputs
from tests.operators.device import Device

# What the reference kernels of the test do in a second or so.
LARGEST_MACS = 12_000_000
MEMBERS = int(os.environ.get("TINYHIL_MEMBERS", "4"))


def small_members(name: str, wanted: int) -> list[tuple[int, ArchSpec]]:
    found = []
    seed = 100
    while len(found) < wanted:
        arch = SPACES[name].member(seed)
        if count(arch).macs <= LARGEST_MACS:
            found.append((seed, arch))
        seed += 1
    return found


@pytest.mark.parametrize("name", SPACES)
def test_bit_exact(device: Device, name: str) -> None:
    for seed, arch in small_members(name, MEMBERS):
        check_exact(device, arch, to_tflite(arch, random_parameters(arch, seed)))


@pytest.mark.parametrize("name", SPACES)
def test_members_differ_and_repeat(name: str) -> None:
    members = [SPACES[name].member(seed) for seed in range(20)]
    assert members == [SPACES[name].member(seed) for seed in range(20)]
    assert len({count(arch).macs for arch in members}) >= 18
    largest, smallest = (f(count(a).macs for a in members) for f in (max, min))
    assert largest > 5 * smallest
    assert members[7].name == f"{name}-7"


@pytest.mark.parametrize("name", SPACES)
def test_widths_are_multiples_of_four(name: str) -> None:
    for seed in range(20):
        nodes = SPACES[name].member(seed).nodes
        weighted = [n.layer for n in nodes if isinstance(n.layer, Conv2D | Dense | Lstm)]
        for layer in weighted[:-1]:
            assert (layer.channels if isinstance(layer, Conv2D) else layer.units) % 4 == 0


def test_same_bytes_everywhere() -> None:
    """What another NumPy or matrix library would have to give too."""
    arch = SPACES["ds-cnn-kws"].member(1)
    data = to_tflite(arch, random_parameters(arch, 1))
    assert hashlib.sha256(data).hexdigest() == SHA256


SHA256 = "57d22a7bd51949e5828cde39674b564ba6e15b1a8c3c198270a7d8c010f5efe2"


def test_gru_shares_its_weights() -> None:
    arch = SPACES["gru"].member(2)
    own = [n for n in arch.nodes if isinstance(n.layer, Dense) and not n.shares]
    shared = [n for n in arch.nodes if n.shares]
    assert shared and {n.shares for n in shared} <= {n.name for n in own}
    time = math.prod(arch.shapes["reshape0"][:1])
    layers = len({n.name.split("/")[0] for n in own if "/" in n.name})
    assert len(own) == 6 * layers + 1
    assert len(shared) == layers * (2 * (time - 1) + (time - 2) * 4)


@pytest.mark.parametrize("name", SPACES)
def test_litert_runs_members_too(name: str) -> None:
    """Close to TensorFlow Lite Micro: the two round FULLY_CONNECTED and LSTM differently."""
    [(seed, arch)] = small_members(name, 1)
    data = to_tflite(arch, random_parameters(arch, seed))
    try:
        tflm, litert = TflmOracle(data), LitertOracle(data)
    except ImportError:
        pytest.skip("interpreters not installed")
    exact = name in ("ds-cnn-kws", "ds-cnn-ad", "ibn-vww")
    for x in random_inputs(arch, 1):
        difference = tflm.run([x])[0].astype(int) - litert.run([x])[0].astype(int)
        assert np.abs(difference).max() <= (0 if exact else 12)
