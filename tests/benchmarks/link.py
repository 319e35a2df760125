"""Upload speed of the link: over emulated and host serial, and on a line of given rate, good and bad."""

from __future__ import annotations

import os
import time
import zlib

from rich.console import Console
from rich.table import Table

from harness.build.images import build_image
from harness.link.fake import FakeDevice
from harness.link.fake_line import FakeLine
from harness.link.faulty import Faults, FaultyStream
from harness.link.messages import Space
from harness.link.session import Session
from harness.link.transcript import Transcript
from targets.catalogue import load_catalogue
from targets.deadline import Deadline
from targets.drivers import driver_for

SIZE_BYTES = 256 << 10
BAUD = 921_600
LATENCY_S = 0.002


def show(console: Console) -> None:
    console.print(_devices())
    console.print(_lines())


def _devices() -> Table:
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
    return table


def _lines() -> Table:
    """In simulated time: what a line of 921,600 baud behind a USB adapter would take."""
    title = (
        f"Upload of {SIZE_BYTES >> 10} KiB at {BAUD:,} baud, 4 KiB frames, 2 ms latency (simulated)"
    )
    table = Table(title=title, title_justify="left")
    for column in ("flipped bytes", "time", "share of the line rate", "resent", "checksum"):
        table.add_column(column, justify="right")
    data = os.urandom(SIZE_BYTES)
    for rate, name in (
        (0.0, "none"),
        (1e-5, "1 in 10^5"),
        (1e-4, "1 in 10^4"),
        (1e-3, "1 in 10^3"),
    ):
        device = FakeDevice(max_payload=4096, window=16384, slot_bytes=SIZE_BYTES)
        line = FakeLine(device, BAUD, LATENCY_S)
        session = Session(FaultyStream(line, Faults(flip=rate), 1), Transcript(), baud=BAUD)
        deadline = Deadline.after(300)
        session.hello(deadline)
        begin_s = line.now_s
        session.upload(Space.SLOT, data, deadline)
        took_s = line.now_s - begin_s
        clean = Session(device.stream(), Transcript())
        right = clean.crc(Space.SLOT, 0, SIZE_BYTES, deadline) == zlib.crc32(data)
        table.add_row(
            name,
            f"{took_s:.2f} s",
            f"{SIZE_BYTES * 10 / BAUD / took_s:.1%}",
            str(session.counters.resent),
            "right" if right else "WRONG",
        )
    return table


class _Counting(Transcript):
    bytes_sent = 0

    def sent(self, data: bytes) -> None:
        self.bytes_sent += len(data)
