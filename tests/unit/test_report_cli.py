"""`tinyhil report`: what is read, what is chosen, what is written, what goes wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.errors import StoreError, UsageError
from harness.records import Measurement
from harness.store import Store
from tests.factories import make_measurement, make_measurements
from tests.report_command import call


@pytest.fixture
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "store.sqlite"
    monkeypatch.setenv("TINYHIL_DB", str(path))
    return path


def fill(db: Path, measurements: list[Measurement], label: str | None = None) -> None:
    with Store.open(str(db)) as store:
        for measurement in measurements:
            store.add(measurement, label=label)


def counted(*arguments: object) -> int:
    count: int = json.loads(call("--json", *arguments))["measurements"]
    return count


def test_the_default_store_gives_the_newest_of_each(db: Path) -> None:
    measurements = make_measurements(40)
    fill(db, measurements)
    newest = {(m.model.name, m.target, m.kernels) for m in measurements}
    said = json.loads(call("--json"))
    assert said == {"report": "report.html", "measurements": len(newest), "models": 2, "targets": 4}
    assert counted("--all") == 40
    assert "40 measurements" in call("--all", "-o", "x.html")
    assert sorted(p.name for p in db.parent.glob("*.html")) == ["report.html", "x.html"]


def test_conditions(db: Path) -> None:
    measurements = make_measurements(30)
    fill(db, measurements[:20])
    fill(db, measurements[20:], label="new")
    assert counted("--all", "--label", "new") == 10
    wanted = [m for m in measurements if m.target in ("native", "qemu-cortex-m4")]
    wanted = [m for m in wanted if m.model.name == "ad01_int8"]
    found = counted("--all", "--model", "ad01_int8", "--target", "native", "--target", "qemu-cortex-m4")  # fmt: skip
    assert found == len(wanted)


def test_files_instead_of_the_store(db: Path, tmp_path: Path) -> None:
    with Store.open("sqlite://") as store:
        for measurement in make_measurements(12):
            store.add(measurement)
        store.export(tmp_path / "a.json")
        store.export(tmp_path / "b.json", target="native")
    assert counted("--all", "--from", "a.json", "--from", "b.json") == 12
    assert counted("--from", "b.json") <= counted("--from", "b.json", "--all") < 12
    assert not db.exists()


def test_markdown_is_appended(db: Path, tmp_path: Path) -> None:
    fill(db, [make_measurement(1)])
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    call("--markdown", summary, "--title", "Night")
    text = summary.read_text("utf-8")
    assert text.startswith("before\n## Night\n") and "| Model |" in text
    assert "<h1>Night</h1>" in (tmp_path / "report.html").read_text("utf-8")


def test_what_is_missing_or_wrong_is_one_line_that_names_it(db: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"store.sqlite does not exist"):
        call()
    assert not db.exists()
    fill(db, [make_measurement(1, target="native")])
    with pytest.raises(StoreError, match="no measurement matches"):
        call("--target", "nothing")
    with pytest.raises(StoreError, match="nowhere"):
        call("-o", tmp_path / "nowhere" / "x.html")
    with pytest.raises(UsageError, match="--from"):
        call("--from", "x.json", "--label", "l")
    with pytest.raises(StoreError, match=r"x\.json"):
        call("--from", "x.json")
    assert list(tmp_path.glob("*.html")) == []


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"schema": 2, "measurements": []}', "[" * 100_000]
)
def test_a_file_that_is_no_document_is_named(db: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(
        StoreError, match=r"^x\.json is not what `tinyhil run --json` writes"
    ) as caught:
        call("--from", "x.json")
    assert "\n" not in str(caught.value)


def test_a_failed_write_leaves_the_old_report(
    db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(db, [make_measurement(1)])
    (tmp_path / "report.html").write_text("old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with Store.open(str(db)):
        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(StoreError, match=r"report\.html: No space left"):
            call()
    assert (tmp_path / "report.html").read_text() == "old"
    assert not list(tmp_path.glob(".*.tmp"))
