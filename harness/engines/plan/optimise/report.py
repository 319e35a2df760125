"""What the graph optimisations did, as data and in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Name = Literal["channels", "pad", "activation", "view", "unused", "softmax"]


@dataclass(frozen=True)
class Optimisation:
    """One thing done to the graph.

    Attributes:
        name: "channels" (channels of layers removed), "pad" (folded into its consumer), "activation" (fused into
            its producer), "view" (an operator that changed no byte), "unused" (an operator whose outputs nobody
            reads), "softmax" (dropped on request; the only one that changes what the model returns).
        kind: TFLite's name of the operator concerned, "PAD".
        operators: indices in the .tflite file: first the one that was changed or taken out, then others concerned.
        channels: output channels removed from the operator.
        macs: multiply-accumulates per inference that are no longer made.
        bytes: of constants that are no longer stored ("channels"), or of activations that are no longer written.
    """

    name: Name
    kind: str
    operators: tuple[int, ...]
    channels: int = 0
    macs: int = 0
    bytes: int = 0


_WORDS: dict[Name, str] = {
    "pad": "folded",
    "activation": "fused",
    "view": "dropped",
    "unused": "dropped (nothing reads it)",
    "softmax": "dropped on request (the outputs are its inputs)",
}


def summary(done: Iterable[Optimisation]) -> str:
    """Return one line: "62 dead channels removed (-3.7 M MACs), 1 PAD folded"; "" for nothing."""
    listed = list(done)
    parts: list[str] = []
    channels = sum(one.channels for one in listed)
    if channels:
        macs = sum(one.macs for one in listed)
        what = "channel" if channels == 1 else "channels"
        parts.append(f"{channels:,} dead {what} removed (-{_million(macs)} MACs)")
    counts = Counter((one.name, one.kind) for one in listed if one.name != "channels")
    parts += [f"{count:,} {kind} {_WORDS[name]}" for (name, kind), count in counts.items()]
    return ", ".join(parts)


def _million(value: int) -> str:
    """1234567 -> '1.2 M'; below 10,000 exact."""
    for limit, suffix in ((10**6, " M"), (10**4, " k")):
        if value >= limit:
            return f"{value / (10**6 if suffix == ' M' else 10**3):.1f}{suffix}"
    return f"{value:,}"
