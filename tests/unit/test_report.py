"""The report's page: complete, well-formed, escaped, and sufficient unto itself."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import pytest

from harness.errors import StoreError
from harness.records import Latency, Measurement
from reports import build_report
from tests.factories import NETWORKS, TARGETS, make_measurement, make_measurements

VOID = {"meta", "link", "br"}


class Page(HTMLParser):
    """Collects text, tags with their attributes, and checks that elements nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[str] = []
        self.pieces: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        self.tags.append((tag, dict(attrs)))
        if tag in ("td", "th"):
            self.cells.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.pieces.append(data)
            if "td" in self.open or "th" in self.open:
                self.cells[-1] += data

    @property
    def text(self) -> str:
        return "\n".join(self.pieces)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def all_combinations() -> list[Measurement]:
    pairs = [(network, target) for network in NETWORKS for target in TARGETS]
    return [make_measurement(i, network=n, target=t) for i, (n, t) in enumerate(pairs)]


def renamed(measurement: Measurement, text: str) -> Measurement:
    """Return the measurement with `text` wherever a text may stand."""
    latency = measurement.latency.model_dump()
    latency["layers"] = [{**layer, "op": text} for layer in latency["layers"]]
    update = {"source": text}
    return measurement.model_copy(
        update={
            "id": text,
            "model": measurement.model.model_copy(update={"name": text, "sha256": text}),
            "target": text,
            "core": text,
            "engine": text,
            "kernels": text,
            "latency": Latency.model_validate(latency),
            "memory": measurement.memory.model_copy(update={"flash_parts": {text: 9, "model": 7}}),
            "energy": measurement.energy.model_copy(update=update),
            "check": measurement.check.model_copy(update={"reference": text, "note": text}),
            "provenance": measurement.provenance.model_copy(
                update={
                    name: text
                    for name, value in measurement.provenance.model_dump().items()
                    if isinstance(value, str)
                }
            ),
        }
    )


def test_every_name_and_every_number_is_on_the_page() -> None:
    measurements = all_combinations()
    page = Page(build_report(measurements, "Bench <1>"))
    assert "Bench <1>" in page.text
    cells = set(page.cells)
    joined = "\n".join(page.cells)
    values = {attributes.get("data-value") for attributes in page.named("td")}
    for m in measurements:
        for name in (m.model.name, m.target, m.core, m.engine, m.kernels, m.id, m.model.sha256):
            assert name in page.text
        assert repr(m.latency.us) in values
        assert {repr(m.memory.ram_bytes), repr(m.memory.stack_bytes)} <= values
        for number in (m.latency.cycles, m.memory.flash_bytes, m.memory.arena_bytes, m.model.macs):
            assert f"{number:,}" in joined
        if m.energy.uj is None:
            assert m.energy.source in page.text
        else:
            assert repr(m.energy.uj) in values
        for amount in (*m.memory.flash_parts.values(), m.memory.static_bytes, m.memory.io_bytes):
            assert f"{amount:,}" in cells
        for layer in m.latency.layers:
            assert {f"{layer.cycles:,}", f"{layer.macs:,}", layer.op} <= cells
        for fact in m.provenance.model_dump().values():
            assert str(fact) in page.text


@pytest.mark.parametrize(
    ("us", "text"),
    [(0.25, "250.0 ns"), (999.96, "1,000 µs"), (12_345.6, "12.35 ms"), (2.5e6, "2.500 s"), (0, "0 µs")],
)  # fmt: skip
def test_times_have_four_digits_and_a_unit_that_suits(us: float, text: str) -> None:
    plain = make_measurement(1)
    m = plain.model_copy(update={"latency": plain.latency.model_copy(update={"us": us})})
    assert text in Page(build_report([m], "t")).pieces


