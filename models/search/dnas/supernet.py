"""The supernet: all networks of a backbone in one, with shared weights."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.search.dnas.backbone import (
    Backbone,
    Block,
    Bottleneck,
    ConvBlock,
    Pair,
    SeparableBlock,
)
from models.search.dnas.decisions import Soft, blend, union


class Supernet(nn.Module):
    """Weights of the widest network; every convolution is followed by batch normalisation.

    Args:
        backbone: what to build.
        seed: of the initial weights.
    """

    def __init__(self, backbone: Backbone, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            channels = backbone.input_shape[3]
            self.blocks = nn.ModuleList()
            for block in backbone.blocks:
                self.blocks.append(_block(channels, block, backbone.activation))
                channels = max(channels if _keeps(block) else 0, block.widths[-1])
            self.classifier = nn.Linear(channels, backbone.classes)

    def forward(self, x: Tensor, blocks: Sequence[Soft]) -> Tensor:
        """(n, height, width, channels) and what was decided -> logits (n, classes)."""
        x = x.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
        mask = x.new_ones(x.shape[1])
        for block, soft in zip(self.blocks, blocks, strict=True):
            x, mask = block(x, mask, soft)
        logits: Tensor = self.classifier(x.mean((2, 3)))
        return logits


def _keeps(block: Block) -> bool:
    """Whether channels of the input may reach the output."""
    return block.optional or (isinstance(block, Bottleneck) and block.residual)


class _Conv(nn.Module):
    """Convolution with TensorFlow's SAME padding, batch normalisation and activation."""

    def __init__(
        self, source: int, channels: int, kernel: Pair, stride: Pair, activation: str, groups: int = 1
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(source, channels, kernel, stride, groups=groups, bias=False)
        nn.init.kaiming_normal_(self.conv.weight, mode="fan_out" if groups == 1 else "fan_in")
        self.norm = nn.BatchNorm2d(channels)
        self._activation = activation

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.conv(same_padded(x, self.conv.kernel_size, self.conv.stride)))
        if self._activation == "RELU6":
            return functional.relu6(x)
        return functional.relu(x) if self._activation == "RELU" else x


class _ConvBlock(nn.Module):
    def __init__(self, source: int, block: ConvBlock, activation: str) -> None:
        super().__init__()
        self.body = _Conv(source, block.widths[-1], block.kernel, block.stride, activation)

    def forward(self, x: Tensor, mask: Tensor, soft: Soft) -> tuple[Tensor, Tensor]:
        return _masked(self.body(x), soft.width), soft.width


class _SeparableBlock(nn.Module):
    def __init__(self, source: int, block: SeparableBlock, activation: str) -> None:
        super().__init__()
        self.spatial = _Conv(source, source, (3, 3), block.stride, activation, groups=source)
        self.pointwise = _Conv(source, block.widths[-1], (1, 1), (1, 1), activation)
        self._stride, self._optional = block.stride, block.optional

    def forward(self, x: Tensor, mask: Tensor, soft: Soft) -> tuple[Tensor, Tensor]:
        y = _masked(self.pointwise(_masked(self.spatial(x), mask)), soft.width)
        if not self._optional:
            return y, soft.width
        if self._stride != (1, 1):
            x = _average(x, self._stride)
        channels = max(x.shape[1], y.shape[1])
        y, x = _with_channels(y, channels), _with_channels(x, channels)
        return (
            soft.kept * y + (1 - soft.kept) * x,
            blend(soft.kept, soft.width, mask),
        )


class _BottleneckBlock(nn.Module):
    def __init__(self, source: int, block: Bottleneck, activation: str) -> None:
        super().__init__()
        between = block.expanded[-1]
        self.expand = _Conv(source, between, (1, 1), (1, 1), activation)
        self.spatial = _Conv(between, between, (3, 3), block.stride, activation, groups=between)
        self.project = _Conv(between, block.widths[-1], (1, 1), (1, 1), "NONE")
        self._residual = block.residual

    def forward(self, x: Tensor, mask: Tensor, soft: Soft) -> tuple[Tensor, Tensor]:
        assert soft.expanded is not None
        y = self.spatial(_masked(self.expand(x), soft.expanded))
        y = _masked(self.project(_masked(y, soft.expanded)), soft.width)
        if not self._residual:
            return y, soft.width
        channels = max(x.shape[1], y.shape[1])
        return _with_channels(x, channels) + _with_channels(y, channels), union(mask, soft.width)


def _block(source: int, block: Block, activation: str) -> nn.Module:
    if isinstance(block, ConvBlock):
        return _ConvBlock(source, block, activation)
    if isinstance(block, SeparableBlock):
        return _SeparableBlock(source, block, activation)
    return _BottleneckBlock(source, block, activation)


def same_padded(x: Tensor, kernel: Sequence[int], stride: Sequence[int]) -> Tensor:
    """(n, c, h, w) with TensorFlow's SAME border of zeros for a window."""
    pads: list[int] = []
    for size, window, step in zip(x.shape[:1:-1], kernel[::-1], stride[::-1], strict=True):
        total = max((-(-size // step) - 1) * step + window - size, 0)
        pads += [total // 2, total - total // 2]
    return functional.pad(x, pads) if any(pads) else x


def _masked(x: Tensor, mask: Tensor) -> Tensor:
    return x * mask[:, None, None]


def _with_channels(x: Tensor, channels: int) -> Tensor:
    return functional.pad(x, (0, 0, 0, 0, 0, channels - x.shape[1]))


def _average(x: Tensor, stride: Pair) -> Tensor:
    """TensorFlow's average pooling with SAME padding: the border does not count."""
    ones = torch.ones_like(x[:1, :1])
    sums = functional.avg_pool2d(same_padded(x, stride, stride), stride, divisor_override=1)
    counts = functional.avg_pool2d(same_padded(ones, stride, stride), stride, divisor_override=1)
    return sums / counts
