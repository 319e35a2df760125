"""The store: what goes in comes out, is found again, and leaves as frames and files."""

from __future__ import annotations

import csv
import json
import random
import sqlite3
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest

from harness.errors import MissingToolError, StoreError, UsageError
from harness.records import Measurement, MeasurementFile
from harness.store import Store, default_url
from tests.factories import make_measurement, make_measurements
from tests.unit.stores import by_id, fill, spawn


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "results.sqlite"


def started(measurement: Measurement, when: str) -> Measurement:
    provenance = measurement.provenance.model_copy(update={"started": when})
    return measurement.model_copy(update={"provenance": provenance})


# What goes in comes out


def test_everything_comes_back_equal_and_in_order_of_time(file: Path) -> None:
    added = fill(file, 40)
    with Store.open(str(file)) as store:
        found = store.query()
        assert by_id(found) == by_id(added)
        assert [m.provenance.started for m in found] == sorted(m.provenance.started for m in added)
        assert store.get(added[7].id) == added[7]


@pytest.mark.parametrize(
    "name", ["", "a'b\"c;--", "ü漢字🙂", "nul\0", "\udc80undecodable", "x" * 100_000, "%s {} \\n"]
)
def test_hostile_names_come_back_equal(file: Path, name: str) -> None:
    plain = make_measurement(1, target="native")
    hostile = plain.model_copy(
        update={"model": plain.model.model_copy(update={"name": name}), "core": name}
    )
    with Store.open(str(file)) as store:
        store.add(hostile, label=name)
        assert store.query(model=name, label=name, target="native") == [hostile]
        assert store.query(model=name + "x") == []


def test_adding_twice_changes_nothing_and_labels_add_up(file: Path) -> None:
    measurement = make_measurement(3)
    with Store.open(str(file)) as store:
        for label in (None, "a", "a", "b", None):
            store.add(measurement, label=label)
        assert store.query() == [measurement]
        assert store.query(label="a") == store.query(label=["b", "c"]) == [measurement]
        assert store.query(label="c") == []
    with sqlite3.connect(file) as plain:
        layers = plain.execute("select count(*) from layer").fetchone()[0]
    assert layers == len(measurement.latency.layers)


def test_another_record_with_the_same_id_is_refused(file: Path) -> None:
    first = make_measurement(3)
    with Store.open(str(file)) as store:
        store.add(first)
        with pytest.raises(StoreError, match=first.id):
            store.add(make_measurement(4, id=first.id))
        assert store.query() == [first]


def test_missing_id_is_an_error(file: Path) -> None:
    fill(file, 1)
    with Store.open(str(file)) as store, pytest.raises(StoreError, match="no-such-id"):
        store.get("no-such-id")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_json_cannot_hold_is_refused(file: Path, value: float) -> None:
    plain = make_measurement(1)
    bad = plain.model_copy(update={"energy": plain.energy.model_copy(update={"power_mw": value})})
    with Store.open(str(file)) as store:
        with pytest.raises(StoreError, match="not finite"):
            store.add(bad)
        assert store.query() == []


def test_an_integer_beyond_64_bits_is_refused(file: Path) -> None:
    plain = make_measurement(1)
    memory = plain.memory.model_copy(update={"ram_bytes": 1 << 64})
    with Store.open(str(file)) as store:
        with pytest.raises(StoreError, match=file.name):
            store.add(plain.model_copy(update={"memory": memory}))
        store.add(plain)
        assert store.query() == [plain]


# Queries, against a filter in plain Python


@pytest.mark.parametrize("seed", range(5))
def test_queries_agree_with_a_plain_filter(seed: int) -> None:
    rng = random.Random(seed)
    measurements = make_measurements(60, seed)
    with Store.open("sqlite://") as store:
        for m in measurements:
            store.add(m)
        for _ in range(12):
            target = rng.choice([None, "native", ["qemu-cortex-m4", "qemu-cortex-m7"], []])
            kernels = rng.choice([None, "reference"])
            since = rng.choice([None, "2026-10-12", "2026-10-12T12:00:00+02:00"])
            latest = rng.random() < 0.5
            wanted = [
                m
                for m in sorted(measurements, key=lambda m: m.provenance.started)
                if (target is None or m.target in ([target] if isinstance(target, str) else target))
                and (kernels is None or m.kernels == kernels)
                and (since is None or moment(m.provenance.started) >= moment(since))
            ]
            if latest:
                newest = {(m.model.name, m.target, m.engine, m.kernels): m for m in wanted}
                wanted = [m for m in wanted if m in newest.values()]
            found = store.query(target=target, kernels=kernels, since=since, latest=latest)
            assert found == wanted


