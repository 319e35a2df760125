"""The decisions of a search as parameters: soft choices by Gumbel-softmax, and what they come to.

A width is a mask over channels (FBNetV2, arXiv 2004.05565, section 3.2): channel j is there in as far
as an option above j is chosen. A gate is the share of a block against its skip.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.search.dnas.backbone import Backbone, Choice, Taken, decisions

_GATE = "kept"


@dataclass(frozen=True)
class Soft:
    """Softly chosen: of one block.

    Attributes:
        width: mask of its output channels (widest option,), 0 ... 1.
        expanded: mask of the channels between; None where there are none.
        kept: share of the block, 0 ... 1, a scalar.
    """

    width: Tensor
    expanded: Tensor | None
    kept: Tensor


class Decisions(nn.Module):
    """Logits of every decision; all equal at first."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self._backbone = backbone
        self.logits = nn.ParameterDict()
        for index, block in enumerate(backbone.blocks):
            for name, values in decisions(block):
                self.logits[f"{index}_{name}"] = nn.Parameter(torch.zeros(len(values)))
                masks = torch.tensor([[c < v for c in range(values[-1])] for v in values])
                self.register_buffer(f"masks_{index}_{name}", masks.float(), persistent=False)
            if block.optional:
                self.logits[f"{index}_{_GATE}"] = nn.Parameter(torch.zeros(2))

    @property
    def options(self) -> int:
        """How many there are in all decisions."""
        return sum(len(logits) for logits in self.logits.values())

    def soft(self, temperature: Tensor | float, noise: Tensor | None = None) -> tuple[Soft, ...]:
        """Return every decision as softmax((logits + g) / temperature).

        Args:
            temperature: above 0.
            noise: g of every option (options,), see `gumbel`; None for 0.
        """
        sizes = [len(logits) for logits in self.logits.values()]
        added = [0.0] * len(sizes) if noise is None else torch.split(noise, sizes)
        weights = {
            key: torch.softmax((logits + g) / temperature, 0)
            for (key, logits), g in zip(self.logits.items(), added, strict=True)
        }
        return self._blocks(weights)

    def entropy(self) -> Tensor:
        """Return the sum of all decisions' entropies, nats, a scalar: 0 where every draw is the same network."""
        spread = [
            -(torch.softmax(logits, 0) * torch.log_softmax(logits, 0)).sum()
            for logits in self.logits.values()
        ]
        return torch.stack(spread).sum()

    def hard(self, choice: Choice) -> tuple[Soft, ...]:
        """Return a choice as masks of 0 and 1."""
        weights = {}
        for index, (block, taken) in enumerate(zip(self._backbone.blocks, choice, strict=True)):
            for name, values in decisions(block):
                like = self.logits[f"{index}_{name}"]
                weights[f"{index}_{name}"] = _one_hot(values.index(getattr(taken, name)), like)
            if block.optional:
                key = f"{index}_{_GATE}"
                weights[key] = _one_hot(0 if taken.kept else 1, self.logits[key])
        return self._blocks(weights)

    @torch.no_grad()
    def chosen(self) -> Choice:
        """Return the option of the largest logit in every decision."""
        taken = []
        for index, block in enumerate(self._backbone.blocks):
            values = {
                name: options[int(self.logits[f"{index}_{name}"].argmax())]
                for name, options in decisions(block)
            }
            kept = not block.optional or int(self.logits[f"{index}_{_GATE}"].argmax()) == 0
            taken.append(Taken(**values, kept=kept))
        return tuple(taken)

    def _blocks(self, weights: dict[str, Tensor]) -> tuple[Soft, ...]:
        found = []
        for index, block in enumerate(self._backbone.blocks):
            masks = {
                name: weights[f"{index}_{name}"] @ self.get_buffer(f"masks_{index}_{name}")
                for name, _ in decisions(block)
            }
            gate = weights[f"{index}_{_GATE}"][0] if block.optional else masks["width"].new_ones(())
            found.append(Soft(masks["width"], masks.get("expanded"), gate))
        return tuple(found)


def union(first: Tensor, second: Tensor) -> Tensor:
    """Return the mask of the channels that either mask has."""
    first, second = _alike(first, second)
    return 1 - (1 - first) * (1 - second)


def blend(share: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """Return share x first + (1 - share) x second."""
    first, second = _alike(first, second)
    return share * first + (1 - share) * second


def _alike(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Both of the longer one's length, with zeros behind."""
    channels = max(len(first), len(second))
    pad = torch.nn.functional.pad
    return pad(first, (0, channels - len(first))), pad(second, (0, channels - len(second)))


def gumbel(count: int, random: torch.Generator) -> Tensor:
    """Draw g ~ Gumbel(0, 1), (count,), on the generator's device."""
    uniform = torch.rand(count, generator=random, device=random.device)
    return -torch.log(-torch.log(uniform.clamp(1e-9, 1 - 1e-7)))


def _one_hot(index: int, like: Tensor) -> Tensor:
    values = torch.zeros_like(like)
    values[index] = 1.0
    return values
