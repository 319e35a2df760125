"""A campaign of 10,000 measurements on fake devices: does it slow down, does the host's memory grow?

`python -m tests.benchmarks campaign`; TINYHIL_CAMPAIGN_JOBS sets another number.
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness.campaign.locks import MachineLocks
from harness.campaign.runner import Campaign
from harness.store import Store
from models.example import example_model
from tests.campaign.fake_bench import FakeBench

JOBS = int(os.environ.get("TINYHIL_CAMPAIGN_JOBS", "10000"))
PARTS = 10


def show(console: Console) -> None:
    table = Table(title=f"Campaign of {JOBS:,} measurements of fake devices", title_justify="left")
    for column in (
        "measurements",
        "per second",
        "CPU time each",
        "resident memory",
        "its peak so far",
    ):
        table.add_column(column, justify="right")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["XDG_DATA_HOME"] = name
        model = folder / "example.tflite"
        model.write_bytes(example_model())
        bench = FakeBench(model)
        jobs = bench.jobs(JOBS)
        with (
            Store.open(str(folder / "results.sqlite")) as store,
            Campaign.opened("bench", jobs, store) as campaign,
        ):
            step = JOBS // PARTS
            begin, begin_cpu = time.perf_counter(), time.process_time()
            outcomes = campaign.run(
                os.cpu_count() or 1,
                lambda _job, _what: None,
                measure=bench.measure,
                locks=MachineLocks(folder=folder),
            )
            for done, outcome in enumerate(outcomes, 1):
                if outcome.error is not None:
                    raise outcome.error
                if done % step == 0:
                    rate = step / (time.perf_counter() - begin)
                    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                    table.add_row(
                        f"{done - step + 1:,} to {done:,}",
                        f"{rate:.1f}",
                        f"{1000 * (time.process_time() - begin_cpu) / step:.2f} ms",
                        f"{_resident_mib():.1f} MiB",
                        f"{peak_mib:.1f} MiB",
                    )
                    begin, begin_cpu = time.perf_counter(), time.process_time()
    console.print(table)


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
