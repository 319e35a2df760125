"""Intervals that hold whatever the errors' distribution: split conformal prediction, each error over its own scale.

Sources: Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World (2005); Lei et al., arXiv 1604.04173,
section 5.2 (locally weighted).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

LEVEL = 0.9


def quantile(scores: Sequence[float], level: float = LEVEL) -> float:
    """Return the score that a new one, exchangeable with these, exceeds with a probability of at most 1 - level.

    Infinite where there are too few scores to tell: fewer than level / (1 - level).
    """
    rank = math.ceil((len(scores) + 1) * level)
    return sorted(scores)[rank - 1] if 1 <= rank <= len(scores) else math.inf


def coverage(
    measured: Sequence[float], predicted: Sequence[float], widths: Sequence[float]
) -> float:
    """Return the share of measurements within +-width (relative) of their predictions."""
    inside = [
        abs(m / p - 1.0) <= w for m, p, w in zip(measured, predicted, widths, strict=True) if p > 0
    ]
    return sum(inside) / len(inside) if inside else math.nan
