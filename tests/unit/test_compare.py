"""Comparing measurements: what counts as worse, what as noise, and what is told of it."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.compare import words
from harness.compare.comparison import Change, Comparison, compare
from harness.compare.limits import DEFAULT, METRICS, Limits, parse_limits
from harness.errors import UsageError
from harness.records import Check, Latency, Measurement
from tests.factories import make_measurement

DEFAULTS = parse_limits(DEFAULT)


def measured(
    cycles: list[int],
    *,
    seed: int = 1,
    model: str = "kws",
    target: str = "native",
    bit_exact: bool | None = True,
    keep_all: bool = True,
    **memory: int,
) -> Measurement:
    """A measurement whose repeats took `cycles` nanoseconds each; emulated targets count instructions."""
    plain = make_measurement(seed, network="ad01_int8", target=target)
    us = [c / 1000 for c in cycles]
    low, median, high = np.percentile(us, (25, 50, 75))
    emulated = target != "native"
    latency = Latency(
        cycles=sorted(cycles)[(len(cycles) - 1) // 2],
        unit="instructions" if emulated else "nanoseconds",
        us=sorted(us)[(len(us) - 1) // 2],
        kind="modelled" if emulated else "measured",
        warmup=1,
        repeats=len(cycles),
        spread=float((high - low) / median),
        min_us=min(us),
        max_us=max(us),
        layers=plain.latency.layers,
        cycles_all=tuple(cycles) if keep_all else (),
    )
    check = Check(reference="TFLM", inputs=4, bit_exact=bit_exact, max_abs_diff=0.0)
    same = {"flash_bytes": 1000, "ram_bytes": 2000, "arena_bytes": 500, "stack_bytes": 100}
    return plain.model_copy(
        update={
            "model": plain.model.model_copy(update={"name": model}),
            "latency": latency,
            "check": check,
            "kernels": "reference",
            "memory": plain.memory.model_copy(update={**same, **memory}),
        }
    )


def change_of(comparison: Comparison, metric: str, pair: int = 0) -> Change:
    (found,) = (c for c in comparison.pairs[pair].changes if c.metric == metric)
    return found


def series(rng: np.random.Generator, mean: float, count: int = 30) -> list[int]:
    return [int(x) for x in rng.normal(mean, mean * 0.02, count)]


# Noise


def test_equal_distributions_raise_no_more_false_alarms_than_stated() -> None:
    rng = np.random.default_rng(1)
    alarms = 0
    rounds, pairs = 60, 10
    for _ in range(rounds):
        sides = [
            [measured(series(rng, 1e6), model=f"m{i}") for i in range(pairs)] for _ in range(2)
        ]
        comparison = compare(*sides, DEFAULTS)
        alarms += any(change_of(comparison, "latency", i).verdict != "noise" for i in range(pairs))
    # At most 1 % of whole comparisons: P(more than 4 of 60) < 0.0003.
    assert alarms <= 4


@pytest.mark.parametrize(("factor", "verdict"), [(1.05, "worse"), (0.95, "better")])
def test_a_shift_beyond_the_noise_is_found_in_every_pair(factor: float, verdict: str) -> None:
    rng = np.random.default_rng(2)
    # 5 % at a standard deviation of 2 %, in 10 pairs at once.
    base = [measured(series(rng, 1e6), model=f"m{i}") for i in range(10)]
    new = [measured(series(rng, 1e6 * factor), model=f"m{i}") for i in range(10)]
    comparison = compare(base, new, DEFAULTS)
    found = [change_of(comparison, "latency", i) for i in range(10)]
    assert [c.verdict for c in found] == [verdict] * 10
    assert all(c.p is not None and c.p <= 0.01 for c in found)
    assert comparison.failed == (verdict == "worse")


def test_a_real_but_small_shift_is_told_and_does_not_fail() -> None:
    base = [1_000_000 + i for i in range(30)]
    comparison = compare([measured(base)], [measured([c + 10_000 for c in base])], DEFAULTS)
    change = change_of(comparison, "latency")
    assert change.verdict == "worse" and not change.regression
    assert not comparison.failed


def test_a_large_but_noisy_shift_does_not_fail() -> None:
    wild = [1_000_000, 9_000_000] * 15
    comparison = compare([measured(wild)], [measured([*wild[1:], 9_100_000])], DEFAULTS)
    assert change_of(comparison, "latency").verdict == "noise"
    assert not comparison.failed


@pytest.mark.parametrize("shift", [-1, 0, 1, 50_000])
def test_counted_instructions_have_no_noise(shift: int) -> None:
    base = measured([1_000_000] * 3, target="qemu-cortex-m4")
    new = measured([1_000_000 + shift] * 3, target="qemu-cortex-m4")
    change = change_of(comparison := compare([base], [new], DEFAULTS), "latency")
    assert change.verdict == ("same" if not shift else "worse" if shift > 0 else "better")
    assert change.rule == "exact"
    assert comparison.failed == (shift == 50_000)


def test_few_repeats_are_judged_by_their_ranges() -> None:
    base = measured([1_000_000, 1_000_010, 1_000_020])
    near = change_of(
        compare([base], [measured([1_000_030, 1_000_040, 1_000_050])], DEFAULTS), "latency"
    )
    far = change_of(
        compare([base], [measured([1_500_000, 1_500_010, 1_500_020])], DEFAULTS), "latency"
    )
    assert (near.verdict, far.verdict) == ("noise", "worse")
    assert far.regression and far.rule == "ranges of few repeats"


@pytest.mark.parametrize("count", [1, 2])
def test_one_or_two_repeats_say_nothing_about_noise(count: int) -> None:
    new = measured([9_000_000] * count)
    comparison = compare([measured([1_000_000] * count)], [new], DEFAULTS)
    assert change_of(comparison, "latency").verdict == "unknown"
    assert not comparison.failed


def test_records_without_single_repeats_are_judged_by_their_quartiles() -> None:
    rng = np.random.default_rng(4)
    base = measured(series(rng, 1e6), keep_all=False)
    for factor, verdict in ((1.0, "noise"), (1.05, "worse")):
        new = measured(series(rng, 1e6 * factor), keep_all=False)
        change = change_of(compare([base], [new], DEFAULTS), "latency")
        assert (change.verdict, change.rule) == (verdict, "notches of quartiles")


def runs(rng: np.random.Generator, mean: float, count: int) -> list[Measurement]:
    """Runs that differ by 3 % among themselves, and whose repeats differ by 0.1 %."""
    centres = rng.normal(mean, 0.03 * mean, count)
    return [
        measured([int(x) for x in rng.normal(centre, 0.001 * centre, 30)]) for centre in centres
    ]


@pytest.mark.parametrize("count", [3, 6])
def test_several_runs_are_judged_by_what_differs_between_runs(count: int) -> None:
    rng = np.random.default_rng(6)
    rounds = 100
    alarms = found = 0
    for _ in range(rounds):
        base = runs(rng, 1e6, count)
        equal, slower = runs(rng, 1e6, count), runs(rng, 1.5e6, count)
        change = change_of(compare(base, equal, DEFAULTS), "latency")
        assert change.rule.endswith("runs")
        assert change.base == pytest.approx(np.median([m.latency.us for m in base]))
        alarms += change.verdict != "noise"
        found += change_of(compare(base, slower, DEFAULTS), "latency").verdict == "worse"
    # 1 % expected: P(more than 5 of 100) < 0.001. 50 % is 16 standard deviations.
    assert alarms <= 5
    assert found >= 95


def test_runs_of_other_firmware_are_not_taken_for_noise() -> None:
    rng = np.random.default_rng(8)
    base = runs(rng, 1e6, 3)
    other = base[0].provenance.model_copy(update={"image_id": "other"})
    mixed = [base[0].model_copy(update={"provenance": other}), *base[1:]]
    assert change_of(compare(mixed, base, DEFAULTS), "latency").rule.endswith("repeats")


def test_a_difference_between_two_single_runs_is_noted() -> None:
    rng = np.random.default_rng(9)
    one, two = measured(series(rng, 1e6)), measured(series(rng, 2e6))
    (note,) = compare([one], [two], DEFAULTS).pairs[0].notes
    assert note.startswith("one run each")
    counted = [measured([n] * 3, target="qemu-cortex-m4") for n in (10, 20)]
    assert compare(counted[:1], counted[1:], DEFAULTS).pairs[0].notes == ()


def test_other_clocks_are_compared_in_time() -> None:
    # Twice the clock, the same cycles: half the time.
    base = measured([1000 + i for i in range(30)])
    faster = base.latency.model_copy(
        update={name: getattr(base.latency, name) / 2 for name in ("us", "min_us", "max_us")}
    )
    change = change_of(
        compare([base], [base.model_copy(update={"latency": faster})], DEFAULTS), "latency"
    )
    assert change.verdict == "better" and change.relative == pytest.approx(-0.5)


# Other figures


@given(
    st.sampled_from(["flash", "ram", "arena", "stack"]),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.integers(0, 50),
)
@settings(max_examples=200, deadline=None)
def test_bytes_regress_exactly_beyond_their_limit(
    metric: str, base: int, new: int, percent: int
) -> None:
    before = measured([10] * 3, target="qemu-cortex-m4", **{f"{metric}_bytes": base})
    after = measured([10] * 3, target="qemu-cortex-m4", **{f"{metric}_bytes": new})
    comparison = compare([before], [after], parse_limits(f"{metric}={percent}%"))
    change = change_of(comparison, metric)
    assert change.regression == comparison.failed == (100 * new > base * (100 + percent))
    assert change.verdict == ("same" if base == new else "worse" if new > base else "better")
    others = compare([before], [after], parse_limits("latency=0%"))
    assert not others.failed


def test_the_layer_that_slowed_down_most_is_named() -> None:
    base = measured([10] * 3, target="qemu-cortex-m4")
    layers = list(base.latency.layers)
    layers[2] = layers[2].model_copy(update={"us": layers[2].us * 1.5})
    layers[5] = layers[5].model_copy(update={"us": layers[5].us * 1.2})
    latency = base.latency.model_copy(update={"layers": tuple(layers)})
    new = base.model_copy(update={"latency": latency})
    comparison = compare([base], [new], parse_limits("layer=40%"))
    change = change_of(comparison, "layer")
    assert change.detail == "2 FULLY_CONNECTED" and change.relative == pytest.approx(0.5)
    assert change.regression
    assert not compare([base], [new], parse_limits("layer=60%")).failed
    fewer = base.latency.model_copy(update={"layers": base.latency.layers[1:]})
    pair = compare([base], [base.model_copy(update={"latency": fewer})], DEFAULTS).pairs[0]
    assert "layer" not in {c.metric for c in pair.changes}
    assert "the operators differ" in pair.notes


@pytest.mark.parametrize("was", [True, False, None])
@pytest.mark.parametrize("now", [True, False, None])
def test_lost_bit_exactness_always_fails(was: bool | None, now: bool | None) -> None:
    base = measured([10] * 3, target="qemu-cortex-m4", bit_exact=was)
    new = measured([10] * 3, target="qemu-cortex-m4", bit_exact=now)
    bad = (was, now) in {(True, False), (True, None), (None, False)}
    for limits in (DEFAULTS, parse_limits("none")):
        comparison = compare([base], [new], limits)
        assert comparison.failed == bad
        assert bool(list(words.regressions(comparison))) == bad


# Pairs


def test_pairs_are_matched_by_name_and_the_newest_counts() -> None:
    old = measured([10] * 3, target="qemu-cortex-m4", flash_bytes=1)
    provenance = old.provenance.model_copy(update={"started": "2026-12-31T00:00:00+02:00"})
    newer = measured([10] * 3, target="qemu-cortex-m4", flash_bytes=7).model_copy(
        update={"provenance": provenance}
    )
    elsewhere = measured([10] * 3, target="qemu-cortex-m7")
    comparison = compare([newer, old, elsewhere], [newer], DEFAULTS)
    assert change_of(comparison, "flash").base == 7
    assert [p.target for p in comparison.missing] == ["qemu-cortex-m7"]
    assert not comparison.failed
    assert compare([newer, elsewhere], [newer], parse_limits("missing")).failed
    assert [p.target for p in compare([old], [old, elsewhere], DEFAULTS).added] == [
        "qemu-cortex-m7"
    ]


def test_what_makes_a_comparison_doubtful_is_noted() -> None:
    base = measured([10] * 30)
    new = base.model_copy(
        update={
            "model": base.model.model_copy(update={"sha256": "0" * 64}),
            "provenance": base.provenance.model_copy(update={"host": "other", "compiler": "x"}),
        }
    )
    assert compare([base], [base], DEFAULTS).pairs[0].notes == ()
    assert compare([base], [new], DEFAULTS).pairs[0].notes == (
        "the model's content differs",
        "measured on different hosts",
        "other compilers",
    )


# Limits


def test_limits_are_read() -> None:
    assert parse_limits(" latency = 3% ,flash=0.5 %,missing") == Limits(
        {"latency": 0.03, "flash": 0.005}, missing=True
    )
    assert parse_limits("none") == Limits({})
    assert set(DEFAULTS.increase) <= set(METRICS)


@pytest.mark.parametrize(
    "text", ["", "latency", "latency=3", "latency=-3%", "speed=3%", "latency=3%,latency=4%",
             "latency=nan%", "none,flash=1%", "flash=1%,,", "latency=1e3%", "latency=3%;flash=1%"]
)  # fmt: skip
def test_faulty_limits_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--fail-on"):
        parse_limits(text)


def test_exactly_the_limit_is_not_beyond_it() -> None:
    for percent in range(1, 100):
        limits = parse_limits(f"flash={percent}%")
        assert not limits.exceeded("flash", 100, 100 + percent)
        assert limits.exceeded("flash", 100, 100 + percent + 0.001)


# Words

HOSTILE = "a|b`<script>[x](y)\n## h\r::error::%0A\u202e\x1b[31m"


def regressed(name: str = "kws", **changes: Any) -> Comparison:
    base = measured([1000] * 3, target="qemu-cortex-m4", model=name)
    new = measured([2000] * 3, target="qemu-cortex-m4", model=name, bit_exact=False, **changes)
    return compare([base], [new], DEFAULTS)


def test_annotations_are_one_command_each_whatever_the_name() -> None:
    lines = list(words.workflow_commands(regressed(HOSTILE)))
    errors = [line for line in lines if line.startswith("::error ")]
    assert len(errors) == 2
    for line in lines:
        assert "\n" not in line and "\r" not in line and "\x1b" not in line
        properties, _, message = line[2:].partition("::")
        assert re.fullmatch(r"(error|warning) title=[^:,]*", properties)
        assert message


def test_annotations_say_what_is_worse_within_limits_as_warnings() -> None:
    base = measured([100_000] * 3, target="qemu-cortex-m4")
    new = measured([101_000] * 3, target="qemu-cortex-m4")
    (line,) = words.workflow_commands(compare([base], [new], DEFAULTS))
    assert line.startswith("::warning title=kws on qemu-cortex-m4%2C plan/reference::latency")
    assert "+1.00 %25" in line


def test_markdown_is_a_table_of_one_line_per_pair_whatever_the_name() -> None:
    text = words.markdown(regressed(HOSTILE), "base|x", "new\n")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 3
    columns = rows[0].count("|")
    assert [row.count("|") for row in rows] == [columns] * 3
    assert "<script>" not in text and "`" not in text and "\x1b" not in text
    assert "**▲ +100.00 %**" in text
    assert "bit-exact -&#62; differ" in text


def test_json_holds_everything_and_is_json() -> None:
    comparison = regressed(arena_bytes=0)
    document = json.loads(json.dumps(words.as_json(comparison, "a", "b"), allow_nan=False))
    assert document["failed"] is True and document["schema"] == 1
    (pair,) = document["pairs"]
    assert pair["check"] == {"base": True, "new": False, "regression": True}
    latency = next(c for c in pair["changes"] if c["metric"] == "latency")
    assert (latency["relative"], latency["regression"]) == (1.0, True)
    zero = compare(
        [measured([10] * 3, arena_bytes=0)], [measured([10] * 3, arena_bytes=5)], DEFAULTS
    )
    document = words.as_json(zero, "a", "b")
    json.dumps(document, allow_nan=False)
    assert (
        next(c for c in document["pairs"][0]["changes"] if c["metric"] == "arena")["relative"]
        is None
    )
