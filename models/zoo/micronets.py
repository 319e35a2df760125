"""MicroNets: the published networks for keyword spotting, anomaly detection and visual wake words.

Source: Banbury et al., "MicroNets", arXiv 2010.11267v6. Layers of the KWS and AD networks from its
tables; those of VWW-2, -3 and -4 are drawn there in a figure only and come from a public re-creation
by the Wake Vision project (VWW-1's are not published). Operators as in the files of
github.com/ARM-software/ML-zoo: RELU6, the classifier a 1 x 1 convolution, no softmax.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.arch.layers import PadChannels, Pool2D, Reshape
from models.arch.spec import ArchBuilder, ArchSpec

Block = tuple[int, int]
"""Channels and stride of a depthwise-separable block."""
Bottleneck = tuple[int, int, int]
"""Expanded channels, projected channels and stride of an inverted bottleneck."""

KWS_INPUT = (1, 49, 10, 1)
AD_INPUT = (1, 32, 32, 1)
KWS_CLASSES = 12
AD_CLASSES = 4

STAGES = (1, 2, 3, 4, 3, 3, 1)
"""How many bottlenecks each stage of MobileNetV2 has; the first of a stage has no residual addition."""


def ds_cnn(
    name: str,
    input_shape: tuple[int, ...],
    first: tuple[int, tuple[int, int]],
    blocks: Sequence[Block],
    classes: int,
) -> ArchSpec:
    """Return a depthwise-separable CNN: first convolution (channels, kernel), blocks, classifier."""
    b = ArchBuilder(name, input_shape)
    b.conv(first[0], first[1], activation="RELU6")
    for channels, stride in blocks:
        b.depthwise(stride=(stride, stride), activation="RELU6")
        b.conv(channels, (1, 1), activation="RELU6")
    _classify(b, classes)
    return b.build()


def mobile_net(
    name: str, size: int, first: int, bottlenecks: Sequence[Bottleneck], last: int
) -> ArchSpec:
    """Return a network of MobileNetV2's form on `size` x `size` grey pixels, two classes.

    Where the two sides of a residual addition differ in width, the narrower one gets zero channels.
    """
    b = ArchBuilder(name, (1, size, size, 1))
    b.conv(first, stride=(2, 2), activation="RELU6")
    width = first
    starts = {sum(STAGES[:i]) for i in range(len(STAGES))}
    for index, (expanded, projected, stride) in enumerate(bottlenecks):
        shortcut = b.last
        b.conv(expanded, (1, 1), activation="RELU6")
        b.depthwise(stride=(stride, stride), activation="RELU6")
        b.conv(projected, (1, 1), activation="NONE")
        if index in starts:
            width = projected
            continue
        other = b.last
        if projected < width:
            other = b.add(PadChannels(width), other)
        elif projected > width:
            shortcut = b.add(PadChannels(projected), shortcut)
        b.residual(shortcut, other)
        width = max(width, projected)
    b.conv(last, (1, 1), activation="RELU6")
    _classify(b, 2)
    return b.build()


def _classify(b: ArchBuilder, classes: int) -> None:
    b.add(Pool2D())
    b.conv(classes, (1, 1), activation="NONE")
    b.add(Reshape())


_KWS: dict[str, tuple[int, Sequence[Block]]] = {
    "s": (84, ((112, 2), (84, 1), (84, 1), (84, 1), (196, 1))),
    "m": (140, ((140, 2), (140, 1), (140, 1), (112, 1), (196, 1))),
    "l": (276, ((248, 2), (276, 1), (276, 1), *((248, 1),) * 4)),
}
_AD: dict[str, tuple[int, Sequence[Block]]] = {
    "s": (72, ((164, 2), (220, 1), (276, 2), (276, 2))),
    "m": (192, ((276, 2), (276, 1), (276, 1), (276, 2), (276, 2))),
    "l": (276, ((248, 2), (276, 1), (276, 1), (248, 2), (248, 2))),
}
# The same networks' baselines in that paper: DS-CNN's widths, the first convolution unstrided.
_BASELINES: dict[str, tuple[int, int]] = {"s": (64, 4), "m": (172, 4), "l": (276, 5)}

_VWW: dict[str, tuple[int, int, str]] = {
    "2": (
        50,
        12,
        "4,8 28,24,2 28,20 128,28,2 152,16 152,28 152,24,2 112,24 112,12 76,32 76,16 "
        "56,28 56,28 56,16,2 96,16 96,16 96,32",
    ),
    "3": (
        128,
        9,
        "3,6 9,14,2 28,16 28,32,2 115,25 115,32 172,51,2 307,51 307,44 307,57 230,48 "
        "288,48 288,76 115,16,2 96,16 96,16 96,32",
    ),
    "4": (
        128,
        8,
        "4,4 8,12,2 14,16 28,32,2 96,28 96,28 152,44,2 268,40 268,52 268,44 192,68 "
        "172,68 172,48 288,16,2 96,16 96,32 96,32",
    ),
}
_VWW_LAST = 128


def kws(size: str) -> ArchSpec:
    """Return MicroNet-KWS-S, -M or -L."""
    first, blocks = _KWS[size]
    return ds_cnn(f"micronet-kws-{size}", KWS_INPUT, (first, (10, 4)), blocks, KWS_CLASSES)


def ad(size: str) -> ArchSpec:
    """Return MicroNet-AD-S, -M or -L."""
    first, blocks = _AD[size]
    return ds_cnn(f"micronet-ad-{size}", AD_INPUT, (first, (3, 3)), blocks, AD_CLASSES)


def vww(number: str) -> ArchSpec:
    """Return MicroNet-VWW-2, -3 or -4, as re-created."""
    size, first, text = _VWW[number]
    numbers = [tuple(map(int, item.split(","))) for item in text.split()]
    bottlenecks = [(n[0], n[1], n[2] if len(n) > 2 else 1) for n in numbers]
    return mobile_net(f"micronet-vww-{number}", size, first, bottlenecks, _VWW_LAST)


def baseline(size: str) -> ArchSpec:
    """Return the DS-CNN-S, -M or -L that the paper compares with."""
    width, count = _BASELINES[size]
    blocks = [(width, 2 if i == 0 else 1) for i in range(count)]
    name = f"micronets-ds-cnn-{size}"
    return ds_cnn(name, KWS_INPUT, (width, (10, 4)), blocks, KWS_CLASSES)