def moment(text: str) -> datetime:
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)


def test_time_zones_are_compared_as_moments_and_ties_by_arrival() -> None:
    early = started(make_measurement(1, network="ad01_int8", target="native", kernels="x"),
                    "2026-10-01T12:30:00+02:00")  # fmt: skip
    late = started(early.model_copy(update={"id": "late"}), "2026-10-01T11:00:00Z")
    tie = late.model_copy(update={"id": "tie"})
    with Store.open("sqlite://") as store:
        for m in (late, early, tie):
            store.add(m)
        assert [m.id for m in store.query()] == [early.id, "late", "tie"]
        assert [m.id for m in store.query(latest=True)] == ["tie"]
        since = datetime(2026, 10, 1, 10, 45, tzinfo=timezone.utc)
        assert [m.id for m in store.query(since=since)] == ["late", "tie"]


def test_a_start_that_is_no_time_is_stored_all_the_same() -> None:
    odd = started(make_measurement(1), "yesterday")
    with Store.open("sqlite://") as store:
        store.add(odd)
        assert store.query() == [odd]
        with pytest.raises(UsageError, match="yesterday"):
            store.query(since="yesterday")


# Frames and files


def test_frame_holds_every_scalar_of_the_record(file: Path) -> None:
    measurements = fill(file, 30)
    with Store.open(str(file)) as store:
        store.add(measurements[0], label="b")
        store.add(measurements[0], label="a")
        frame = store.frame().set_index("id")
        layers = store.layers_frame(model="ad01_int8")
    assert len(frame) == 30
    for m in measurements:
        row = frame.loc[m.id]
        assert row["model"] == m.model.name
        assert (row["latency_us"], row["cycles"]) == (m.latency.us, m.latency.cycles)
        for name, value in m.memory.model_dump(exclude={"kind", "flash_parts"}).items():
            assert row[name] == value
        assert json.loads(row["flash_parts"]) == m.memory.flash_parts
        assert row["energy_uj"] == m.energy.uj or (m.energy.uj is None and row.isna()["energy_uj"])
        assert row.isna()["bit_exact"] == (m.check.bit_exact is None)
        for name, value in m.provenance.model_dump().items():
            assert row[name] == value
    assert frame.loc[measurements[0].id]["label"] == "a, b"
    expected = [m for m in measurements if m.model.name == "ad01_int8"]
    assert sum(layers["cycles"]) == sum(x.cycles for m in expected for x in m.latency.layers)
    assert set(layers["op"]) == {"FULLY_CONNECTED"}


def test_frame_of_nothing_has_the_columns() -> None:
    with Store.open("sqlite://") as store:
        assert "latency_us" in store.frame().columns
        assert list(store.layers_frame().columns)[-3:] == ["cycles", "us", "macs"]


def test_json_export_is_the_document_of_run(file: Path, tmp_path: Path) -> None:
    fill(file, 10)
    with Store.open(str(file)) as store:
        assert store.export(tmp_path / "x.json") == 10
        found = store.query()
    document = MeasurementFile.model_validate_json((tmp_path / "x.json").read_bytes())
    assert list(document.measurements) == found