def test_cost_per_mac_and_its_unit() -> None:
    plain = make_measurement(1, network="kws_ref_model", target="qemu-cortex-m4")
    latency = plain.latency.model_copy(update={"cycles": 2_656_768 * 6})
    page = Page(build_report([plain.model_copy(update={"latency": latency})], "t"))
    assert plain.model.macs == 2_656_768
    assert "6.00instr." in page.cells


def test_shares_of_the_layers_add_up() -> None:
    m = make_measurement(3)
    page = Page(build_report([m], "t"))
    shares = [float(cell[:-2]) for cell in page.cells if re.fullmatch(r"\d+\.\d %", cell)]
    assert len(shares) == len(m.latency.layers)
    assert sum(shares) == pytest.approx(100, abs=0.05 * len(shares) + 1e-6)


@pytest.mark.parametrize(
    ("exact", "text"),
    [(True, "✓ bit-exact"), (False, "✗ differs"), (None, "– not compared")],
)
def test_the_output_check_is_said_in_words(exact: bool | None, text: str) -> None:
    plain = make_measurement(2)
    check = plain.check.model_copy(update={"bit_exact": exact, "max_abs_diff": None})
    page = Page(build_report([plain.model_copy(update={"check": check})], "t"))
    assert text in page.text


def test_each_kind_on_the_page_is_explained_and_no_other() -> None:
    device = make_measurement(1, target="native")
    text = Page(build_report([device], "t")).text
    assert "by a real clock" in text and "estimated" in text
    assert "counted by an emulator" not in text
    text = Page(build_report([make_measurement(1, target="qemu-cortex-m7")], "t")).text
    assert "counted by an emulator" in text


