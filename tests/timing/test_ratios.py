"""How the cores compare on general-purpose code, against published CoreMark/MHz of GCC builds."""

from __future__ import annotations

import pytest

from tests.timing.ratios import BASE, CORES, Cost, measure, published_ratio, ratio

pytestmark = pytest.mark.emulator

WITHIN = 0.10


@pytest.fixture(scope="module")
def base() -> dict[str, Cost]:
    return measure(CORES[BASE])


@pytest.mark.parametrize("core", [core for core in CORES if core != BASE])
def test_modelled_ratio_is_the_published_one(base: dict[str, Cost], core: str) -> None:
    costs = measure(CORES[core])
    assert len(costs) >= 5
    assert ratio(costs, base) == pytest.approx(published_ratio(core), rel=WITHIN)
