"""Who may measure now, across all processes and users of this machine.

Emulators count instructions and share the cores; what is timed by this machine's own clock needs the machine alone.
All locks are flock(2) on files: the kernel lets go of them when their holder dies, however it dies. Three kinds:

    machine    held shared by every emulated measurement, exclusively by one on the host's clock
    gate       held while waiting for `machine`: whoever waits for all others to end is not overtaken for ever
    slot-N     one per core; an emulated measurement holds any of them
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event

from harness.errors import StoreError
from targets.deadline import Deadline

ENVIRONMENT_VARIABLE = "TINYHIL_LOCKS"
WAIT_LIMIT_S = 7 * 24 * 3600.0
UNTOLD_S = 2.0
"""Shorter waiting is not worth a word."""
_POLL_S = 0.02
_SYSTEM = Path("/run/lock")  # Filesystem Hierarchy Standard 3.0, section 3.15


class StoppedWaitingError(Exception):
    """The batch ended while this job still waited for its turn."""


def lock_dir() -> Path:
    """Folder of the locks, the same for all users: $TINYHIL_LOCKS, /run/lock or the temporary folder."""
    if override := os.environ.get(ENVIRONMENT_VARIABLE):
        return Path(override)
    with contextlib.suppress(OSError):
        # Where only root may write, others would lock elsewhere, and nobody would exclude anybody.
        if _SYSTEM.stat().st_mode & stat.S_IWOTH:
            return _SYSTEM
    return Path(tempfile.gettempdir())


class MachineLocks:
    """The locks of this machine.

    Args:
        slots: how many emulated measurements may run at a time, over all processes that give the same number.
        folder: where the files lie.
        untold_s: how long to wait before saying so.
    """

    def __init__(
        self, slots: int | None = None, folder: Path | None = None, untold_s: float = UNTOLD_S
    ) -> None:
        self._slots = slots or os.cpu_count() or 1
        self._folder = folder or lock_dir()
        self._untold_s = untold_s

    @contextmanager
    def held(
        self,
        *,
        alone: bool,
        deadline: Deadline,
        stop: Event,
        waiting: Callable[[], None] = lambda: None,
    ) -> Iterator[None]:
        """Hold the machine for one measurement: `alone`, or in one of the shared slots.

        Args:
            alone: whether nothing else may be measured meanwhile.
            deadline: limit of waiting.
            stop: ends the waiting early.
            waiting: called once when it has to wait longer than `untold_s`.

        Raises:
            DeadlineExceededError: others held the machine past `deadline`.
            StoppedWaitingError: `stop` was set.
            StoreError: the lock files cannot be made.
        """
        untold = Deadline.after(self._untold_s)
        told = False

        def pause(what: str) -> None:
            nonlocal told
            if not told and untold.expired():
                waiting()
                told = True
            deadline.check(what)
            if stop.wait(_POLL_S):
                raise StoppedWaitingError

        with ExitStack() as stack:
            with ExitStack() as while_waiting:
                gate = while_waiting.enter_context(opened(self._file("gate")))
                machine = stack.enter_context(opened(self._file("machine")))
                while not try_lock(gate):
                    pause("another measurement waits for this machine")
                while not try_lock(machine, shared=not alone):
                    pause("other measurements hold this machine")
            if not alone:
                files = [self._file(f"slot-{n}") for n in range(self._slots)]
                while not _take_any(files, stack):
                    pause("other measurements use all cores of this machine")
            yield

    def _file(self, name: str) -> Path:
        return self._folder / f"tinyhil-{name}.lock"


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """A descriptor of a lock file, which is made if need be; closing it lets go of its lock.

    Raises:
        StoreError: it cannot be opened.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        try:
            descriptor = os.open(path, flags)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, flags | os.O_CREAT, 0o666)
            with contextlib.suppress(OSError):
                os.fchmod(descriptor, 0o666)  # whatever the umask: other users lock it too
    except OSError as error:
        raise StoreError(
            f"lock {path} cannot be opened: {error.strerror} ({ENVIRONMENT_VARIABLE} names another folder)"
        ) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Take the lock of an open file without waiting; return whether it was to be had."""
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _take_any(files: list[Path], stack: ExitStack) -> bool:
    """Lock the first free one of `files` until `stack` unwinds; return whether there was one."""
    for path in files:
        with ExitStack() as one:
            if try_lock(one.enter_context(opened(path))):
                stack.push(one.pop_all())
                return True
    return False
