"""The store: what goes in comes out, whatever happens to the process, the disk or the file."""

from __future__ import annotations

import csv
import json
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

import pytest

from harness.errors import MissingToolError, StoreError, UsageError
from harness.records import Measurement, MeasurementFile
from harness.store import Store, default_url
from tests.factories import make_measurement, make_measurements

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "results.sqlite"


def started(measurement: Measurement, when: str) -> Measurement:
    provenance = measurement.provenance.model_copy(update={"started": when})
    return measurement.model_copy(update={"provenance": provenance})


def spawn(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def fill(file: Path, count: int = 20) -> list[Measurement]:
    measurements = make_measurements(count)
    with Store.open(str(file)) as store:
        for measurement in measurements:
            store.add(measurement)
    return measurements


def by_id(measurements: list[Measurement]) -> dict[str, Measurement]:
    return {m.id: m for m in measurements}


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


# Schema versions


def test_a_newer_schema_is_refused_and_left_alone(file: Path) -> None:
    fill(file, 1)
    with sqlite3.connect(file) as plain:
        plain.execute("update tinyhil_schema set version = 99")
    with pytest.raises(StoreError, match=r"schema version 99.*upgrade tinyhil"):
        Store.open(str(file))
    with sqlite3.connect(file) as plain:
        assert plain.execute("select count(*) from measurement").fetchone() == (1,)


def test_tables_of_something_else_are_left_alone(file: Path) -> None:
    with sqlite3.connect(file) as plain:
        plain.execute("create table measurement (temperature real)")
    with pytest.raises(StoreError, match="not tinyhil's"):
        Store.open(str(file))
    with sqlite3.connect(file) as plain:
        assert plain.execute("select name from sqlite_master").fetchall() == [("measurement",)]


def test_an_empty_file_becomes_a_store_unless_only_reading(file: Path) -> None:
    file.touch()
    with pytest.raises(StoreError, match="holds no measurements"):
        Store.open(str(file), create=False)
    fill(file, 1)


# What can go wrong


def test_not_a_database(file: Path) -> None:
    file.write_text("name,latency\nkws,12\n" * 100)
    with pytest.raises(StoreError, match=rf"{file.name} is not an SQLite database"):
        Store.open(str(file))


def test_a_folder_instead_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=str(tmp_path)):
        Store.open(str(tmp_path))
    (tmp_path / "plain").touch()
    with pytest.raises(StoreError, match="plain"):
        Store.open(str(tmp_path / "plain" / "x.sqlite"))


def test_locked_by_another_process(file: Path) -> None:
    fill(file, 1)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("begin immediate")
    try:
        with Store.open(str(file), busy_timeout_s=0.05) as store:
            assert len(store.query()) == 1
            with pytest.raises(StoreError, match="locked by another process"):
                store.add(make_measurement(9))
            other.execute("rollback")
            store.add(make_measurement(9))
            assert len(store.query()) == 2
    finally:
        other.close()


READ_ONLY = """
import os, sys
folder, who = sys.argv[1], int(sys.argv[2])
from harness.errors import StoreError
from harness.store import Store
from tests.factories import make_measurement
# Whatever is imported late: without root's rights, its Python may be out of reach.
with Store.open("sqlite://") as store:
    store.add(make_measurement(1))
    store.query()
if os.getuid() == 0:
    os.setuid(who)
with Store.open(folder + "/results.sqlite") as store:
    print(len(store.query()))
    try:
        store.add(make_measurement(99))
    except StoreError as error:
        print(error)
"""


def test_a_read_only_store_is_read_and_refuses_to_be_written() -> None:
    # Not below pytest's folder: only its owner may enter that, and this drops root's rights.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder / "results.sqlite", 3)
        (folder / "results.sqlite").chmod(0o444)
        folder.chmod(0o555)
        out, error = spawn(READ_ONLY, folder, 65534).communicate()
        folder.chmod(0o755)
    assert out.splitlines()[0] == "3", error
    assert "results.sqlite is read-only" in out.splitlines()[1]


DISK_FULL = """
import os, sys
folder = sys.argv[1]
from harness.errors import StoreError
from harness.store import Store
from tests.factories import make_measurements
ballast = folder + "/ballast"
with open(ballast, "wb") as stream:
    stream.write(bytes(200_000))
kept = []
with Store.open(folder + "/results.sqlite") as store:
    for measurement in make_measurements(500):
        try:
            store.add(measurement)
        except StoreError as error:
            print(error)
            break
        kept.append(measurement)
    else:
        sys.exit("never full")
    os.unlink(ballast)
    store.add(measurement)
    found = {m.id: m for m in store.query()}
    assert found == {m.id: m for m in [*kept, measurement]}
print(len(kept) > 3)
"""


