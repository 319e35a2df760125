"""The supernet: all networks of a backbone in one, with shared weights."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.arch.layers import Activation, Conv2D, DepthwiseConv2D, Pool2D, Shape
from models.search.dnas.backbone import Backbone, Block, Bottleneck, ConvBlock, Pair, SeparableBlock
from models.search.dnas.decisions import Soft, blend, union
from models.train.weighted import WeightedLayer
from models.train.windows import pool

_ACTIVATIONS = {"NONE": nn.Identity, "RELU": nn.ReLU, "RELU6": nn.ReLU6}


class Supernet(nn.Module):
    """Weights of the widest network; a batch normalisation follows every convolution.

    Args:
        backbone: what to build.
        seed: of the initial weights.
    """

    def __init__(self, backbone: Backbone, seed: int = 0) -> None:
        super().__init__()
        build = _Builder(backbone, seed)
        self.blocks = nn.ModuleList(build.block(block) for block in backbone.blocks)
        self.classifier = nn.Linear(build.shape[3], backbone.classes)
        nn.init.zeros_(self.classifier.bias)
        nn.init.normal_(self.classifier.weight, std=build.shape[3] ** -0.5, generator=build.random)

    def forward(self, x: Tensor, blocks: Sequence[Soft]) -> Tensor:
        """(n, height, width, channels) and what was decided -> logits (n, classes)."""
        x = x.permute(0, 3, 1, 2)
        mask = x.new_ones(x.shape[1])
        for block, soft in zip(self.blocks, blocks, strict=True):
            x, mask = block(x, mask, soft)
        logits: Tensor = self.classifier(x.mean((2, 3)))
        return logits


class _Builder:
    """Makes blocks one behind another; `shape` is the last one's output."""

    def __init__(self, backbone: Backbone, seed: int) -> None:
        self.shape: Shape = backbone.input_shape
        self.random = torch.Generator().manual_seed(seed)
        self._activation = backbone.activation

    def block(self, block: Block) -> nn.Module:
        source = self.shape
        if isinstance(block, ConvBlock):
            return _ConvBlock(self.conv(block.widths[-1], block.kernel, block.stride))
        if isinstance(block, SeparableBlock):
            spatial = self.depthwise(block.kernel, block.stride)
            pointwise = self.conv(block.widths[-1])
            self._widen(source, block.optional)
            return _SeparableBlock(spatial, pointwise, source, block)
        expand = self.conv(block.expanded[-1])
        spatial = self.depthwise(block.kernel, block.stride)
        project = self.conv(block.widths[-1], activation="NONE")
        self._widen(source, block.residual)
        return _BottleneckBlock(expand, spatial, project, block)

    def conv(
        self,
        channels: int,
        kernel: Pair = (1, 1),
        stride: Pair = (1, 1),
        activation: Activation | None = None,
    ) -> nn.Module:
        return self._layer(Conv2D(channels, kernel, stride), activation or self._activation)

    def depthwise(self, kernel: Pair, stride: Pair) -> nn.Module:
        return self._layer(DepthwiseConv2D(kernel, stride), self._activation)

    def _layer(self, layer: Conv2D | DepthwiseConv2D, activation: Activation) -> nn.Module:
        weighted = WeightedLayer(layer, self.shape, True, self.random)
        self.shape = layer.output_shape([self.shape])
        return nn.Sequential(weighted, _ACTIVATIONS[activation]())

    def _widen(self, source: Shape, joined: bool) -> None:
        """Where the block's input is joined to its output, the wider of the two goes on."""
        if joined:
            self.shape = (*self.shape[:3], max(self.shape[3], source[3]))


class _ConvBlock(nn.Module):
    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor, mask: Tensor, soft: Soft) -> tuple[Tensor, Tensor]:
        return _masked(self.body(x), soft.width), soft.width


class _SeparableBlock(nn.Module):
    def __init__(
        self, spatial: nn.Module, pointwise: nn.Module, source: Shape, block: SeparableBlock
    ) -> None:
        super().__init__()
        self.spatial, self.pointwise = spatial, pointwise
        self._source, self._optional = source, block.optional
        strided = block.stride != (1, 1)
        self._pool = Pool2D("AVERAGE", block.stride, block.stride, "SAME") if strided else None

    def forward(self, x: Tensor, mask: Tensor, soft: Soft) -> tuple[Tensor, Tensor]:
        y = _masked(self.pointwise(_masked(self.spatial(x), mask)), soft.width)
        if not self._optional:
            return y, soft.width
        if self._pool is not None:
            x = pool(x, self._pool, self._source)
        channels = max(x.shape[1], y.shape[1])
        both = torch.lerp(_widened(x, channels), _widened(y, channels), soft.kept)
        return both, blend(soft.kept, soft.width, mask)


class _BottleneckBlock(nn.Module):
    def __init__(
        self, expand: nn.Module, spatial: nn.Module, project: nn.Module, block: Bottleneck
    ) -> None:
        super().__init__()
        self.expand, self.spatial, self.project = expand, spatial, project
        self._residual = block.residual

    def forward(self, x: Tensor, mask: Tensor, soft: Soft) -> tuple[Tensor, Tensor]:
        assert soft.expanded is not None
        y = self.spatial(_masked(self.expand(x), soft.expanded))
        y = _masked(self.project(_masked(y, soft.expanded)), soft.width)
        if not self._residual:
            return y, soft.width
        channels = max(x.shape[1], y.shape[1])
        return _widened(x, channels) + _widened(y, channels), union(mask, soft.width)


def _masked(x: Tensor, mask: Tensor) -> Tensor:
    return x * mask[:, None, None]


def _widened(x: Tensor, channels: int) -> Tensor:
    """Zero channels behind, so that there are so many."""
    if x.shape[1] == channels:
        return x
    return functional.pad(x, (0, 0, 0, 0, 0, channels - x.shape[1]))
