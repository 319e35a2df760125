"""What the tests of the store share: stores with records, and processes that use one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from harness.records import Measurement
from harness.store import Store
from tests.factories import make_measurements

ROOT = Path(__file__).resolve().parents[2]


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
