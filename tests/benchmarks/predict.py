"""Predictions a second from compiled plans, and networks measured a minute. Figures of docs/latency.md."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness.engines.plan.compile import compile_program
from harness.latency.bench import NetworkBench
from harness.latency.collect import Plan, collect
from harness.latency.fit import Built, make_model
from harness.latency.identity import identity_of
from harness.latency.log import Log
from harness.latency.measure import Workers
from harness.latency.networks import Network
from harness.latency.predict import Predictor
from harness.latency.steps import steps_of
from harness.measure.job import Job
from harness.timing.model import cycle_model
from models.arch.randomise import random_parameters
from models.arch.to_tflite import to_tflite
from models.calibrate import DrawnSpace
from models.spaces import SPACES
from models.zoo import ZOO
from targets.catalogue import load_catalogue

NETWORKS = 20
SECONDS = 3.0
TARGET, SPACE, CLASS = "qemu-cortex-m4", "ds-cnn-kws", "ds-cnn-s"


class _OfOneClass:
    """DS-CNN-S over and over, with other weights each time."""

    name = CLASS

    def network(self, index: int) -> Network:
        arch = ZOO[CLASS].build()
        return Network(f"{CLASS}-{index}", to_tflite(arch, random_parameters(arch, index)))


def show(console: Console) -> None:
    target = load_catalogue().target(TARGET)
    job = Job(Path("network.tflite"), target, check_inputs=0)
    cycles, identity = cycle_model(target), identity_of(target, "reference")
    bench = NetworkBench(job, cycles)
    built = Built(bench.image.image_id, bench.image.compiler)
    space = DrawnSpace(SPACES[SPACE])
    with (
        tempfile.TemporaryDirectory() as folder,
        Log(Path(folder) / "log", identity) as log,
        Workers(lambda: NetworkBench(job, cycles), 2) as workers,
    ):
        begin = time.perf_counter()
        busy_s = -_processor_s()
        collect(Plan([_OfOneClass()], NETWORKS), workers, log)
        minute = 60.0 * NETWORKS / (time.perf_counter() - begin)
        busy_s += _processor_s()
        tally = collect(Plan([space], NETWORKS), workers, log)
        samples = {SPACE: log.entries.of({SPACE})}
        model = make_model(samples, identity, target, log.entries, tally, built, 0)
    predictor = Predictor(model)
    networks = [space.network(i) for i in range(1000, 1010)]
    begin = time.perf_counter()
    plans = [steps_of(compile_program(one.data, one.name)[0]) for one in networks]
    compiling_ms = 1e3 * (time.perf_counter() - begin) / len(plans)
    table = Table(title=f"Latency models, {TARGET}, reference", title_justify="left")
    for column in ("what", "figure"):
        table.add_column(column, justify="left" if column == "what" else "right")
    table.add_row(f"{CLASS} networks made, compiled, started, measured", f"{minute:.0f} a minute")
    table.add_row("processor time of each, emulator included", f"{busy_s / NETWORKS:.2f} s")
    table.add_row(
        "predictions with interval, from plans", f"{_rate(predictor.cycles, plans):,.0f} a second"
    )
    table.add_row(
        "predictions with layers and energy", f"{_rate(predictor.predict, plans):,.0f} a second"
    )
    table.add_row("compiling a .tflite to its plan", f"{compiling_ms:.1f} ms")
    console.print(table)


def _processor_s() -> float:
    """Of this process, and of its children that have ended."""
    return sum(os.times()[:4])


def _rate(predict: object, plans: list[object]) -> float:
    count, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < SECONDS:
        for plan in plans:
            predict(plan)  # type: ignore[operator]
        count += len(plans)
    return count / (time.perf_counter() - begin)