HOSTILE = [
    "<script>alert(1)</script>",
    "</style></script></svg><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x=\'',
    "&lt;&amp;&#60;",
    "<!--",
    "]]>",
    "a" * 5000,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_shown_and_not_obeyed(text: str) -> None:
    measurements = [renamed(make_measurement(i), text) for i in range(3)]
    page = Page(build_report(measurements, text))
    plain = Page(build_report(make_measurements(3), "t"))
    assert text in page.text
    assert {tag for tag, _ in page.tags} <= {tag for tag, _ in plain.tags} | {"small"}
    assert len(page.named("script")) == 1
    known = {name for _, attributes in plain.tags for name in attributes} | {"open"}
    assert {name for _, attributes in page.tags for name in attributes} <= known


def test_characters_that_html_forbids_are_spelled_out() -> None:
    html = build_report([renamed(make_measurement(1), "a\0b\x1bc\ud800d\u202ee")], "t")
    html.encode("utf-8")
    assert not re.search("[\0\x1b\ud800\u202e]", html)
    assert "a<U+0000>b<U+001B>c<U+D800>d<U+202E>e" in Page(html).text


def test_the_page_needs_nothing_else() -> None:
    html = build_report(all_combinations(), "t")
    assert not re.search(r"https?:|//[a-z]|@import|src=", html.replace("// Sorts", ""))
    page = Page(html)
    assert [attributes["href"] for attributes in page.named("link")] == ["data:,"]
    assert not page.named("img") + page.named("iframe") + page.named("a")
    urls = set(re.findall(r"url\(([^)]*)\)", html))
    identities = {attributes.get("id") for _, attributes in page.tags}
    assert urls and all(url[0] == "#" and url[1:] in identities for url in urls)
    policy = next(a["content"] for a in page.named("meta") if "http-equiv" in a)
    assert policy is not None and policy.startswith("default-src 'none'")


def test_drawings_are_well_formed_and_described() -> None:
    html = build_report(all_combinations(), "t")
    depth, start, drawings = 0, 0, []
    for match in re.finditer(r"<svg|</svg>", html):
        if match[0] == "<svg":
            start = match.start() if depth == 0 else start
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                drawings.append(ElementTree.fromstring(html[start : match.end()]))
    assert depth == 0 and len(drawings) > 100
    for drawing in drawings:
        assert drawing.get("aria-hidden") == "true" or (
            drawing.get("role") == "img" and drawing[0].tag == "title" and drawing[0].text
        )
    plots = [d for d in drawings if d.get("viewBox")]
    stacks = [d for d in drawings if d.get("class") == "stack"]
    assert len(plots) == 2 and len(stacks) == 2 * len(all_combinations())
    for drawing in plots + stacks:
        assert drawing[1].tag == "desc" and drawing[1].text


def test_points_lie_inside_the_plot_and_in_the_order_of_their_values() -> None:
    measurements = make_measurements(60)
    html = build_report(measurements, "t")
    figure = html[html.index("Latency against flash</title>") :]
    figure = figure[: figure.index("</figure>")]
    found = re.findall(r'<g transform="translate\(([\d.]+) ([\d.]+)\)"><title>([^<]*)', figure)
    assert len(found) == 60
    points = {title: (float(x), float(y)) for x, y, title in found}
    assert all(70 < x < 520 and 0 < y < 360 for x, y in points.values())
    heights = [float(y) for _, y, _ in found]
    ordered = sorted(
        measurements,
        key=lambda m: (m.model.name, m.target, m.engine, m.kernels, m.provenance.started, m.id),
    )
    slower_is_higher = sorted(range(60), key=lambda i: ordered[i].latency.us)
    drawn = [heights[i] for i in slower_is_higher]
    assert drawn == sorted(drawn, reverse=True)


def test_parts_of_a_bar_fill_it_in_proportion() -> None:
    m = make_measurement(5)
    html = build_report([m], "t")
    stack = re.search(
        r'<svg class="stack".*?</svg></td>|<svg [^>]*class="stack".*?</svg></td>', html
    )
    assert stack is not None
    widths = [
        float(w) for w in re.findall(r' width="([\d.]+)%" height="100%">', stack[0]) if w != "100"
    ]
    largest = max(m.memory.flash_parts.values()) / m.memory.flash_bytes * 100
    assert sum(widths) == pytest.approx(100, abs=0.01)
    assert max(widths) == pytest.approx(largest, abs=0.01)


def test_tables_have_captions_and_heads_with_scope() -> None:
    page = Page(build_report(make_measurements(3), "t"))
    assert len(page.named("caption")) == len(page.named("table")) >= 6
    assert all(attributes.get("scope") in ("row", "col") for attributes in page.named("th"))


def test_few_measurements_are_unfolded_many_are_folded() -> None:
    few = Page(build_report(make_measurements(2), "t")).named("details")
    many = Page(build_report(make_measurements(200), "t")).named("details")
    assert [("open" in a) for a in few] == [True, True, False]
    assert len(many) == 201 and not any("open" in a for a in many)


def test_the_order_of_the_measurements_does_not_matter() -> None:
    measurements = make_measurements(30)
    assert build_report(measurements, "t") == build_report(measurements[::-1], "t")


def test_degenerate_figures_do_not_break_the_page() -> None:
    plain = make_measurement(1)
    zero = plain.model_copy(
        update={
            "model": plain.model.model_copy(update={"macs": 0, "ops": 0}),
            "latency": plain.latency.model_copy(
                update={
                    "cycles": 0,
                    "us": 0.0,
                    "layers": tuple(
                        layer.model_copy(update={"cycles": 0, "us": 0.0, "macs": 0})
                        for layer in plain.latency.layers
                    ),
                }
            ),
            "memory": plain.memory.model_copy(
                update={
                    **dict.fromkeys(plain.memory.model_dump(exclude={"kind", "flash_parts"}), 0),
                    "flash_parts": {},
                }
            ),
        }
    )
    bare = plain.model_copy(update={"latency": plain.latency.model_copy(update={"layers": ()})})
    for measurements in ([zero], [zero, plain], [bare], [bare, zero, plain]):
        assert not re.search(r"\b(nan|inf)\b", Page(build_report(measurements, "t")).text)


def test_nothing_to_report_is_an_error() -> None:
    with pytest.raises(StoreError, match="no measurements"):
        build_report([], "t")
