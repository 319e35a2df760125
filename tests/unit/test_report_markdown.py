"""The Markdown summary: one row per measurement, nothing in a name is obeyed."""

from __future__ import annotations

import html
import re

import pytest

from reports import markdown_summary
from reports.markdown import MAX_ROWS
from tests.factories import make_measurement, make_measurements


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[html.unescape(cell.strip()) for cell in line[1:-1].split("|")] for line in lines]


def test_one_row_per_measurement_with_its_names_and_figures() -> None:
    measurements = make_measurements(20)
    table = rows(markdown_summary(measurements))
    assert len(table) == 22 and {len(row) for row in table} == {9}
    for m in measurements:
        mine = [r for r in table if r[:3] == [m.model.name, m.target, f"{m.engine}/{m.kernels}"]]
        assert f"{m.memory.ram_bytes / 1024:,.1f} KiB" in [row[6] for row in mine]
        verdict = {True: "✓ bit-exact", False: "✗ differs", None: "– not compared"}
        assert verdict[m.check.bit_exact] in [row[7] for row in mine]


@pytest.mark.parametrize(
    "name", ["a|b", "**x** `y` [z](u)", "<b>&amp;", "@someone #1 $x$", "line\nbreak | x", "\\|", "🙂 :+1:"]
)  # fmt: skip
def test_names_cannot_break_the_table(name: str) -> None:
    plain = make_measurement(1)
    m = plain.model_copy(update={"model": plain.model.model_copy(update={"name": name})})
    text = markdown_summary([m])
    table = rows(text)
    assert [len(row) for row in table] == [9, 9, 9]
    assert table[2][0] == " ".join(name.split())
    raw = text.splitlines()[2].split("|")[1]
    assert not re.search(r"[\\`*\[\]<>@$]|&(?!#\d+;)|#(?!\d+;)", raw)


def test_every_symbol_is_explained() -> None:
    text = markdown_summary(
        [make_measurement(1, target="native"), make_measurement(1, target="qemu-cortex-m4")]
    )
    head, _, words = text.rpartition("\n\n")
    for symbol in "●◐○":
        assert (symbol in head) == (symbol in words)


def test_many_measurements_stay_within_the_limit_of_github() -> None:
    plain = make_measurement(1)
    longest = plain.model_copy(update={"model": plain.model.model_copy(update={"name": "|" * 9999}),
                                       "target": "|" * 9999, "engine": "|" * 9999})  # fmt: skip
    text = markdown_summary([longest] * (MAX_ROWS + 5))
    assert len(text.encode()) < 2**21
    assert "5 more are left out" in text


def test_nothing_says_so() -> None:
    assert markdown_summary([]) == "No measurements.\n"
