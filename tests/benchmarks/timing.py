"""What the cycle model costs: speed of QEMU with it, as a share of QEMU's speed without.

Speed is work per second of QEMU's processor time; modes take turns, and the best round of each counts: short ones, of
which some find the host at peace. The convolution workload is the example model with the reference kernels of the plan
engine, the branchy one the general-purpose kernels of the timing engine.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from harness.link.session import Session
from harness.link.transcript import Transcript
from harness.measure.firmware import prepare_firmware
from harness.measure.job import Job
from harness.measure.loaded import LoadedDevice, loaded_device
from harness.microbench.device import Bench, _Loads
from harness.microbench.suite import Kind, Run, pack_suite
from harness.timing.model import TimingMode, cycle_model
from models.example import example_model
from targets.catalogue import load_catalogue
from targets.deadline import Deadline
from targets.drivers.qemu import QemuDevice

TARGETS = ("qemu-cortex-m4", "qemu-cortex-m7", "qemu-nucleo-l4r5zi", "qemu-stm32f767zi")
MODES: tuple[TimingMode, ...] = ("none", "core", "memory")
ROUNDS = 12
TIMEOUT_S = 600.0
GOALS = {
    "core": {"convolution": 0.85, "branchy": 0.70},
    "memory": {"convolution": 0.40, "branchy": 0.40},
}


@dataclass(frozen=True)
class _Workload:
    """Something to load, and how often RUN repeats it."""

    loads: Any
    repeats: int


def show(console: Console) -> None:
    table = Table(title="Speed of QEMU with the cycle model", title_justify="left")
    for column in ("target", "workload", "mode", "CPU s", "of QEMU alone", "goal"):
        table.add_column(column, justify="right")
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "example.tflite"
        model.write_bytes(example_model())
        for target in TARGETS:
            for name, make in _workloads(model).items():
                best: dict[TimingMode, float] = {}
                for _ in range(ROUNDS):
                    for mode in MODES:
                        best[mode] = min(best.get(mode, 1e9), _cpu_s(make(target, mode)))
                for mode in MODES:
                    goal = GOALS.get(mode, {}).get(name)
                    table.add_row(
                        target,
                        name,
                        mode,
                        f"{best[mode]:.2f}",
                        f"{best['none'] / best[mode]:.0%}",
                        f"{goal:.0%}" if goal else "",
                    )
    console.print(table)


def _workloads(model: Path) -> dict[str, Callable[[str, TimingMode], _Workload]]:
    def convolution(target: str, mode: TimingMode) -> _Workload:
        job = Job(model, load_catalogue().target(target), timing=mode)
        return _Workload(prepare_firmware(job), 20)

    def branchy(name: str, mode: TimingMode) -> _Workload:
        target = load_catalogue().target(name)
        bench = Bench.of(target, cycle_model(target, mode), Deadline.after(TIMEOUT_S))
        listed = bench.list(Transcript(), Deadline.after(TIMEOUT_S))
        runs = [Run(b.name, 40) for b in listed if b.kind is Kind.KERNEL]
        return _Workload(_Loads(target, bench.image, pack_suite(runs), bench.cycle_model), 20)

    return {"convolution": convolution, "branchy": branchy}


def _cpu_s(workload: _Workload) -> float:
    """Processor time that QEMU takes for one RUN, the translation of its code left out by a run before."""
    deadline = Deadline.after(TIMEOUT_S)
    with loaded_device(workload.loads, Transcript(), deadline) as device:
        _run(device, 1, deadline)
        begin = _process_s(device)
        _run(device, workload.repeats, deadline)
        return _process_s(device) - begin


def _run(device: LoadedDevice, repeats: int, deadline: Deadline) -> None:
    def step(session: Session) -> None:
        session.run(0, repeats, False, deadline, expected_s=TIMEOUT_S)

    device.carry_out(step, deadline)


def _process_s(device: LoadedDevice) -> float:
    assert isinstance(device.device, QemuDevice)
    threads = Path(f"/proc/{device.device.pid}/task").glob("*/schedstat")
    return sum(int(path.read_text().split()[0]) for path in threads) / 1e9
