"""What `--fail-on` says: which increase of which figure is a regression."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from harness.errors import UsageError

METRICS = ("latency", "layer", "energy", "flash", "ram", "arena", "stack")
DEFAULT = "latency=3%,energy=3%,flash=1%,ram=1%"
_ITEM = re.compile(r"([a-z]+)\s*=\s*([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*%")


@dataclass(frozen=True)
class Limits:
    """The limits of a comparison.

    Attributes:
        increase: metric -> largest relative increase that is still no regression (0.03 is 3 %).
        missing: whether a pair that BASE has and NEW lacks is a regression.
    """

    increase: dict[str, float]
    missing: bool = False

    def exceeded(self, metric: str, base: float, new: float) -> bool:
        """Whether `new` is beyond the limit of `metric`; a metric without one never is."""
        limit = self.increase.get(metric)
        # The margin is for rounding: exactly 3 % more is not beyond 3 %.
        return limit is not None and new > base * (1 + limit) * (1 + 1e-12)


def parse_limits(text: str) -> Limits:
    """Return the limits of "latency=3%,flash=1%,missing"; "none" for none.

    Raises:
        UsageError: anything else; an unknown or repeated metric.
    """
    increase: dict[str, float] = {}
    missing = False
    for item in text.split(","):
        word = item.strip()
        if word == "none" and text.strip() == "none":
            continue
        if word == "missing":
            missing = True
            continue
        found = _ITEM.fullmatch(word)
        if found is None or not math.isfinite(float(found[2])):
            raise UsageError(
                f"--fail-on: '{word}' is not like latency=3%; write none, missing, or a list of"
                f" {', '.join(METRICS)} with percentages"
            )
        if found[1] not in METRICS:
            raise UsageError(f"--fail-on: no figure '{found[1]}'; there is: {', '.join(METRICS)}")
        if found[1] in increase:
            raise UsageError(f"--fail-on: '{found[1]}' stands there twice")
        increase[found[1]] = float(found[2]) / 100
    return Limits(increase, missing)
