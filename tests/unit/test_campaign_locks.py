"""The machine's locks, between threads and between processes, some of which are killed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.campaign.locks import (
    MachineLocks,
    StoppedWaitingError,
    lock_dir,
    opened,
    try_lock,
)
from harness.errors import DeadlineExceededError, StoreError
from targets.deadline import Deadline

ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import sys
from pathlib import Path
from threading import Event
from harness.campaign.locks import MachineLocks
from targets.deadline import Deadline
locks = MachineLocks(slots=int(sys.argv[2]), folder=Path(sys.argv[1]), untold_s=0.0)
with locks.held(alone=sys.argv[3] == "alone", deadline=Deadline.after(60), stop=Event(),
                waiting=lambda: print("waiting", flush=True)):
    print("held", flush=True)
    sys.stdin.readline()
"""
MAIN = "from harness.cli import main; main()"


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts processes that hold the machine until they are told or killed."""
    with ExitStack() as stack:

        def start(how: str, slots: int = 2) -> subprocess.Popen[str]:
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", HOLDER, str(tmp_path), str(slots), how],
                    cwd=ROOT,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            stack.callback(process.kill)
            return process

        yield start


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def can_take(folder: Path, *, alone: bool, slots: int = 2) -> bool:
    locks = MachineLocks(slots=slots, folder=folder)
    try:
        with locks.held(alone=alone, deadline=Deadline.after(0), stop=threading.Event()):
            return True
    except DeadlineExceededError:
        return False


def test_emulators_share_as_many_slots_as_there_are(
    tmp_path: Path, holder: Callable[..., subprocess.Popen[str]]
) -> None:
    assert said(holder("shared")) == "held"
    assert can_take(tmp_path, alone=False)
    assert not can_take(tmp_path, alone=True)
    second = holder("shared")
    assert said(second) == "held"
    assert not can_take(tmp_path, alone=False)
    assert can_take(tmp_path, alone=False, slots=3)
    second.kill()
    second.wait()
    assert can_take(tmp_path, alone=False)


def test_who_is_alone_excludes_all_until_killed(
    tmp_path: Path, holder: Callable[..., subprocess.Popen[str]]
) -> None:
    alone = holder("alone")
    assert said(alone) == "held"
    assert not can_take(tmp_path, alone=False)
    assert not can_take(tmp_path, alone=True)
    waiting = holder("shared")
    assert said(waiting) == "waiting"
    alone.kill()
    assert said(waiting) == "held"


def test_who_waits_to_be_alone_is_not_overtaken(
    tmp_path: Path, holder: Callable[..., subprocess.Popen[str]]
) -> None:
    first = holder("shared")
    assert said(first) == "held"
    alone = holder("alone")
    assert said(alone) == "waiting"
    assert not can_take(tmp_path, alone=False)
    first.kill()
    assert said(alone) == "held"


def test_threads_never_exceed_the_slots(tmp_path: Path) -> None:
    locks = MachineLocks(slots=2, folder=tmp_path)
    guard = threading.Lock()
    inside = {True: 0, False: 0}
    worst = []

    def work(alone: bool) -> None:
        for _ in range(20):
            with locks.held(alone=alone, deadline=Deadline.after(60), stop=threading.Event()):
                with guard:
                    inside[alone] += 1
                    worst.append(dict(inside))
                with guard:
                    inside[alone] -= 1

    threads = [threading.Thread(target=work, args=(n == 0,)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(worst) == 100
    for seen in worst:
        assert seen[False] <= 2
        assert not (seen[True] and seen[False]) and seen[True] <= 1


def test_waiting_ends_when_it_is_told_to(tmp_path: Path) -> None:
    with opened(tmp_path / "tinyhil-machine.lock") as other:
        assert try_lock(other)
        stop = threading.Event()
        stop.set()
        locks = MachineLocks(slots=1, folder=tmp_path)
        with (
            pytest.raises(StoppedWaitingError),
            locks.held(alone=False, deadline=Deadline.after(60), stop=stop),
        ):
            pytest.fail("two hold the machine")


@pytest.mark.parametrize("command", [["layers"], ["run", "--json", "--no-store"]])
def test_a_command_says_once_that_it_waits(tmp_path: Path, command: list[str]) -> None:
    """Others hold the machine; when they let go, the command goes on (its model is missing)."""
    with opened(tmp_path / "tinyhil-machine.lock") as other:
        assert try_lock(other)
        waiting = subprocess.Popen(
            [sys.executable, "-c", MAIN, *command, "missing.tflite", "-t", "native"],
            cwd=ROOT,
            env={**os.environ, "TINYHIL_LOCKS": str(tmp_path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert waiting.stderr is not None
        first = waiting.stderr.readline()
    rest = waiting.communicate(timeout=60)[1]
    assert first == "tinyhil: waiting for other measurements on this machine to end\n"
    assert len(rest.splitlines()) == 1 and "missing.tflite" in rest
    assert waiting.returncode != 0


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    locks = MachineLocks(folder=tmp_path / "file")
    with (
        pytest.raises(StoreError, match="TINYHIL_LOCKS"),
        locks.held(alone=True, deadline=Deadline.after(1), stop=threading.Event()),
    ):
        pytest.fail("locked in a file")


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "tinyhil-gate.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError):
        can_take(tmp_path, alone=True)
    assert not (tmp_path / "elsewhere").exists()


def test_the_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYHIL_LOCKS", str(tmp_path / "locks"))
    assert lock_dir() == tmp_path / "locks"
    assert can_take(tmp_path / "locks", alone=True)
    monkeypatch.delenv("TINYHIL_LOCKS")
    assert lock_dir().is_dir()
