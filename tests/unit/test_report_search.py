"""The page of searches: every figure, the fronts and means by their definitions, published points, hostile input."""

from __future__ import annotations

import json
import random
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.errors import StoreError, UsageError
from harness.search_result import FILE
from reports import svg, units
from reports.pareto import front
from reports.published import published
from reports.search import build_search_report
from tests.factories import make_measurement
from tests.report_command import call
from tests.searches import make_result, one_request
from tests.unit.test_report import HOSTILE, Page, renamed


@dataclass(frozen=True)
class Drawing:
    """One plot as it is drawn: marks (title -> position, hollow), corners of the front, names in grey."""

    marks: dict[str, tuple[float, float]]
    hollow: set[str]
    corners: list[tuple[float, float]]
    grey: list[str]


def drawings(html: str) -> list[Drawing]:
    found = []
    for text in re.findall(r"<svg viewBox=.*?</svg></figure>", html):
        root = ElementTree.fromstring(text.removesuffix("</figure>"))
        marks, hollow, grey = {}, set(), []
        for group in root.iter("g"):
            place = re.fullmatch(r"translate\(([\d.]+) ([\d.]+)\)", group.get("transform", ""))
            if place is None:
                continue
            title = group.find("title")
            if title is None:
                grey.append(str(group.findtext("text")))
                continue
            marks[str(title.text)] = (float(place[1]), float(place[2]))
            if "hollow" in group[1].get("class", ""):
                hollow.add(str(title.text))
        line = next(p for p in root.iter("path") if p.get("class") == "front")
        x, y, steps = 0.0, 0.0, []
        for letter, number in re.findall(
            r"([HV])([\d.]+)", re.sub(r"M([\d.]+) [\d.]+", r"H\1", line.get("d", ""))
        ):
            x, y = (float(number), y) if letter == "H" else (x, float(number))
            steps += [(x, y)] if letter == "V" else []
        found.append(Drawing(marks, hollow, steps, grey))
    return found


def test_every_figure_is_on_the_page() -> None:
    results = [make_result(i) for i in range(12)]
    html = build_search_report(results, "Night <1>")
    page = Page(html)
    values = {attributes.get("data-value") for attributes in page.named("td")}
    cells = "\n".join(page.cells)
    for r in results:
        m = r.measurement
        assert {repr(m.latency.us), repr(m.memory.ram_bytes), repr(m.memory.flash_bytes)} <= values
        assert {repr(m.model.macs), repr(r.int8_score)} <= values
        assert m.energy.uj is None or repr(m.energy.uj) in values
        for text in (r.task, m.target, f"{r.method}seed {r.seed}", units.engine_of(m), *r.exact):
            assert text in cells
        for text in (f"float {r.float_score:.2f} %", f"device {r.device_score:.2f} %"):
            assert text in cells
        assert f"{r.device_examples:,} of {r.examples:,} examples" in cells
        assert f"{m.latency.kind}" in cells and units.time(m.latency.us) in cells
        for name, limit in r.limits.items():
            shown = units.round_time(limit) if name == "latency" else units.round_size(limit)
            over = "✗ " if r.uses[name] > 1 else ""
            assert f"{over}{100 * r.uses[name]:.1f} % of {shown}" in cells
        for layer in m.latency.layers:
            assert f"{layer.cycles:,}" in page.cells
    assert cells.count("✓ device") == sum(r.device_exact for r in results)
    assert cells.count("✗ device differs") == sum(not r.device_exact for r in results)
    kept = sum(max(r.uses.values()) <= 1 for r in results)
    assert f"{kept} of 12" in page.pieces and "Night <1>" in page.text
    assert len(page.named("caption")) == len(page.named("table"))
    assert not re.search(r"https?:|@import|src=", html)


def beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether one point is no worse in both and better in one."""
    return one != other and one[0] <= other[0] and one[1] >= other[1]


@pytest.mark.parametrize("seed", range(40))
def test_a_front_is_what_nothing_beats(seed: int) -> None:
    rng = random.Random(seed)
    grid = rng.choice([3, 10, 10**6])
    points = [
        (float(rng.randrange(grid)), float(rng.randrange(grid)))
        for _ in range(rng.randrange(1, 60))
    ]
    expected = {p for p in points if not any(beats(q, p) for q in points)}
    assert front(points) == sorted(expected)


@pytest.mark.parametrize("seed", range(4))
def test_plots_show_each_search_and_the_front_through_the_best(seed: int) -> None:
    results = one_request(30, seed)
    plots = drawings(build_search_report(results, "t"))
    figures_of = (
        lambda m: m.latency.us,
        lambda m: m.memory.ram_bytes,
        lambda m: m.memory.flash_bytes,
    )
    assert len(plots) == 3
    for plot, figure in zip(plots, figures_of, strict=True):
        assert len(plot.marks) == 30
        points = {
            title: (figure(r.measurement), r.int8_score)
            for r in results
            for title in plot.marks
            if title.startswith(f"{r.method}, seed {r.seed}: ")
        }
        by_cost = sorted(points, key=lambda title: points[title][0])
        across = [plot.marks[title][0] for title in by_cost]
        assert across == sorted(across)
        best = {t for t in points if not any(beats(points[o], points[t]) for o in points)}
        assert set(plot.corners) == {plot.marks[title] for title in best}
        assert all(76 <= x <= 520 and 14 <= y <= 340 for x, y in plot.marks.values())


def test_a_mark_is_hollow_where_its_cost_was_not_measured() -> None:
    emulated, host = (
        make_measurement(1, target="qemu-cortex-m7"),
        make_measurement(2, target="native"),
    )
    modelled = [make_result(1, measurement=emulated)]
    measured = [make_result(2, measurement=host)]
    assert [len(plot.hollow) for plot in drawings(build_search_report(modelled, "t"))] == [1, 0, 0]
    assert [len(plot.hollow) for plot in drawings(build_search_report(measured, "t"))] == [0, 0, 0]


def test_means_over_seeds_and_how_far_ahead_of_one_width() -> None:
    results = one_request(7, 3)
    others = [r.model_copy(update={"effort": 2.0}) for r in results[:1]]
    page = Page(build_search_report(results + others, "t"))
    cells = "\n".join(page.cells)
    scores = {
        method: [r.int8_score for r in results if r.method == method]
        for method in ("micronets", "uniform")
    }
    means = {method: sum(own) / len(own) for method, own in scores.items()}
    for method, own in scores.items():
        assert f"{means[method]:.2f} %{min(own):.2f} to {max(own):.2f}" in page.cells
        us = [r.measurement.latency.us for r in results if r.method == method]
        assert units.time(sum(us) / len(us)) in cells
    assert {"mean of 4 seeds0, 1, 2, 3", "mean of 3 seeds0, 1, 2", "1 seed0"} <= set(page.cells)
    ahead = [cell for cell in page.cells if re.fullmatch(r"[+-]\d+\.\d\d", cell)]
    assert ahead == [f"{means['micronets'] - means['uniform']:+.2f}"]


@pytest.mark.parametrize(
    ("task", "target", "latency", "memory"),
    [
        ("kws:unknown=2", "qemu-cortex-m4", ["KWS-M", "KWS-S"], ["KWS-M", "KWS-S"]),
        ("kws", "qemu-cortex-m7", ["KWS-L", "KWS-M", "KWS-S"], ["KWS-L", "KWS-M", "KWS-S"]),
        ("kws", "qemu-cortex-m55", [], ["KWS-L", "KWS-M", "KWS-S"]),
        ("anomaly", "qemu-cortex-m7", ["AD-M", "AD-S"], ["AD-M", "AD-S"]),
        ("image-grey", "qemu-cortex-m4", ["VWW-2", "VWW-4"], ["VWW-2", "VWW-4"]),
        ("image", "qemu-cortex-m4", [], []),
        ("digits", "qemu-cortex-m7", [], []),
    ],
)
def test_published_networks_of_the_same_kind_and_core(
    task: str, target: str, latency: list[str], memory: list[str]
) -> None:
    html = build_search_report(
        [make_result(1, task=task, measurement=make_measurement(1, target=target))], "t"
    )
    assert [plot.grey for plot in drawings(html)] == [latency, memory, memory]
    assert ("another data set" in html) == bool(memory)
    assert ("estimated by the authors: AD-S" in html) == (task == "anomaly")


def test_published_boards_have_the_papers_ratios() -> None:
    """The M7 board is about twice as fast (sections 3.1 and 3.3); a larger network takes longer and scores more."""
    for task in ("kws", "image-grey", "anomaly"):
        small, medium = published(task, "cortex-m4"), published(task, "cortex-m7")
        assert small is not None and medium is not None
        us = {network.name: network.latency_us for network in small.networks}
        for network in medium.networks:
            slow, fast = us.get(network.name), network.latency_us
            assert fast is not None and (slow is None or 2.2 < slow / fast < 2.45)
        ordered = sorted(medium.networks, key=lambda network: network.latency_us or 0.0)
        scores = [network.score for network in ordered]
        assert scores == sorted(scores)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_shown_and_not_obeyed(text: str) -> None:
    hostile = [
        make_result(
            i,
            measurement=renamed(make_measurement(i), text),
            **dict.fromkeys(("method", "task", "metric"), text),
            exact=(text,),
            limits={text: 1.0, "ram": 5.0},
            uses={},
        )
        for i in range(2)
    ]
    page = Page(build_search_report(hostile, text))
    plain = Page(build_search_report([make_result(i) for i in range(20)], "t"))
    assert text in page.text and len(page.named("script")) == 1
    assert {tag for tag, _ in page.tags} <= {tag for tag, _ in plain.tags}
    known = {name for _, attributes in plain.tags for name in attributes} | {"open"}
    assert {name for _, attributes in page.tags for name in attributes} <= known


def test_neither_order_nor_repetition_matters() -> None:
    results = [make_result(i) for i in range(20)]
    once = build_search_report(results, "t")
    assert build_search_report(results[::-1] + results[:5], "t") == once


def test_degenerate_figures_do_not_break_the_page() -> None:
    plain = make_measurement(1)
    memory = plain.memory.model_copy(update={"ram_bytes": None, "flash_bytes": None})
    latency = plain.latency.model_copy(update={"us": 0.0, "layers": ()})
    bare = plain.model_copy(update={"memory": memory, "latency": latency})
    for score in (0.0, 100.0):
        result = make_result(1, measurement=bare, int8_score=score, limits={}, uses={})
        page = Page(build_search_report([result], "t"))
        assert "no network has a figure for flash" in page.text and "no limit" in page.text


@pytest.mark.parametrize("seed", range(30))
def test_a_window_holds_its_values_between_few_round_ticks(seed: int) -> None:
    rng = random.Random(seed)
    middle, spread = rng.uniform(0, 100), 10 ** rng.uniform(-4, 2)
    values = [min(max(rng.gauss(middle, spread), 0.0), 100.0) for _ in range(rng.randrange(1, 9))]
    axis = svg.window(values, 100.0)
    assert all(-1e-9 <= axis.position(value) <= 1 + 1e-9 for value in values)
    assert 3 <= len(axis.ticks) <= 11 and axis.ticks[0] >= 0 and axis.ticks[-1] <= 100.0
    assert [axis.position(axis.ticks[0]), axis.position(axis.ticks[-1])] == pytest.approx([0, 1])


def test_the_command_reads_folders_and_files_and_takes_nothing_else(tmp_path: Path) -> None:
    folders = []
    for i in range(2):
        folders.append(tmp_path / f"search-{i}")
        folders[-1].mkdir()
        (folders[-1] / FILE).write_text(make_result(i).model_dump_json())
    page = tmp_path / "page.html"
    arguments = ("--search", folders[0], "--search", folders[1] / FILE, "-o", page)
    assert str(folders[1]) in call(*arguments)
    assert page.read_text("utf-8") == build_search_report(
        [make_result(0), make_result(1)], "tinyhil report"
    )
    assert json.loads(call(*arguments, "--json", "--title", "Here")) == {"report": str(page)}
    assert "<h1>Here</h1>" in page.read_text("utf-8")
    for more in (
        ("--all",),
        ("--db", "x"),
        ("--from", "x"),
        ("--markdown", "x"),
        ("--latency", "x"),
    ):
        with pytest.raises(UsageError, match=r"page of its own|pages of their own"):
            call(*arguments, *more)


@pytest.mark.parametrize("text", [None, "", "[]", "{", '{"method": 3}', "[" * 100_000, "\0\xff"])
def test_a_folder_without_a_result_is_one_line_that_names_it(
    tmp_path: Path, text: str | None
) -> None:
    if text is not None:
        (tmp_path / FILE).write_text(text, "latin-1")
    with pytest.raises(StoreError, match=re.escape(str(tmp_path))) as caught:
        call("--search", tmp_path, "-o", tmp_path / "x.html")
    assert "\n" not in str(caught.value) and not (tmp_path / "x.html").exists()


def test_no_searches_are_no_page() -> None:
    with pytest.raises(StoreError, match="no searches"):
        build_search_report([], "t")
