"""Random trainable networks, small, with everything that training takes."""

from __future__ import annotations

import numpy as np

from models.arch.layers import (
    Activation,
    Dense,
    Nonlinearity,
    PadChannels,
    Padding,
    Pool2D,
    Reshape,
)
from models.arch.spec import ArchBuilder, ArchSpec

ACTIVATIONS: tuple[Activation, ...] = ("NONE", "RELU", "RELU6")
PADDINGS: tuple[Padding, ...] = ("SAME", "VALID")


def random_arch(rng: np.random.Generator, name: str) -> ArchSpec:
    """One to six blocks on odd maps, then one of several ends; or a Dense network."""
    if rng.integers(6) == 0:
        return _dense_network(rng, name)
    shape = (1, *(int(n) for n in rng.integers(3, 12, 2)), int(rng.integers(1, 5)))
    b = ArchBuilder(name, shape)
    for _ in range(int(rng.integers(1, 7))):
        (_block, _residual, _pool, _conv)[int(rng.integers(4))](rng, b)
    _end(rng, b)
    return b.build()


def _activation(rng: np.random.Generator) -> Activation:
    return ACTIVATIONS[rng.integers(3)]


def _channels(rng: np.random.Generator) -> int:
    return int(rng.choice([1, 3, 4, 8, 12]))


def _window(
    rng: np.random.Generator, b: ArchBuilder
) -> tuple[tuple[int, int], tuple[int, int], Padding]:
    """Kernel, stride and padding that fit the last map."""
    height, width = b.build().shapes[b.last][1:3] if b.last != "input" else b.input_shape[1:3]
    padding = PADDINGS[rng.integers(2)]
    limits = (5, 5) if padding == "SAME" else (min(4, height), min(4, width))
    kernel = (int(rng.integers(1, limits[0] + 1)), int(rng.integers(1, limits[1] + 1)))
    return kernel, (int(rng.integers(1, 3)), int(rng.integers(1, 3))), padding


def _conv(rng: np.random.Generator, b: ArchBuilder) -> None:
    kernel, stride, padding = _window(rng, b)
    b.conv(_channels(rng), kernel, stride, _activation(rng), padding)


def _block(rng: np.random.Generator, b: ArchBuilder) -> None:
    kernel, stride, padding = _window(rng, b)
    b.depthwise(kernel, stride, _activation(rng), padding)
    b.conv(_channels(rng), (1, 1), activation=_activation(rng))


def _pool(rng: np.random.Generator, b: ArchBuilder) -> None:
    size, stride, padding = _window(rng, b)
    b.add(Pool2D("MAX" if rng.integers(2) else "AVERAGE", size, stride, padding))


def _residual(rng: np.random.Generator, b: ArchBuilder) -> None:
    """Sides of unequal width: the narrower one gets zero channels."""
    shortcut = b.last if b.last != "input" else b.conv(4)
    width = b.build().shapes[shortcut][3]
    channels = _channels(rng)
    b.conv(8, (1, 1), activation="RELU6")
    b.depthwise()
    other = b.conv(channels, (1, 1), activation="NONE")
    if channels < width:
        other = b.add(PadChannels(width), other)
    elif channels > width:
        shortcut = b.add(PadChannels(channels), shortcut)
    b.residual(shortcut, other, _activation(rng))


def _end(rng: np.random.Generator, b: ArchBuilder) -> None:
    classes = int(rng.integers(2, 12))
    kind = rng.integers(4)
    if kind < 2:
        b.classifier(classes, pool=bool(kind))
        return
    if kind == 2:
        b.add(Pool2D())
    b.conv(classes, (1, 1), activation="NONE")
    b.add(Reshape())


def _dense_network(rng: np.random.Generator, name: str) -> ArchSpec:
    b = ArchBuilder(name, (1, int(rng.integers(1, 80))))
    for _ in range(int(rng.integers(1, 4))):
        b.add(Dense(_channels(rng), _activation(rng), bias=bool(rng.integers(4))))
    b.add(Dense(int(rng.integers(2, 12))))
    if rng.integers(2):
        b.add(Nonlinearity("SOFTMAX"))
    return b.build()
