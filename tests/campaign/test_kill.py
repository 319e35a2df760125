"""kill -9 at random moments: nothing acknowledged is lost, nothing is doubled, nothing keeps running.

By default a few kills on the host's own firmware. The full run of docs/campaigns.md:

    TINYHIL_KILLS=50 TINYHIL_KILL_JOBS=50 TINYHIL_KILL_TARGETS=native,qemu-cortex-m4 TINYHIL_KILL_LONGEST_S=8 \\
        pytest tests/campaign/test_kill.py -s
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections import Counter
from pathlib import Path

import pytest

from harness.link.transcript import Marker, read_transcript
from harness.measure.bench import measure
from harness.measure.job import Job
from harness.store import Store
from models.example import example_model
from targets.catalogue import load_catalogue
from targets.deadline import Deadline

pytestmark = pytest.mark.emulator

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("TINYHIL_KILLS", "3"))
JOBS = int(os.environ.get("TINYHIL_KILL_JOBS", "12"))
TARGETS = os.environ.get("TINYHIL_KILL_TARGETS", "native").split(",")
LONGEST_S = float(os.environ.get("TINYHIL_KILL_LONGEST_S", "2.5"))
SEED = int(os.environ.get("TINYHIL_KILL_SEED", "1"))


class Bench:
    """A folder with a store, in which the campaign is run, killed and looked at."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "r.sqlite"
        self.model = folder / "example.tflite"
        self.model.write_bytes(example_model())
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.mark = f"TINYHIL_TEST_MARK={uuid.uuid4()}"

    def start(self) -> subprocess.Popen[str]:
        name, _, value = self.mark.partition("=")
        arguments = [str(self.file), str(self.model), str(JOBS), *TARGETS]
        return subprocess.Popen(
            [sys.executable, "-m", "tests.campaign.kill_program", *arguments],
            cwd=ROOT,
            env={
                **os.environ,
                name: value,
                "XDG_DATA_HOME": str(self.folder / "data"),
                "TMPDIR": str(self.temporary),
                "TINYHIL_LOCKS": str(self.folder / "locks"),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def done(self) -> dict[tuple[str, int], str]:
        """(target, seed) -> measurement id, as another program reads it from the file."""
        if not self.file.exists():
            return {}
        with sqlite3.connect(f"file:{self.file}?mode=ro", uri=True) as plain:
            try:
                rows = plain.execute(
                    "select j.target, json_extract(m.record, '$.provenance.seed'), m.id from campaign_job j"
                    " join measurement m on m.row = j.measurement_row where j.state = 'done'"
                ).fetchall()
            except sqlite3.OperationalError as error:
                assert "no such table" in str(error)
                return {}
        found = {(target, seed): identity for target, seed, identity in rows}
        assert len(found) == len(rows), "a job was stored twice"
        return found

    def left_running(self) -> list[str]:
        """Command lines of processes that descend from the campaign, which its environment marks."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if self.mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                    found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
        return found


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def wait_until_nothing_runs(bench: Bench) -> None:
    """The kernel kills the devices; compilers, which notice by themselves, may take a little longer."""
    deadline = Deadline.after(20)
    while running := bench.left_running():
        assert not deadline.expired(), running
        time.sleep(0.02)


def acknowledged(output: str) -> set[tuple[str, int]]:
    """What the killed campaign had said; its last line may be cut."""
    whole = [line.split() for line in output.splitlines(keepends=True) if line.endswith("\n")]
    return {(words[1], int(words[2])) for words in whole if words[0] == "done"}


def test_kill_at_random_moments(bench: Bench) -> None:
    everything = {(target, seed) for target in TARGETS for seed in range(JOBS)}
    for target in TARGETS:
        # Builds the images, so that the kills hit measurements.
        measure(Job(bench.model, load_catalogue().target(target), check_inputs=0))
    rng = random.Random(SEED)
    kills = 0
    told: list[str] = []
    before: dict[tuple[str, int], str] = {}
    # A campaign that is through before the last kill starts over with an empty store.
    while kills < KILLS:
        process = bench.start()
        try:
            out, err = process.communicate(timeout=rng.uniform(0, LONGEST_S))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            out, err = process.communicate()
            kills += 1
        assert not err and "failed" not in out, out + err
        wait_until_nothing_runs(bench)
        after = bench.done()
        assert acknowledged(out) <= after.keys(), "an acknowledged result was lost"
        assert before.items() <= after.items(), "a result of an earlier call was lost or made anew"
        told.append(f"{len(after)}")
        before = after
        if after.keys() == everything and kills < KILLS:
            assert process.returncode == 0 or process.returncode == -signal.SIGKILL
            check_whole(bench, everything, kills)
            for file in bench.folder.glob("r.sqlite*"):
                file.unlink()
            before = {}
    out, err = bench.start().communicate(timeout=600)
    assert not err and "failed" not in out, out + err
    assert acknowledged(out) == everything - before.keys()
    wait_until_nothing_runs(bench)
    check_whole(bench, everything, kills)
    print(f"{kills} kills; done after each: {' '.join(told)}")


def check_whole(bench: Bench, everything: set[tuple[str, int]], kills: int) -> None:
    """The campaign is complete, each measurement is there once, and nothing else lies about."""
    with Store.open(str(bench.file)) as store:
        stored = store.query()
        assert len(stored) == len(store.query(label="killed")) == len(everything)
        assert len(store.query(label="of the test")) == len(everything)
        assert Counter((m.target, m.provenance.seed) for m in stored) == Counter(everything)
        (summary,) = store.ledger().campaigns()
        assert (summary.done, summary.failed, summary.open) == (len(everything), 0, 0)
    with sqlite3.connect(bench.file) as plain:
        assert plain.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert plain.execute("pragma foreign_key_check").fetchall() == []
    assert list(bench.temporary.iterdir()) == []
    assert {file.name for file in bench.folder.glob("r.sqlite*")} <= {
        "r.sqlite",
        "r.sqlite-wal",
        "r.sqlite-shm",
    }
    kept = {Path(m.provenance.transcript).name for m in stored}
    unfinished = 0
    for file in (bench.folder / "data" / "tinyhil" / "transcripts").iterdir():
        records = read_transcript(file).records
        ended = any(isinstance(r, Marker) and r.phase == "end" for r in records)
        assert ended or file.name not in kept
        unfinished += not ended
    # A killed host leaves the conversation it was in: docs/link.md, section 4. Never more than one per device.
    assert unfinished <= kills * 2
