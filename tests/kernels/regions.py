"""Regions of layer shapes in which one kernel is always faster than another."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness.engines.plan.kernels.tuning import QUANTITIES, Region, Shape

MARGIN = 0.97
"""A region is derived from layers that take at most this share of the other kernel's cycles."""
LEAST_FOUND = 12
LEAST_CONFIRMED = 6
THRESHOLDS = 12
"""Tried for each end of each quantity."""
CUTS = 3
"""Ends of quantities that bound a region at first."""


@dataclass(frozen=True)
class Layer:
    """One measured layer.

    Attributes:
        kernel: name of the set's kernel.
        shape: the layer's.
        cycles: on each target, of the set's kernel and of the reference kernel.
    """

    kernel: str
    shape: Shape
    cycles: tuple[tuple[int, int], ...]

    @property
    def share(self) -> float:
        """Cycles of the reference kernel to those of the set's, on the target where that is most."""
        return max(reference / own for own, reference in self.cycles)


def find_regions(found: Sequence[Layer], confirming: Sequence[Layer]) -> list[Region]:
    """Return boxes without a layer for which the set's kernel is faster, for every kernel the largest first.

    Args:
        found: to derive boxes from; each is drawn in to the layers inside it.
        confirming: further layers: a box that has too few of them, or one for which it is wrong, is dropped.
    """
    regions = []
    for kernel in sorted({layer.kernel for layer in found}):
        further = [layer for layer in confirming if layer.kernel == kernel]
        for inside in _boxes([layer for layer in found if layer.kernel == kernel]):
            region = _confirmed(kernel, inside, further)
            if region is not None:
                regions.append(region)
    return regions


def _confirmed(kernel: str, inside: Sequence[Layer], further: Sequence[Layer]) -> Region | None:
    """The region of the layers `inside`, if those of `further` that it holds agree."""
    bounds = {}
    for name in QUANTITIES:
        values = [layer.shape[name] for layer in inside]
        bounds[name] = (min(values), max(values))
    shares = [
        layer.share
        for layer in further
        if all(least <= layer.shape[name] <= most for name, (least, most) in bounds.items())
    ]
    if len(shares) < LEAST_CONFIRMED or max(shares) >= 1:
        return None
    return Region(
        instead_of=kernel,
        bounds=bounds,
        found=len(inside),
        confirmed=len(shares),
        speedup=round(math.exp(-np.log(shares).mean()), 3),
    )


def _boxes(layers: Sequence[Layer]) -> Iterator[list[Layer]]:
    """Layers of boxes in which the reference kernel is faster; each box has the most layers that earlier ones lack."""
    good = _mask([layer.share <= MARGIN for layer in layers])
    bad = _mask([layer.share > MARGIN for layer in layers])
    ends = list(_ends(layers))
    while good:
        best, most = 0, 0
        for cuts in itertools.chain.from_iterable(
            itertools.combinations(ends, count) for count in range(1, CUTS + 1)
        ):
            box = cuts[0]
            for cut in cuts[1:]:
                box &= cut
            if not box & bad and (gain := (box & good).bit_count()) > most:
                best, most = box, gain
        if most < LEAST_FOUND:
            return
        yield [layer for index, layer in enumerate(layers) if best >> index & 1]
        good &= ~best


def _ends(layers: Sequence[Layer]) -> Iterator[int]:
    """Masks of the layers at or below, and at or above, values of each quantity."""
    masks = set()
    for name in QUANTITIES:
        values = [layer.shape[name] for layer in layers]
        distinct = sorted({layer.shape[name] for layer in layers if layer.share <= MARGIN})
        places = np.linspace(0, len(distinct) - 1, min(len(distinct), THRESHOLDS)).round()
        for limit in sorted({distinct[int(place)] for place in places}):
            masks.add(_mask([value <= limit for value in values]))
            masks.add(_mask([value >= limit for value in values]))
    yield from sorted(masks)


def _mask(flags: Sequence[bool]) -> int:
    return sum(1 << index for index, flag in enumerate(flags) if flag)