def test_csv_and_parquet_agree_with_the_frame(file: Path, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    parquet = pytest.importorskip("pyarrow.parquet")
    fill(file, 10)
    with Store.open(str(file)) as store:
        for name in ("x.csv", "x.PARQUET"):
            assert store.export(tmp_path / name, target="native") < 10
        frame = store.frame(target="native")
    with (tmp_path / "x.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [r["id"] for r in rows] == list(frame["id"])
    assert [float(r["latency_us"]) for r in rows] == list(frame["latency_us"])
    assert {r["energy_uj"] for r in rows} == {""}
    table = parquet.read_table(tmp_path / "x.PARQUET").to_pylist()
    assert [tuple(r) for r in table] == [tuple(frame.columns)] * len(frame)
    for row, (_, expected) in zip(table, frame.iterrows(), strict=True):
        for name, value in row.items():
            assert value == expected[name] or (value is None and pandas.isna(expected[name]))


def test_export_leaves_the_old_file_and_no_litter_when_it_fails(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(file, 2)
    folder = tmp_path / "out"
    folder.mkdir()
    old = folder / "x.csv"
    old.write_text("old")
    with Store.open(str(file)) as store:
        with pytest.raises(UsageError, match="suffix"):
            store.export(folder / "x.xlsx")
        with pytest.raises(StoreError, match="nowhere"):
            store.export(tmp_path / "nowhere" / "x.csv")
        monkeypatch.setattr("os.fsync", fail_with_full_disk)
        with pytest.raises(StoreError, match="No space left"):
            store.export(old)
    assert [p.name for p in folder.iterdir()] == ["x.csv"]
    assert old.read_text() == "old"


def fail_with_full_disk(_descriptor: int) -> None:
    raise OSError(28, "No space left on device")


def test_missing_pandas_and_pyarrow_are_named_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with Store.open("sqlite://") as store:
        with pytest.raises(MissingToolError, match=r"tinyhil\[frames\]"):
            store.frame()
        with pytest.raises(MissingToolError, match=r"tinyhil\[parquet\]"):
            store.export(tmp_path / "x.parquet")
        store.export(tmp_path / "x.csv")


def test_importing_the_store_imports_neither_sqlalchemy_nor_pandas() -> None:
    script = (
        "import sys, harness.store\n"
        "print(sorted({'sqlalchemy', 'pandas', 'pyarrow'} & set(sys.modules)))"
    )
    out, error = spawn(script).communicate()
    assert out == "[]\n", error


# Where it lies


def test_default_url(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("TINYHIL_DB", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    at_home = tmp_path / ".local" / "share" / "tinyhil" / "results.sqlite"
    assert default_url() == str(at_home)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert default_url() == str(tmp_path / "data" / "tinyhil" / "results.sqlite")
    monkeypatch.setenv("TINYHIL_DB", "postgresql://x/y")
    assert default_url() == "postgresql://x/y"


@pytest.mark.parametrize("name", ["a b.sqlite", "100%?x=1#y.db", "ü/deep/er.sqlite"])
def test_any_path_works_bare_and_missing_folders_are_made(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with Store.open(str(path)) as store:
        store.add(make_measurement(1))
        assert store.name == str(path)
    assert path.is_file()
    with Store.open(str(path), create=False) as store:
        assert len(store.query()) == 1


def test_sqlite_url_and_bare_path_name_the_same_file(file: Path) -> None:
    fill(file, 1)
    with Store.open(f"sqlite:///{file}") as store:
        assert len(store.query()) == 1


def test_a_missing_store_is_not_made_when_only_reading(file: Path) -> None:
    with pytest.raises(StoreError, match=r"does not exist"):
        Store.open(str(file), create=False)
    assert not file.exists()


@pytest.mark.parametrize(
    "url", ["nonsense://x:secret@h/d", "postgresql+nodriver://u:secret@h/d", "mysql+pymysql://u:secret@["]
)  # fmt: skip
def test_a_bad_url_is_one_line_without_the_password(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        Store.open(url)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_schema_and_statements_compile_for_postgresql() -> None:
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.schema import CreateTable

    from harness.store.select import Selection, rows_of
    from harness.store.tables import Base

    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    text = "".join(
        str(CreateTable(t).compile(dialect=dialect)) for t in Base.metadata.sorted_tables
    )
    assert "BIGSERIAL" in text and "TIMESTAMP" in text
    statement = rows_of(Selection(model="m", label="l", since="2026-10-01", latest=True))
    assert "row_number()" in str(statement.compile(dialect=dialect))
