"""What a search says of itself while it runs: a line on stderr, and every step in the folder's search.log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from harness.cli import output
from harness.errors import StoreError

LOG = "search.log"
_PLAIN_EVERY_S = 10.0


@contextmanager
def shown(folder: Path) -> Iterator[Callable[[str], None]]:
    """Yield what is to be told of each step.

    On a terminal the last step stands on one line; elsewhere a line is written every ten seconds.

    Raises:
        StoreError: the log cannot be written.
    """
    console = output.stderr()
    last_s = -_PLAIN_EVERY_S
    try:
        folder.mkdir(parents=True, exist_ok=True)
        log = (folder / LOG).open("a", encoding="utf-8", buffering=1)
    except OSError as error:
        raise StoreError(f"cannot write {folder / LOG}: {error.strerror or error}") from error
    with log, console.status("starting") as status:

        def tell(step: str) -> None:
            nonlocal last_s
            now = datetime.now(timezone.utc).isoformat(timespec="seconds")
            log.write(f"{now} {step}\n")
            status.update(step)
            if not console.is_terminal and time.monotonic() - last_s >= _PLAIN_EVERY_S:
                last_s = time.monotonic()
                console.print(step, soft_wrap=True, markup=False)

        yield tell
