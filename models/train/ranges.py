"""The learned ranges of a network's activations."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

_NARROWEST = 1e-6
_CANCELLED = 2.0**-12
"""Of what a tensor is computed from, the least share that its range spans: keeps rescaling within 32 bits."""
_SHARE = 1e-3
"""Of a range with two ends, the least share that lies on either side of zero."""


class Observed:
    """Sums over batches of what tensors hold, one entry per tensor."""

    def __init__(self, tensors: int) -> None:
        self._seen: list[list[Tensor]] = [[] for _ in range(tensors)]

    def add(self, index: int, before: Sequence[Tensor], after: Tensor) -> None:
        """Count a batch of one tensor, and what it was computed from."""
        largest = torch.stack([tensor.abs().amax() for tensor in before]).amax()
        self._seen[index].append(torch.stack([after.amin(), after.amax(), largest]))

    def means(self) -> Tensor:
        """(tensors, 3): smallest, largest value, largest magnitude that it was computed from."""
        return torch.stack([torch.stack(seen).mean(0) for seen in self._seen])


class Ranges(nn.Module):
    """Two ends per tensor around zero, the logarithm of each end's magnitude.

    Where no negative value was seen the lower end is zero for good: zero point -128.
    """

    logarithms: nn.Parameter
    one_sided: Tensor
    ready: Tensor

    def __init__(self, tensors: int) -> None:
        super().__init__()
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
        self.one_sided.copy_(smallest >= 0)
        high = torch.where(self.one_sided, span, torch.maximum(high, span * _SHARE))
        low = torch.maximum(low, span * _SHARE)
        self.logarithms.copy_(torch.stack([low, high], 1).log())
        self.ready.fill_(True)

    def ends(self) -> tuple[Tensor, Tensor]:
        """(tensors,) low <= 0 and (tensors,) high > 0."""
        magnitudes = self.logarithms.exp()
        return -magnitudes[:, 0] * ~self.one_sided, magnitudes[:, 1]