def test_a_full_disk_loses_nothing_and_works_again_when_freed(tmp_path: Path) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare and the right to mount")
    shell = 'mount -t tmpfs -o size=640k tmpfs "$0" && exec "$1" -c "$2" "$0"'
    command = ["unshare", "-m", "sh", "-c", shell, str(tmp_path), sys.executable, DISK_FULL]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.stderr.startswith(("unshare:", "mount:")):
        pytest.skip(f"needs the right to mount: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    message, enough = done.stdout.splitlines()
    assert "results.sqlite" in message and "disk" in message
    assert enough == "True"


FILE_LIMIT = """
import resource, sys
from harness.errors import StoreError
from harness.store import Store
from tests.factories import make_measurements
kept = []
store = Store.open(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
for measurement in make_measurements(500):
    try:
        store.add(measurement)
    except StoreError as error:
        print(error)
        break
    kept.append(measurement.id)
print(*kept)
"""


def test_a_file_that_may_not_grow_loses_nothing(file: Path) -> None:
    out, error = spawn(FILE_LIMIT, file).communicate()
    message, kept = out.splitlines()
    assert file.name in message, error
    with Store.open(str(file)) as store:
        assert {m.id for m in store.query()} == set(kept.split())
        store.add(make_measurement(77_777))


@pytest.mark.parametrize("seed", range(25))
def test_a_damaged_file_gives_true_records_or_a_store_error(file: Path, seed: int) -> None:
    truth = by_id(fill(file, 12))
    with sqlite3.connect(file) as plain:
        plain.execute("pragma wal_checkpoint(truncate)")
    rng = random.Random(seed)
    data = bytearray(file.read_bytes())
    if seed % 5 == 0:
        del data[rng.randrange(len(data)) :]
    else:
        for _ in range(seed * 4):
            at = rng.randrange(len(data))
            data[at : at + 8] = rng.randbytes(8)
    file.write_bytes(data)
    for leftover in file.parent.glob("*-wal"):
        leftover.unlink()
    try:
        with Store.open(str(file)) as store:
            store.query(latest=True)
            store.layers_frame()
            store.add(make_measurement(4_242))
            for identity in truth:
                store.get(identity)
    except StoreError as error:
        assert file.name in str(error) and "\n" not in str(error)


def test_a_damaged_record_is_named(file: Path) -> None:
    fill(file, 3)
    with sqlite3.connect(file) as plain:
        plain.execute("update measurement set record = '{}' where row = 2")
        identity = plain.execute("select id from measurement where row = 2").fetchone()[0]
    with Store.open(str(file)) as store, pytest.raises(StoreError, match=identity):
        store.query()


# Several processes, and sudden death

ADD_MANY = """
import sys
from harness.store import Store
from tests.factories import make_measurement
seed, count = int(sys.argv[2]), int(sys.argv[3])
with Store.open(sys.argv[1]) as store:
    for index in range(count):
        measurement = make_measurement(seed * 100_000 + index)
        store.add(measurement, label=f"by {seed}")
        print(measurement.id, flush=True)
"""


def test_processes_that_add_at_once_lose_nothing(file: Path) -> None:
    # Two of the four add the same records; all of them race to create the file.
    processes = [spawn(ADD_MANY, file, seed, 25) for seed in (1, 2, 3, 3)]
    for process in processes:
        _, error = process.communicate()
        assert process.returncode == 0, error
    expected = [m for seed in (1, 2, 3) for m in make_measurements(25, seed)]
    with Store.open(str(file)) as store:
        assert by_id(store.query()) == by_id(expected)
        assert len(store.query()) == 75
        assert len(store.query(label="by 3")) == 25


@pytest.mark.parametrize("after", [1, 12])
def test_what_was_acknowledged_survives_a_kill(file: Path, after: int) -> None:
    process = spawn(ADD_MANY, file, 5, 100_000)
    assert process.stdout is not None
    acknowledged = [process.stdout.readline().strip() for _ in range(after)]
    process.kill()
    rest, _ = process.communicate()
    # The last line may have been cut off by the kill; its record is there all the same.
    acknowledged += [line for line in rest.splitlines() if len(line) == 36]
    with Store.open(str(file)) as store:
        found = store.query()
        assert set(acknowledged) <= {m.id for m in found}
        assert len(found) <= len(acknowledged) + 1 + (len(rest.splitlines()) > 0)
        store.add(make_measurement(1))
    with sqlite3.connect(file) as plain:
        assert plain.execute("pragma integrity_check").fetchall() == [("ok",)]
        orphans = (
            "select count(*) from layer where measurement_row not in (select row from measurement)"
        )
        assert plain.execute(orphans).fetchone() == (0,)


def test_a_store_of_schema_version_1_is_migrated_and_loses_nothing(file: Path) -> None:
    measurements = fill(file, 5)
    with sqlite3.connect(file) as plain:
        plain.execute("drop table campaign_job")
        plain.execute("update tinyhil_schema set version = 1")
    with Store.open(str(file)) as store:
        assert by_id(store.query()) == by_id(measurements)
        assert store.ledger().campaigns() == []
    with sqlite3.connect(file) as plain:
        assert plain.execute("select version from tinyhil_schema").fetchall() == [(2,)]


def test_a_foreign_table_in_the_way_of_a_migration_is_left_alone(file: Path) -> None:
    fill(file, 1)
    with sqlite3.connect(file) as plain:
        plain.execute("drop table campaign_job")
        plain.execute("update tinyhil_schema set version = 1")
        plain.execute("create table campaign_job (theirs text)")
    with pytest.raises(StoreError, match="campaign_job"):
        Store.open(str(file))
    with sqlite3.connect(file) as plain:
        assert plain.execute("select version from tinyhil_schema").fetchall() == [(1,)]
