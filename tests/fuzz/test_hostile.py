"""A small share of the hostile calls and plans of docs/fuzzing.md, for every kernel set."""

from __future__ import annotations

import shutil

import pytest

from tests.fuzz.hostile_plans import fuzz_on_target, fuzz_plans
from tests.fuzz.kernel_sets import HOST_SETS, TARGETS
from tests.fuzz.kernels import fuzz_kernels

ROUNDS = 10
PLANS = 600
PLANS_ON_TARGET = 60

compiled = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")


def required(set_name: str) -> None:
    if not HOST_SETS[set_name].available:
        pytest.skip("pip install 'tinyhil[cmsis-nn]'")


@compiled
@pytest.mark.parametrize("set_name", HOST_SETS)
def test_what_a_check_lets_through_stays_within_its_operands(set_name: str) -> None:
    required(set_name)
    tally = fuzz_kernels(set_name, ROUNDS, 1)
    assert tally.findings == []
    assert min(tally.ran.values()) > ROUNDS / 5, tally.ran


@compiled
@pytest.mark.parametrize("set_name", HOST_SETS)
def test_hostile_plans_are_refused_or_stay_within_their_memory(set_name: str) -> None:
    required(set_name)
    tally = fuzz_plans(set_name, PLANS, 1)
    assert tally.findings == []
    assert tally.plans == PLANS
    assert min(tally.ran, tally.refused) > PLANS / 10


@pytest.mark.emulator
@pytest.mark.parametrize("set_name", TARGETS)
def test_hostile_plans_on_a_target(set_name: str) -> None:
    tally = fuzz_on_target(*TARGETS[set_name], PLANS_ON_TARGET, 1)
    assert tally.findings == []
    assert min(tally.ran, tally.refused) > PLANS_ON_TARGET / 10
