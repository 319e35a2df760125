"""Networks with random weights, quantised by random data."""

from __future__ import annotations

import numpy as np
import torch

from models.arch.spec import ArchSpec
from models.train.network import QuantisedNetwork


def random_inputs(arch: ArchSpec, count: int, seed: int) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.randn((count, *arch.input_shape[1:]), generator=random)


def quantised_network(arch: ArchSpec, x: torch.Tensor, seed: int) -> QuantisedNetwork:
    """Its ranges from x; gains of batch normalisations random, weights as they are initialised."""
    net = QuantisedNetwork(arch, seed)
    random = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for value in net.parameters():
            if value.dim() == 1:
                value += 0.5 * torch.randn(value.shape, generator=random)
    net.calibrate_ranges(x.split(max(1, len(x) // 2)))
    net.set_quantisation(True)
    return net.eval()


def distort(net: QuantisedNetwork, rng: np.random.Generator) -> None:
    """Scales from 1e-4 to 1e4 for whole layers and single channels, and channels that are dead."""
    with torch.no_grad():
        for name, value in net.named_parameters():
            if "ranges" in name:
                continue
            value *= 10 ** rng.uniform(-4, 4)
            channel = int(rng.integers(len(value)))
            value[channel] *= (0.0, 1e-6, 1e4)[rng.integers(3)]
