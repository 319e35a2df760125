"""A trainable network of an ArchSpec: in floating point at first, fake-quantised when asked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from models.arch.layers import Activation, Elementwise, PadChannels, Pool2D, Reshape
from models.arch.spec import INPUT, ArchSpec, Node
from models.train.export import export
from models.train.quantiser import fake_quantise, round_average, scales_and_zero_points
from models.train.ranges import Observed, Ranges
from models.train.topology import MOVED, Topology, Weighted, topology
from models.train.weighted import WeightedLayer
from models.train.windows import pool

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["QuantisedNetwork", "export"]

_Quant = tuple[Tensor, Tensor]
"""Scale and zero point of a tensor."""


class QuantisedNetwork(nn.Module):
    """Weights, batch normalisations and activation ranges of a network.

    Attributes:
        arch: the network.
        topology: what is trained of it.
        ranges: of the tensors that have a quantisation of their own.
    """

    def __init__(self, arch: ArchSpec, seed: int = 0) -> None:
        """Random weights by seed.

        Raises:
            UnsupportedModelError: the network has a layer that cannot be trained here.
        """
        super().__init__()
        self.arch = arch
        self.topology: Topology = topology(arch)
        random = torch.Generator().manual_seed(seed)
        self.layers = nn.ModuleDict()
        for node in self.topology.nodes:
            if isinstance(node.layer, Weighted):
                self.layers[_key(node.name)] = WeightedLayer(
                    node.layer,
                    arch.input_shapes(node)[0],
                    node.name in self.topology.normalised,
                    random,
                )
        six = {n.name for n in self.topology.nodes if getattr(n.layer, "activation", "") == "RELU6"}
        self.ranges = Ranges([6.0 if n in six else math.inf for n in self.topology.quantised])
        self._index = {name: i for i, name in enumerate(self.topology.quantised)}
        self._observed: Observed | None = None
        self._quantising = False
        self._frozen = False

    @property
    def frozen(self) -> bool:
        """Whether normalisations compute with their running statistics in training too."""
        return self._frozen

    @property
    def quantising(self) -> bool:
        """Whether forward computes with quantised weights and activations."""
        return self._quantising

    def layer(self, name: str) -> WeightedLayer:
        """Return the layer of a node with weights."""
        found = self.layers[_key(name)]
        assert isinstance(found, WeightedLayer)
        return found

    def set_quantisation(self, on: bool) -> None:
        """Switch fake quantisation.

        Raises:
            RuntimeError: the ranges have not been initialised (calibrate_ranges).
        """
        if on and not self.ranges.initialised:
            raise RuntimeError("calibrate_ranges comes before set_quantisation(True)")
        self._quantising = on

    def train(self, mode: bool = True) -> Self:
        """As PyTorch's; frozen normalisations stay as they are in use."""
        super().train(mode)
        if self._frozen:
            for norm in self._norms():
                norm.eval()
        return self

    def restore_state(self, frozen: bool, quantising: bool) -> None:
        """Be in the state of the network whose state_dict was loaded."""
        self._frozen = frozen
        self.set_quantisation(quantising)
        self.train(self.training)

    @torch.no_grad()
    def freeze_statistics(self, batches: Iterable[Tensor]) -> None:
        """Take the statistics of the normalisations anew, as means over the batches, and keep them from now on.

        Args:
            batches: inputs (n, ...) as forward takes them.

        Raises:
            ValueError: there is no batch.
        """
        kept = list(batches)
        if not kept:
            raise ValueError("statistics need at least one batch of inputs")
        training, quantising = self.training, self._quantising
        self._frozen = self._quantising = False
        self._renew_statistics(kept)
        self._frozen, self._quantising = True, quantising
        self.train(training)

    @torch.no_grad()
    def calibrate_ranges(self, batches: Iterable[Tensor]) -> None:
        """Initialise the activation ranges from data, in floating point, after `freeze_statistics` with the same data.

        The ends of a range are the means over the batches of the smallest and largest value.

        Args:
            batches: inputs (n, ...) as forward takes them; gone through twice.

        Raises:
            ValueError: there is no batch.
        """
        kept = list(batches)
        self.freeze_statistics(kept)
        training, quantising = self.training, self._quantising
        self._quantising = False
        self.eval()
        self._observed = Observed(len(self._index))
        for x in kept:
            self(x)
        self.ranges.initialise(self._observed)
        self._observed = None
        self._widen()
        self._quantising = quantising
        self.train(training)

    def forward(self, x: Tensor) -> Tensor:
        """(n, *input shape without its first) -> logits (n, elements), without a final softmax."""
        quants = self._quants()
        values = {INPUT: self._activated(INPUT, _inward(x), "NONE", quants)}
        for node in self.topology.nodes:
            values[node.name] = self._node(node, values, quants)
        return _outward(values[self.topology.logits]).flatten(1)

    def parameter_groups(self, weight_decay: float, range_rate: float) -> list[dict[str, Any]]:
        """Return an optimiser's groups: weights, which decay; gains and biases; ranges.

        Args:
            weight_decay: of the weights.
            range_rate: learning rate of the ranges, as a share of the others'.
        """
        weights = [layer.weight for layer in self._weighted()]
        others = [p for layer in self._weighted() for p in layer.parameters() if p.dim() == 1]
        return [
            {"params": weights, "weight_decay": weight_decay, "share": 1.0},
            {"params": others, "weight_decay": 0.0, "share": 1.0},
            {"params": list(self.ranges.parameters()), "weight_decay": 0.0, "share": range_rate},
        ]

    def _weighted(self) -> list[WeightedLayer]:
        return [self.layer(n.name) for n in self.topology.nodes if isinstance(n.layer, Weighted)]

    def _norms(self) -> list[nn.BatchNorm1d | nn.BatchNorm2d]:
        return [layer.norm for layer in self._weighted() if layer.norm is not None]

    def _quants(self) -> Sequence[_Quant]:
        if not self._quantising:
            return []
        scales, zero_points = scales_and_zero_points(*self.ranges.ends())
        return list(zip(scales.unbind(), zero_points.unbind(), strict=True))

    def _node(self, node: Node, values: dict[str, Tensor], quants: Sequence[_Quant]) -> Tensor:
        layer = node.layer
        x = values[node.inputs[0]]
        if isinstance(layer, Weighted):
            weighted = self.layer(node.name)
            y = self._computed(weighted, x, node.inputs[0], quants)
            return self._activated(node.name, y, layer.activation, quants)
        if isinstance(layer, Elementwise):
            other = values[node.inputs[1]]
            return self._activated(node.name, x + other, layer.activation, quants)
        if isinstance(layer, Pool2D):
            pooled = pool(x, layer, self.arch.input_shapes(node)[0])
            if layer.kind == "MAX" or not quants:
                return pooled
            return round_average(pooled, *self._quant(node.name, quants))
        if isinstance(layer, PadChannels):
            more = layer.channels - x.shape[1]
            return nn.functional.pad(x, (0, 0, 0, 0, 0, more))
        assert isinstance(layer, Reshape)
        return _inward(_outward(x).reshape(x.shape[0], *self.arch.shapes[node.name][1:]))

    def _computed(
        self, weighted: WeightedLayer, x: Tensor, source: str, quants: Sequence[_Quant]
    ) -> Tensor:
        if not quants:
            return weighted.forward(x)
        return weighted.quantised(x, self._quant(source, quants)[0].detach())

    def _activated(
        self,
        name: str,
        x: Tensor,
        activation: Activation,
        quants: Sequence[_Quant],
    ) -> Tensor:
        y = {"NONE": _identity, "RELU": torch.relu, "RELU6": nn.functional.relu6}[activation](x)
        if self._observed is not None:
            self._observed.add(self._index[name], x, y)
        if not quants:
            return y
        return fake_quantise(y, *self._quant(name, quants))

    def _quant(self, name: str, quants: Sequence[_Quant]) -> _Quant:
        return quants[self._index[self.topology.owners[name]]]

    def _widen(self) -> None:
        """In order, because a range may have grown when it is an input."""
        for node in self.topology.nodes:
            if isinstance(node.layer, MOVED):
                continue
            low, high = self.ranges.ends()
            spans = high - low
            magnitude = torch.stack(
                [spans[self._index[self.topology.owners[name]]] for name in node.inputs]
            ).amax()
            if isinstance(node.layer, Weighted):
                magnitude = magnitude * self.layer(node.name).largest_weight()
            self.ranges.widen(self._index[node.name], magnitude)

    def _renew_statistics(self, batches: list[Tensor]) -> None:
        norms = self._norms()
        momenta = [norm.momentum for norm in norms]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None
        self.train()
        for x in batches:
            self(x)
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum


def _key(name: str) -> str:
    """A module's name may hold no dots."""
    return name.replace(".", "%")


def _identity(x: Tensor) -> Tensor:
    return x


def _inward(x: Tensor) -> Tensor:
    """Maps (n, h, w, c) as (n, c, h, w), in memory as they were: channels last."""
    return x.permute(0, 3, 1, 2) if x.dim() == 4 else x


def _outward(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1) if x.dim() == 4 else x
