"""What a softly chosen network is expected to cost: operations, parameters, working memory.

Linear in each decision given the others (MicroNets, arXiv 2010.11267, section 4): a layer costs its
formula at the expected widths. For a choice of 0 and 1 the figures are those of models/arch/counters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from models.arch.layers import window_extents
from models.search.dnas.backbone import Backbone, Bottleneck, ConvBlock, Pair
from models.search.dnas.budget import Budget
from models.search.dnas.decisions import Soft, blend, union

_Limited = tuple[Tensor, float | None]


@dataclass(frozen=True)
class Costs:
    """Expected figures, scalars.

    Attributes:
        ops: of one inference; a multiply-accumulate is two.
        parameters: weights and biases.
        memory: the largest sum of a layer's inputs and outputs, in elements, which are bytes in int8.
    """

    ops: Tensor
    parameters: Tensor
    memory: Tensor


def expected(backbone: Backbone, blocks: Sequence[Soft]) -> Costs:
    """Return the expected costs of a network."""
    walk = _Walk(backbone, blocks[0].width)
    for block, soft in zip(backbone.blocks, blocks, strict=True):
        walk.gate = soft.kept
        source, size = walk.mask, walk.size
        if isinstance(block, Bottleneck):
            assert soft.expanded is not None
            walk.conv(soft.expanded, (1, 1), (1, 1))
            walk.depthwise(block.kernel, block.stride)
            walk.conv(soft.width, (1, 1), (1, 1))
            if block.residual:
                walk.mask = union(source, soft.width)
                walk.hold(3 * walk.elements())
        elif isinstance(block, ConvBlock):
            walk.conv(soft.width, block.kernel, block.stride)
        else:
            walk.depthwise(block.kernel, block.stride)
            walk.conv(soft.width, (1, 1), (1, 1))
        if block.optional:
            reached, walk.gate = walk.mask, 1 - soft.kept
            if block.stride != (1, 1):
                walk.mask, walk.size = source, size
                walk.pool(block.stride)
            walk.mask = blend(soft.kept, reached, source)
    walk.gate = torch.ones_like(walk.gate)
    walk.pool(walk.size)
    walk.conv(walk.mask.new_ones(backbone.classes), (1, 1), (1, 1))
    return Costs(_sum(walk.ops), _sum(walk.parameters), torch.stack(walk.memory).max())


def _sum(values: Sequence[Tensor]) -> Tensor:
    return torch.stack(list(values)).sum()


@dataclass
class _Walk:
    """Goes through the layers: the map's size and mask so far, and each layer's costs times the block's share."""

    backbone: Backbone
    like: Tensor
    ops: list[Tensor] = field(default_factory=list)
    parameters: list[Tensor] = field(default_factory=list)
    memory: list[Tensor] = field(default_factory=list)

    def __post_init__(self) -> None:
        _, height, width, channels = self.backbone.input_shape
        self.size: Pair = (height, width)
        self.mask = self.like.new_ones(channels)
        self.gate = self.like.new_ones(())

    def elements(self) -> Tensor:
        return math.prod(self.size) * self.mask.sum()

    def conv(self, mask: Tensor, kernel: Pair, stride: Pair) -> None:
        weights = math.prod(kernel) * self.mask.sum() * mask.sum()
        self._layer(mask, stride, kernel, weights)

    def depthwise(self, kernel: Pair, stride: Pair) -> None:
        self._layer(self.mask, stride, kernel, math.prod(kernel) * self.mask.sum())

    def pool(self, stride: Pair) -> None:
        before = self.elements()
        self._shrink(stride, stride)
        self.hold(before + self.elements())

    def hold(self, elements: Tensor) -> None:
        self.memory.append(self.gate * elements)

    def _layer(self, mask: Tensor, stride: Pair, kernel: Pair, weights: Tensor) -> None:
        before = self.elements()
        self.mask = mask
        self._shrink(stride, kernel)
        self.hold(before + self.elements())
        self.ops.append(2 * self.gate * math.prod(self.size) * weights)
        self.parameters.append(self.gate * (weights + mask.sum()))

    def _shrink(self, stride: Pair, kernel: Pair) -> None:
        self.size = window_extents((1, *self.size, 1), kernel, stride, "SAME")


def limited(costs: Costs, budget: Budget) -> tuple[_Limited, _Limited, _Limited]:
    """Return (cost, limit) of operations, parameters and memory."""
    return (
        (costs.ops, budget.ops),
        (costs.parameters, budget.parameters),
        (costs.memory, budget.memory),
    )


def excess(budget: Budget, costs: Costs, ease: Tensor | None = None) -> Tensor:
    """Return the sum over the budget's limits of [expected / limit - 1]+, a scalar.

    Args:
        budget: the limits.
        costs: what is expected.
        ease: factors (3,) on the limits in the order of `limited`; None for 1.
    """
    factors = costs.ops.new_ones(3) if ease is None else ease
    over = [
        torch.relu(cost / (factor * limit) - 1)
        for (cost, limit), factor in zip(limited(costs, budget), factors, strict=True)
        if limit is not None
    ]
    return torch.stack(over).sum() if over else costs.ops.new_zeros(())
