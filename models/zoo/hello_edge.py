"""DS-CNN S, M and L: Zhang et al., "Hello Edge: Keyword Spotting on Microcontrollers", arXiv 1711.07128.

Sizes and strides as in the commands that its code (github.com/ARM-software/ML-KWS-for-MCU) documents.
"""

from __future__ import annotations

from models.arch.spec import ArchBuilder, ArchSpec

# Width, strides of the first convolution and of the first block, number of blocks.
_SIZES = {
    "s": (64, (2, 2), (1, 1), 4),
    "m": (172, (2, 1), (2, 2), 4),
    "l": (276, (2, 1), (2, 2), 5),
}


def ds_cnn(size: str) -> ArchSpec:
    """Return DS-CNN-S, -M or -L."""
    width, first, second, blocks = _SIZES[size]
    b = ArchBuilder(f"ds-cnn-{size}", (1, 49, 10, 1))
    b.conv(width, (10, 4), first)
    for block in range(blocks):
        b.depthwise(stride=(1, 1) if block else second)
        b.conv(width, (1, 1))
    b.classifier(12)
    return b.build()
