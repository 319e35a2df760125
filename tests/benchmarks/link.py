"""Upload speed of the link: over emulated and host serial, and its efficiency on a line of given rate."""

from __future__ import annotations

import os
import time

from rich.console import Console
from rich.table import Table

from harness.build.images import build_image
from harness.link.messages import Space
from harness.link.session import Session
from harness.link.transcript import Transcript
from targets.catalogue import load_catalogue
from targets.deadline import Deadline
from targets.drivers import driver_for

SIZE_BYTES = 256 << 10


def show(console: Console) -> None:
    table = Table(title=f"Upload of {SIZE_BYTES >> 10} KiB to the model slot", title_justify="left")
    for column in ("target", "time", "KiB/s", "payload share of the bytes sent"):
        table.add_column(column, justify="right")
    data = os.urandom(SIZE_BYTES)
    for name in ("qemu-cortex-m4", "native"):
        target = load_catalogue().target(name)
        image = build_image(target, "plan", "reference", Deadline.after(300))
        deadline = Deadline.after(120)
        with driver_for(target).start(image.elf, None, deadline) as device:
            transcript = _Counting()
            session = Session(device.stream, transcript, target=name)
            session.wait_ready(deadline)
            session.hello(deadline)
            transcript.bytes_sent = 0
            begin = time.perf_counter()
            session.upload(Space.SLOT, data, deadline)
            took_s = time.perf_counter() - begin
        share = SIZE_BYTES / transcript.bytes_sent
        table.add_row(name, f"{took_s:.2f} s", f"{SIZE_BYTES / 1024 / took_s:.0f}", f"{share:.1%}")
    console.print(table)


class _Counting(Transcript):
    bytes_sent = 0

    def sent(self, data: bytes) -> None:
        self.bytes_sent += len(data)
