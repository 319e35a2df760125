"""Convolutional search spaces: after MicroNets (arXiv 2010.11267, sections on VWW, KWS and AD), and a plain CNN.

Every width is a multiple of 4. A network first draws the largest width that its layers may have, so
that small and large networks are equally likely.
"""

from __future__ import annotations

from models.arch.layers import Pool2D
from models.arch.spec import ArchBuilder, ArchSpec
from models.spaces.choices import Choices
from models.zoo.micronets import (
    AD_CLASSES,
    AD_INPUT,
    KWS_CLASSES,
    KWS_INPUT,
    STAGES,
    ds_cnn,
    mobile_net,
)

_NARROWEST = 16
_WIDEST = 276
"""Of DS-CNN-L."""
_MOBILE_NET_V2 = (16, 24, 32, 64, 96, 160, 320)
"""Channels of MobileNetV2's stages (Sandler et al., arXiv 1801.04381, table 2), width 1.0."""
_EXPANSION = 6
_FIRST, _LAST = 32, 1280


def ds_cnn_kws(name: str, choices: Choices) -> ArchSpec:
    """Return a DS-CNN for keyword spotting: one to nine blocks, the first with stride 2."""
    limit = choices.width(2 * _NARROWEST, _WIDEST)
    first = choices.width(_NARROWEST, limit)
    blocks = [
        (choices.width(_NARROWEST, limit), 2 if i == 0 else 1) for i in range(choices.integer(1, 9))
    ]
    return ds_cnn(name, KWS_INPUT, (first, (10, 4)), blocks, KWS_CLASSES)


def ds_cnn_ad(name: str, choices: Choices) -> ArchSpec:
    """Return a DS-CNN for anomaly detection: strides 2, zero to two times 1, 2, 2."""
    limit = choices.width(2 * _NARROWEST, _WIDEST)
    first = choices.width(_NARROWEST, limit)
    strides = (2, *(1,) * choices.integer(0, 2), 2, 2)
    blocks = [(choices.width(_NARROWEST, limit), stride) for stride in strides]
    return ds_cnn(name, AD_INPUT, (first, (3, 3)), blocks, AD_CLASSES)


def ibn_vww(name: str, choices: Choices) -> ArchSpec:
    """Return a MobileNetV2: every width 10, 20 ... 100 % of the original's, rounded to 4."""

    limit = choices.integer(1, 10)

    def share(width: int) -> int:
        return max(4, 4 * round(width * choices.integer(1, limit) / 40))

    size = choices.one_of((50, 96, 128, 160))
    first = share(_FIRST)
    bottlenecks = []
    source = _FIRST
    for stage, (channels, count) in enumerate(zip(_MOBILE_NET_V2, STAGES, strict=True)):
        for index in range(count):
            expanded = share(source * (_EXPANSION if stage else 1))
            stride = 2 if index == 0 and stage in (1, 2, 3, 5) else 1
            bottlenecks.append((expanded, share(channels), stride))
            source = channels
    return mobile_net(name, size, first, bottlenecks, share(_LAST))


def cnn_cifar10(name: str, choices: Choices) -> ArchSpec:
    """Return a plain CNN: three or four stages of one to three 3 x 3 convolutions, each stage half as large.

    A stage shrinks by max pooling or by the stride of its first convolution; the end is a flattened or an
    averaged map, and a Dense.
    """
    b = ArchBuilder(name, (1, 32, 32, 3))
    limit = choices.width(8, 64)
    pooled = choices.one_of((True, False))
    for stage in range(choices.integer(3, 4)):
        for layer in range(choices.integer(1, 3)):
            strided = layer == 0 and stage > 0 and not pooled
            b.conv(choices.width(8, limit), stride=(2, 2) if strided else (1, 1))
        if pooled:
            b.add(Pool2D("MAX", (2, 2), (2, 2)))
    b.classifier(10, pool=choices.one_of((True, False)))
    return b.build()
