"""A space for calibration only: layers of shapes that no backbone has, so that every way through a kernel is measured.

Odd numbers of channels, filters of every shape, maps one pixel wide, strided points: what networks are pruned to,
converted from, or designed by others with.
"""

from __future__ import annotations

from models.arch.layers import Pool2D
from models.arch.spec import ArchBuilder, ArchSpec
from models.spaces.choices import Choices

_KERNELS = ((1, 1), (1, 1), (3, 3), (3, 3), (5, 5), (3, 1), (5, 1), (1, 3), (10, 4))
_WINDOWS = ((3, 3), (3, 3), (5, 5), (3, 1), (5, 1), (10, 1), (1, 3))
_CLASSES = 10


def mixed_layers(name: str, choices: Choices) -> ArchSpec:
    """Return four to eight layers drawn one by one: convolutions, depthwise ones, poolings and additions."""
    height = choices.integer(6, 48)
    width = choices.one_of((1, choices.integer(4, 40)))
    limit = choices.integer(4, 96)
    b = ArchBuilder(name, (1, height, width, choices.one_of((1, 3, choices.integer(1, 16)))))
    channels = b.input_shape[3]
    size = (height, width)
    for _ in range(choices.integer(4, 8)):
        stride = choices.one_of((1, 1, 2))
        kind = choices.integer(0, 9)
        if kind < 4:
            kernel = _fitting(choices.one_of(_KERNELS), size)
            channels = choices.integer(1, limit)
            b.conv(channels, kernel, (stride, stride), padding=choices.one_of(("SAME", "VALID")))
        elif kind < 7:
            kernel = _fitting(choices.one_of(_WINDOWS), size)
            b.depthwise(kernel, (stride, stride), padding=choices.one_of(("SAME", "VALID")))
        elif kind < 8 and min(size) >= 2:
            b.add(Pool2D(choices.one_of(("AVERAGE", "MAX")), (2, 2), (2, 2)))
        else:
            shortcut = b.last
            b.conv(channels, (1, 1))
            b.residual(shortcut, b.last)
        _, rows, columns, channels = b.build().shapes[b.last]
        size = (rows, columns)
    b.classifier(_CLASSES, pool=choices.one_of((True, False)) or max(size) > 8)
    return b.build()


def _fitting(kernel: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """The kernel, no larger than the map."""
    return min(kernel[0], size[0]), min(kernel[1], size[1])
