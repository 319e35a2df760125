"""Fitting a choice to the limits exactly: all widths scaled by one factor, then single ones raised.

MicroNets (arXiv 2010.11267) repairs by lowering the width of the most expensive layer. Scaling keeps the proportions
that the search found, and uses what it left free.
"""

from __future__ import annotations

from collections.abc import Callable

from models.search.dnas.backbone import MULTIPLE, Backbone, Choice, decisions

Fits = Callable[[Choice], bool]
_STEPS = 10
_WIDEST = 64.0


def fitted(backbone: Backbone, choice: Choice, fits: Fits) -> Choice | None:
    """Return the largest scaled version of a choice that fits, its single widths raised; None where none fits.

    Widths stay multiples of 4 between the least and the largest option of their layer.

    Args:
        backbone: of the choice.
        choice: what the search decided.
        fits: whether a choice keeps every limit.
    """
    found = largest_scaled(backbone, choice, fits)
    return None if found is None else _raised(backbone, found, fits)


def largest_scaled(backbone: Backbone, choice: Choice, fits: Fits) -> Choice | None:
    """Return the largest scaled version of a choice that fits; None where the smallest does not.

    Args:
        backbone: of the choice.
        choice: what the search decided.
        fits: whether a choice keeps every limit.
    """
    low = scaled(backbone, choice, 0.0)
    if not fits(low):
        return None
    least, most = 0.0, 1.0
    while fits(scaled(backbone, choice, most)) and most < _WIDEST:
        least, most = most, 2 * most
    for _ in range(_STEPS):
        middle = (least + most) / 2
        if fits(scaled(backbone, choice, middle)):
            least = middle
        else:
            most = middle
    return scaled(backbone, choice, least)


def scaled(backbone: Backbone, choice: Choice, factor: float) -> Choice:
    """Return the choice with every width times a factor, rounded down to a multiple of 4, within the options' ends."""
    return tuple(
        taken.with_widths(
            {
                name: min(
                    max(MULTIPLE * int(factor * getattr(taken, name) / MULTIPLE), values[0]),
                    values[-1],
                )
                for name, values in decisions(block)
            }
        )
        for block, taken in zip(backbone.blocks, choice, strict=True)
    )


def _raised(backbone: Backbone, choice: Choice, fits: Fits) -> Choice:
    """Raise single widths by 4 in turn, from the first to the last, as long as the network fits."""
    for index, block in enumerate(backbone.blocks):
        for name, values in decisions(block):
            raised = _with(choice, index, name, getattr(choice[index], name) + MULTIPLE)
            if getattr(raised[index], name) <= values[-1] and fits(raised):
                choice = raised
    return choice


def _with(choice: Choice, index: int, name: str, width: int) -> Choice:
    changed = choice[index].with_widths({name: width})
    return (*choice[:index], changed, *choice[index + 1 :])
