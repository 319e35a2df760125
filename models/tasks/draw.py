"""Random tensors from a generator, on the device of the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_CANDIDATES = 16


@dataclass(frozen=True)
class Draw:
    """Draws on the generator's device and moves the result to where it is used."""

    generator: torch.Generator
    device: torch.device

    def uniform(self, shape: tuple[int, ...], low: float = 0.0, high: float = 1.0) -> torch.Tensor:
        """float32 in low ... high."""
        import torch

        drawn = torch.rand(shape, generator=self.generator, device=self.generator.device)
        return low + (high - low) * drawn.to(self.device)

    def normal(self, shape: tuple[int, ...]) -> torch.Tensor:
        """float32, mean 0, variance 1."""
        import torch

        drawn = torch.randn(shape, generator=self.generator, device=self.generator.device)
        return drawn.to(self.device)

    def integers(self, shape: tuple[int, ...], low: int, high: int) -> torch.Tensor:
        """int64, one of low ... high."""
        import torch

        drawn = torch.randint(
            low, high + 1, shape, generator=self.generator, device=self.generator.device
        )
        return drawn.to(self.device)

    def permutation(self, count: int) -> torch.Tensor:
        """int64 (count,): 0 ... count - 1 in random order."""
        import torch

        drawn = torch.randperm(count, generator=self.generator, device=self.generator.device)
        return drawn.to(self.device)

    def beta(self, count: int, alpha: float) -> torch.Tensor:
        """float32 (count,), of the distribution Beta(alpha, alpha), alpha <= 1, by Jöhnk's rejection (1964).

        torch's own sampler takes no generator.
        """
        import torch

        powers = self.uniform((2, _CANDIDATES, count)) ** (1.0 / alpha)
        total = powers.sum(dim=0)
        # At alpha <= 1 a candidate is accepted with probability >= 1/2.
        first = ((total <= 1.0) & (total > 0.0)).int().argmax(dim=0, keepdim=True)
        chosen = powers[0].gather(0, first) / total.gather(0, first).clamp_min(1e-30)
        return torch.clamp(chosen.squeeze(0), 0.0, 1.0)
