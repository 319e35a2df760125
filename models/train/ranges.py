"""The learned ranges of a network's activations."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

_NARROWEST = 1e-5
"""A softmax needs a scale above 2^-26."""
_CANCELLED = 2.0**-12
"""Of what a tensor is computed from, the least share that its range spans."""
_SHARE = 1e-3
"""Of a range with two ends, the least share that lies on either side of zero."""


class Observed:
    """Sums over batches of what tensors hold, one entry per tensor."""

    def __init__(self, tensors: int) -> None:
        self._seen: list[list[Tensor]] = [[] for _ in range(tensors)]

    def add(self, index: int, before: Tensor, after: Tensor) -> None:
        """Count a batch of one tensor, before and after its activation."""
        self._seen[index].append(torch.stack([after.amin(), after.amax(), before.abs().amax()]))

    def means(self) -> Tensor:
        """(tensors, 3): smallest, largest value, largest magnitude before the activation."""
        return torch.stack([torch.stack(seen).mean(0) for seen in self._seen])


class Ranges(nn.Module):
    """Two ends per tensor around zero, the logarithm of each end's magnitude.

    Where no negative value was seen the lower end is zero for good: zero point -128. The upper end stays
    within a limit: what RELU6 cuts off needs no range, and kernels are fastest where the whole of int8 is used.
    """

    logarithms: nn.Parameter
    limits: Tensor
    one_sided: Tensor
    ready: Tensor

    def __init__(self, limits: Sequence[float]) -> None:
        """One limit per tensor, infinite for none."""
        super().__init__()
        tensors = len(limits)
        self.register_buffer("limits", torch.tensor(limits))
        self.logarithms = nn.Parameter(torch.zeros(tensors, 2))
        self.register_buffer("one_sided", torch.zeros(tensors, dtype=torch.bool))
        self.register_buffer("ready", torch.zeros((), dtype=torch.bool))

    @property
    def initialised(self) -> bool:
        """Whether the ends come from data."""
        return bool(self.ready)

    def initialise(self, observed: Observed) -> None:
        """Take the ends from data."""
        smallest, largest, before = observed.means().unbind(1)
        low, high = (-smallest).clamp(min=0), largest.clamp(min=0)
        span = torch.maximum(low + high, before * _CANCELLED).clamp(min=_NARROWEST)
        self.limits.copy_(torch.maximum(self.limits, before * _CANCELLED))
        self.one_sided.copy_(smallest >= 0)
        low = torch.maximum(low, span * _SHARE)
        high = torch.maximum(high, span - low * ~self.one_sided).clamp(min=_SHARE * span)
        self.logarithms.copy_(torch.stack([low, high], 1).log())
        self.ready.fill_(True)

    def widen(self, index: int, magnitude: Tensor) -> None:
        """Keep one tensor's range no narrower than 2^-12 of what it is computed from.

        Only a layer that is dead, or whose terms cancel, comes near that. Then rescaling would leave 32 bits.
        """
        lower, upper = self.logarithms[index].exp()
        missing = magnitude * _CANCELLED - (upper + lower * ~self.one_sided[index])
        self.logarithms[index, 1] = (upper + missing.clamp(min=0)).log()
        self.limits[index].clamp_(min=magnitude * _CANCELLED)

    def ends(self) -> tuple[Tensor, Tensor]:
        """(tensors,) low <= 0 and (tensors,) high > 0."""
        magnitudes = self.logarithms.exp()
        high = magnitudes[:, 1]
        # The gradient passes, so that an end at its limit can come back.
        high = high + (torch.minimum(high, self.limits) - high).detach()
        return -magnitudes[:, 0] * ~self.one_sided, high
