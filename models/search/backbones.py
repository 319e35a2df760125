"""The backbones of each task, plain and random members of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from harness.errors import UsageError
from models.arch.layers import Shape
from models.arch.spec import ArchSpec
from models.search.dnas.backbone import (
    Backbone,
    Block,
    Bottleneck,
    Choice,
    ConvBlock,
    Pair,
    SeparableBlock,
    Taken,
    options,
)
from models.spaces import Space
from models.spaces.choices import Choices

_DS_CNN = (8, 12, 16, 24, 32, 48, 64, 84, 112, 140, 168, 204, 240, 276)
"""276: DS-CNN-L's width (Zhang et al., arXiv 1711.07128). Closer together where they are small, for tight limits."""
_DIGITS = options(4, 32, 8)
_FRAMES = 9
"""That a depthwise convolution over time sees (TC-ResNet, arXiv 1904.03814)."""


def temporal_kws(input_shape: Shape, classes: int) -> Backbone:
    """Return up to eight separable convolutions over time; the first takes all coefficients of a frame.

    After TC-ResNet (Choi et al., arXiv 1904.03814), with DS-CNN's blocks: at the latency of a DS-CNN, such a network
    has some four times the channels (docs/micronets.md).

    Args:
        input_shape: batch first; (1, frames, coefficients, 1).
        classes: of the classifier.
    """
    coefficients = input_shape[2]
    first = ConvBlock(_DS_CNN, (3, coefficients), (1, coefficients))
    down = SeparableBlock(_DS_CNN, (2, 1), (_FRAMES, 1), optional=False)
    level = SeparableBlock(_DS_CNN, (1, 1), (_FRAMES, 1))
    blocks = (first, down, level, down, *(level,) * 5)
    return Backbone("search-kws-temporal", input_shape, classes, blocks)


def ds_cnn_kws(
    input_shape: Shape, classes: int, first: Pair = (2, 2), second: Pair = (1, 1)
) -> Backbone:
    """Return DS-CNN of up to nine blocks and 276 channels (MicroNets, KWS).

    Args:
        input_shape: batch first.
        classes: of the classifier.
        first: stride of the first convolution, as in DS-CNN-S; MicroNets' own networks have (1, 1).
        second: stride of the first block, as in DS-CNN-S; MicroNets' own networks have (2, 2). At the same latency
            they are no better (docs/micronets.md).
    """
    start = ConvBlock(_DS_CNN, (10, 4), first)
    blocks = (SeparableBlock(_DS_CNN, second, optional=False), *(SeparableBlock(_DS_CNN),) * 8)
    return Backbone("search-kws-ds-cnn", input_shape, classes, (start, *blocks))


def ds_cnn_ad(input_shape: Shape, classes: int) -> Backbone:
    """Return DS-CNN-L whose last two blocks have stride 2 (MicroNets, AD)."""
    down = SeparableBlock(_DS_CNN, (2, 2), optional=False)
    blocks = (ConvBlock(_DS_CNN), down, *(SeparableBlock(_DS_CNN),) * 3, down, down)
    return Backbone("search-ad", input_shape, classes, blocks)


def ibn_image(input_shape: Shape, classes: int) -> Backbone:
    """Return MobileNetV2 for 32 x 32 pixels: the first convolution and the second stage without stride."""
    stages = ((16, 1, 1), (24, 2, 1), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 2, 2))
    blocks: list[Block] = [ConvBlock(options(4, 32, 8))]
    source = 32
    for stage, (channels, count, stride) in enumerate(stages):
        for index in range(count):
            between = source * (6 if stage else 1)
            blocks.append(
                Bottleneck(
                    expanded=_tenths(between),
                    widths=_tenths(channels),
                    stride=(stride, stride) if index == 0 else (1, 1),
                    residual=index > 0,
                )
            )
            source = channels
    blocks.append(ConvBlock(options(32, 320, 10), (1, 1)))
    return Backbone("search-image", input_shape, classes, tuple(blocks))


def cnn_digits(input_shape: Shape, classes: int) -> Backbone:
    """Return four 3 x 3 convolutions, strides 1, 2, 1, 2, of 4 to 32 channels."""
    strides = ((1, 1), (2, 2), (1, 1), (2, 2))
    blocks = tuple(ConvBlock(_DIGITS, stride=stride) for stride in strides)
    return Backbone("search-digits", input_shape, classes, blocks)


