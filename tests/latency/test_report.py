"""The page of a model's validation, and the learning curves on it."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from harness.errors import StoreError, UsageError
from harness.latency.curve import learning_curve
from harness.latency.model_file import ModelFile, save
from reports.cli import report
from reports.latency import build_latency_report
from tests.latency.synthetic import dense_samples
from tests.latency.test_model_file import make


@pytest.fixture(scope="module")
def model() -> ModelFile:
    model = make(60)
    assert model.validation is not None
    samples = dense_samples(60, noise=0.01)
    curve = learning_curve(samples[:40], samples[40:], "dsp", (0, 10, 25, 50), seeds=2)
    return model.model_copy(
        update={"validation": model.validation.model_copy(update={"curve": tuple(curve)})}
    )


class Text(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.counts: dict[str, int] = {}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.counts[tag] = self.counts.get(tag, 0) + 1
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_shows_every_figure_and_is_well_formed(model: ModelFile) -> None:
    check = model.validation
    assert check is not None
    page = Text(build_latency_report(model, "Model <1>"))
    assert not page.open
    text = " ".join(page.text)
    for point in check.points:
        assert f"{point.name}: measured {point.measured:,.0f}" in text
    for family in check.families:
        assert family.family in text
    for law in model.laws:
        assert f"{law.r2:.4f}" in text
    for words in ("Model <1>", "Learning curve", "active", "sobol", "MicroNets", "Kendall's tau"):
        assert words in text
    assert page.counts["figure"] == 3


def test_curves_start_before_any_measurement_and_fall(model: ModelFile) -> None:
    assert model.validation is not None
    curve = model.validation.curve
    for sampling in ("active", "random", "sobol"):
        own = [p for p in curve if p.sampling == sampling]
        assert [p.budget for p in own] == [0, 10, 25]  # four fifths of 40 are 32
        assert own[0].mean_error > 0.1 > 0.02 > own[-1].mean_error


def test_the_command_writes_it_and_takes_nothing_else(model: ModelFile, tmp_path: Path) -> None:
    save(model, tmp_path / "m.json")
    app = typer.Typer()
    app.command("report")(report)
    page = tmp_path / "page.html"
    done = CliRunner().invoke(
        app, ["--latency", str(tmp_path / "m.json"), "-o", str(page), "--title", "Here"]
    )
    assert done.exit_code == 0, done.output
    assert "<h1>Here</h1>" in page.read_text("utf-8")
    refused = CliRunner().invoke(app, ["--latency", str(tmp_path / "m.json"), "--all"])
    assert isinstance(refused.exception, UsageError)


def test_a_model_without_validation_has_no_page(model: ModelFile) -> None:
    with pytest.raises(StoreError, match="not validated"):
        build_latency_report(model.model_copy(update={"validation": None}), "x")
