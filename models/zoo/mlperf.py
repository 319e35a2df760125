"""The five reference networks of MLPerf Tiny, layer for layer as in their int8 .tflite files.

Source: github.com/mlcommons/tiny at 1afd2c9820f7, benchmark/training; the benchmark: Banbury et al.,
"MLPerf Tiny Benchmark", arXiv 2106.07597. The weights are not theirs.
"""

from __future__ import annotations

from collections.abc import Mapping

from models.arch.layers import Dense
from models.arch.spec import ArchBuilder, ArchSpec


def vww01() -> ArchSpec:
    """Visual wake words: MobileNetV1 of width 0.25 on 96 x 96 RGB."""
    b = ArchBuilder("vww01", (1, 96, 96, 3))
    b.conv(8, stride=(2, 2))
    blocks = ((16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), *((128, 1),) * 5)
    for channels, stride in (*blocks, (256, 2), (256, 1)):
        b.depthwise(stride=(stride, stride))
        b.conv(channels, (1, 1))
    b.classifier(2)
    return b.build()


VWW01_DEAD_CHANNELS: Mapping[str, int] = {
    "conv2d10": 4,
    "conv2d12": 21,
    "conv2d14": 71,
    "conv2d16": 98,
    "conv2d18": 109,
    "conv2d20": 109,
    "conv2d22": 101,
    "conv2d24": 224,
    "conv2d26": 234,
}
"""All-zero filters that the trained vww01 has, by layer (operator index in the name)."""


def ic01() -> ArchSpec:
    """Image classification: ResNet-8 on 32 x 32 RGB."""
    b = ArchBuilder("ic01", (1, 32, 32, 3))
    x = b.conv(16)
    for channels, stride in ((16, 1), (32, 2), (64, 2)):
        b.conv(channels, stride=(stride, stride), source=x)
        y = b.conv(channels, activation="NONE")
        if stride != 1:
            x = b.conv(channels, (1, 1), (stride, stride), "NONE", source=x)
        x = b.residual(x, y, "RELU")
    b.classifier(10)
    return b.build()


def kws01() -> ArchSpec:
    """Keyword spotting: DS-CNN-S on 49 x 10 MFCCs."""
    b = ArchBuilder("kws01", (1, 49, 10, 1))
    b.conv(64, (10, 4), (2, 2))
    for _ in range(4):
        b.depthwise()
        b.conv(64, (1, 1))
    b.classifier(12)
    return b.build()


def ad01() -> ArchSpec:
    """Anomaly detection: autoencoder of ten Dense layers on five frames of 128 mel bands."""
    b = ArchBuilder("ad01", (1, 640))
    for units in (128, 128, 128, 128, 8, 128, 128, 128, 128):
        b.add(Dense(units, "RELU"))
    b.add(Dense(640))
    return b.build()


def sww01() -> ArchSpec:
    """Streaming wake word: depthwise-separable 1-D CNN on 30 frames of 40 bands."""
    b = ArchBuilder("sww01", (1, 30, 1, 40))
    for taps, channels in ((3, 128), (5, 128), (10, 128), (15, 32)):
        b.depthwise((taps, 1), activation="NONE", padding="VALID")
        b.conv(channels, (1, 1), padding="VALID")
    b.classifier(3, pool=False)
    return b.build()