def _tenths(channels: int) -> tuple[int, ...]:
    """10 % to 100 % in steps of 10 %, rounded to multiples of 4 (MicroNets, VWW)."""
    return tuple(sorted({max(4, 4 * round(channels * tenth / 40)) for tenth in range(1, 11)}))


BACKBONES: Mapping[str, Mapping[str, Callable[[Shape, int], Backbone]]] = {
    "kws": {"temporal": temporal_kws, "ds-cnn": ds_cnn_kws},
    "anomaly": {"ds-cnn": ds_cnn_ad},
    "image": {"mobilenet-v2": ibn_image},
    "image-grey": {"mobilenet-v2": ibn_image},
    "digits": {"cnn": cnn_digits},
}
"""By the name of the task; supernets are of the first."""
_BASELINES = {"kws": "ds-cnn"}


def baseline_backbone(task: str) -> str:
    """Return the name of the backbone whose uniform networks searched ones are compared with."""
    return _BASELINES.get(task) or next(iter(BACKBONES[task]))


def backbone_for(task: str, name: str, input_shape: Shape, classes: int) -> Backbone:
    """Return a backbone of a task.

    Raises:
        UsageError: the task has no backbone of that name.
    """
    known = BACKBONES[task]
    if name not in known:
        raise UsageError(f"no backbone '{name}' for task {task}; there is: {', '.join(known)}")
    return known[name](input_shape, classes)


_BASELINE_BLOCKS = 4
"""Depthwise-separable blocks of DS-CNN-S and -M."""
_PLAIN_BLOCKS = (2, 3, 4, 6)
_RISE = 4
"""Widths at the end of a rising network, over those at its start."""


def uniform_choice(backbone: Backbone, most: int = _BASELINE_BLOCKS) -> Choice:
    """Return the widest network of one width throughout: DS-CNN for keywords, MobileNetV2 for images.

    Args:
        backbone: of the network.
        most: optional depthwise-separable blocks behind so many are left out; by default as many are kept as the
            published network has.
    """
    separable = 0
    taken = []
    for block, widest in zip(backbone.blocks, backbone.widest(), strict=True):
        separable += isinstance(block, SeparableBlock)
        taken.append(replace(widest, kept=not block.optional or separable <= most))
    return tuple(taken)


def plain_choices(backbone: Backbone) -> dict[str, Choice]:
    """Return networks of one width and of rising widths, of several depths where blocks may be left out, by name."""
    found: dict[str, Choice] = {}
    for most in (
        _PLAIN_BLOCKS if any(block.optional for block in backbone.blocks) else (_BASELINE_BLOCKS,)
    ):
        even = uniform_choice(backbone, most)
        kept = sum(taken.kept for taken in even)
        rising, at = [], 0
        for taken in even:
            share = (1 + (_RISE - 1) * at / max(kept - 1, 1)) / _RISE
            width, expanded = round(share * taken.width), round(share * taken.expanded)
            rising.append(replace(taken, width=width, expanded=expanded))
            at += taken.kept
        found[f"{kept} blocks, even"] = even
        found[f"{kept} blocks, rising"] = tuple(rising)
    return found


def random_choice(backbone: Backbone, choices: Choices) -> Choice:
    """Draw every decision; a network first draws the largest share of the widths that its layers may have."""
    share = 0.15 + 0.85 * choices.integer(0, 100) / 100

    def width(values: tuple[int, ...]) -> int:
        return values[choices.integer(0, max(0, round(share * (len(values) - 1))))]

    taken: list[Taken] = []
    for block in backbone.blocks:
        one = Taken(width(block.widths))
        if isinstance(block, Bottleneck):
            one = replace(one, expanded=width(block.expanded))
        if block.optional:
            one = replace(one, kept=choices.integer(0, 1) == 1)
        taken.append(one)
    return tuple(taken)


def space_of(backbone: Backbone) -> Space:
    """Return the backbone's random members, to calibrate with."""

    def draw(name: str, choices: Choices) -> ArchSpec:
        return backbone.arch(random_choice(backbone, choices), name)

    return Space(backbone.name, f"random members of {backbone.name}", draw)
