"""Exported networks: the integers of run_integer on TFLM, LiteRT and the plan engine, bit for bit.

More of them: TINYHIL_TRAINED=500 pytest tests/train/test_exact.py
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from harness.engines.plan.compile import compile_model
from harness.engines.tflm_oracle import LitertOracle, TflmOracle
from harness.link.transcript import Transcript
from harness.measure.firmware import prepare_firmware
from harness.measure.job import Job
from harness.measure.outputs import run_inputs
from models.arch.to_tflite import to_tflite
from models.train.integer import quantise, run_integer
from models.train.network import QuantisedNetwork, export
from targets.catalogue import load_catalogue
from targets.deadline import Deadline
from tests.operators.device import Device
from tests.train.nets import distort, quantised_network, random_inputs
from tests.train.networks import random_arch

NUMBER = int(os.environ.get("TINYHIL_TRAINED", "12"))
INPUTS = 6


def check_exact(net: QuantisedNetwork, x: np.ndarray, device: Device, folder: Path) -> np.ndarray:
    """Return the integers that all agree on."""
    arch = net.arch
    parameters = export(net)
    data = to_tflite(arch, parameters)
    q = quantise(x, parameters.quants["input"])
    ours = run_integer(arch, parameters, q)
    once_rounded = run_integer(arch, parameters, q, litert_dense=True)
    tflm, litert = TflmOracle(data), LitertOracle(data)
    device.load(compile_model(data, arch.name).blob)
    fast = on_native(data, q, folder / "network.tflite")
    for one, expected, once, answer in zip(q, ours, once_rounded, fast, strict=True):
        output = tflm.run([one[None]])[0]
        assert output.shape == arch.shapes[arch.output]
        assert output.tobytes() == expected.tobytes(), (arch.name, "TFLM")
        assert litert.run([one[None]])[0].tobytes() == once.tobytes(), (arch.name, "LiteRT")
        assert device.infer(one.tobytes()) == expected.tobytes(), (arch.name, "reference kernels")
        assert answer == expected.tobytes(), (arch.name, "fast")
    return ours


def on_native(data: bytes, inputs: np.ndarray, path: Path) -> list[bytes]:
    """Return the outputs of target `native` with the fast kernels."""
    path.write_bytes(data)
    firmware = prepare_firmware(Job(path, load_catalogue().target("native"), kernels="fast"))
    deadline = Deadline.after(60.0)
    return list(run_inputs(firmware, [one.tobytes() for one in inputs], Transcript(), deadline))


def test_random_networks(device: Device, tmp_path: Path) -> None:
    distinct = []
    for seed in range(NUMBER):
        rng = np.random.default_rng((20101126, seed))
        arch = random_arch(rng, f"net-{seed}")
        x = random_inputs(arch, 16, seed)
        net = quantised_network(arch, x, seed)
        outputs = check_exact(net, x[:INPUTS].numpy(), device, tmp_path)
        distinct.append(len(np.unique(outputs, axis=0)))
    # A test of constants would say nothing.
    assert np.mean(np.array(distinct) >= INPUTS - 1) > 0.7


def test_extreme_scales(device: Device, tmp_path: Path) -> None:
    for seed in range(NUMBER):
        rng = np.random.default_rng((1712, seed))
        arch = random_arch(rng, f"net-{seed}")
        net = QuantisedNetwork(arch, seed)
        distort(net, rng)
        x = random_inputs(arch, 16, seed) * float(10 ** rng.uniform(-3, 3)) + float(rng.normal())
        net.calibrate_ranges([x])
        net.set_quantisation(True)
        check_exact(net, x[:INPUTS].numpy(), device, tmp_path)
