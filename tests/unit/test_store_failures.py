"""The store when the process, the disk or the file fails, and when its schema is another version's."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from harness.errors import StoreError
from harness.store import Store
from tests.factories import make_measurement, make_measurements
from tests.unit.stores import ROOT, by_id, fill, spawn


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "results.sqlite"


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
