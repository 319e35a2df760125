"""Modelled cycles on the real emulator: the same in every run, on every QEMU, however busy the host is.

TINYHIL_OTHER_QEMU names the folder of another QEMU's programs; where it is not set, that comparison is skipped.
TINYHIL_REPEATED_RUNS is the number of runs that must agree (default 2).
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.build.images import build_image
from harness.errors import DeviceStartError, MissingToolError, UsageError
from harness.measure.bench import measure_prepared
from harness.measure.job import Job
from harness.measure.prepare import Prepared, prepare
from harness.records import Measurement
from harness.timing.model import TimingMode, cycle_model
from harness.timing.plugin import build_plugin
from models.example import example_model
from targets.catalogue import load_catalogue
from targets.deadline import Deadline
from targets.drivers import driver_for
from targets.drivers.plugin import Plugin
from targets.drivers.qemu import QemuDriver
from targets.schema import QemuSettings, Target

pytestmark = pytest.mark.emulator

RUNS = int(os.environ.get("TINYHIL_REPEATED_RUNS", "2"))
OTHER_QEMU = os.environ.get("TINYHIL_OTHER_QEMU")
CORES = ("m3", "m4", "m33", "m7", "m55")
ALL = [
    *(f"qemu-cortex-{core}" for core in CORES),
    "qemu-riscv32",
    "qemu-nucleo-l4r5zi",
    "qemu-stm32f746zg",
]


class WithoutIcount(QemuDriver):
    """QEMU on the host's time."""

    def _arguments(self, image: Path, link: int, qmp: int, slot: int | None = None) -> list[str]:
        arguments = super()._arguments(image, link, qmp, slot)
        at = arguments.index("-icount")
        return arguments[:at] + arguments[at + 2 :]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "example.tflite"
    path.write_bytes(example_model())
    return path


@pytest.fixture(autouse=True)
def own_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def prepared_for(model: Path, target: Target, timing: TimingMode = "auto") -> Prepared:
    return prepare(Job(model, target, check_inputs=0, repeats=2, timing=timing))


def counts(m: Measurement) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return m.latency.cycles_all, tuple(layer.cycles for layer in m.latency.layers)


@contextmanager
def busy_host() -> Iterator[None]:
    """Every core spins."""
    spinners = [
        multiprocessing.Process(target=_spin, daemon=True) for _ in range(os.cpu_count() or 1)
    ]
    for process in spinners:
        process.start()
    try:
        yield
    finally:
        for process in spinners:
            process.kill()
            process.join()


def _spin() -> None:
    while True:
        pass


@pytest.mark.parametrize("name", ALL)
def test_cycles_are_the_same_in_every_run_and_on_a_busy_host_and_without_icount(
    example: Path, name: str
) -> None:
    target = load_catalogue().target(name)
    prepared = prepared_for(example, target)
    assert prepared.cycle_model is not None
    first = measure_prepared(prepared)
    assert first.latency.unit == "cycles"
    assert first.latency.kind == "modelled"
    assert first.latency.error_percent is not None
    assert first.provenance.timing_sha256 == prepared.cycle_model.sha256
    for _ in range(RUNS - 1):
        assert counts(measure_prepared(prepared)) == counts(first)
    with busy_host():
        assert counts(measure_prepared(prepared)) == counts(first)
    assert isinstance(target.driver, QemuSettings)
    real_time = WithoutIcount(target, target.driver, prepared.cycle_model.plugin)
    assert counts(measure_prepared(prepared, driver=real_time)) == counts(first)


@pytest.mark.skipif(OTHER_QEMU is None, reason="TINYHIL_OTHER_QEMU is not set")
@pytest.mark.parametrize("name", ALL)
def test_cycles_are_the_same_on_another_qemu(example: Path, name: str) -> None:
    target = load_catalogue().target(name)
    assert isinstance(target.driver, QemuSettings)
    program = str(Path(OTHER_QEMU or "") / target.driver.program)
    other = target.model_copy(
        update={"driver": target.driver.model_copy(update={"program": program})}
    )
    here, there = prepared_for(example, target), prepared_for(example, other)
    ours, theirs = measure_prepared(here), measure_prepared(there)
    assert ours.provenance.driver != theirs.provenance.driver
    assert counts(ours) == counts(theirs)


def test_without_the_model_instructions_are_counted_and_called_so(example: Path) -> None:
    target = load_catalogue().target("qemu-cortex-m4")
    plain = measure_prepared(prepared_for(example, target, "none"))
    modelled = measure_prepared(prepared_for(example, target))
    assert plain.latency.unit == "instructions"
    assert plain.latency.error_percent is None
    assert plain.provenance.timing_sha256 == ""
    assert modelled.latency.cycles > plain.latency.cycles


def test_memory_that_answers_at_once_costs_no_more(example: Path) -> None:
    """Mode "memory" of a target without wait states: only unaligned accesses could cost, and the kernels have none."""
    target = load_catalogue().target("qemu-cortex-m4")
    core = measure_prepared(prepared_for(example, target, "core"))
    memory = measure_prepared(prepared_for(example, target, "memory"))
    assert counts(core) == counts(memory)


def test_wait_states_cost(example: Path) -> None:
    twin = load_catalogue().target("qemu-nucleo-l4r5zi")
    core = measure_prepared(prepared_for(example, twin, "core"))
    memory = measure_prepared(prepared_for(example, twin))
    assert memory.latency.cycles > core.latency.cycles
    assert "memory" in memory.provenance.timing_model


def test_a_target_without_a_model_refuses_one() -> None:
    with pytest.raises(UsageError, match="native has no timing model 'core'"):
        cycle_model(load_catalogue().target("native"), "core")
    assert cycle_model(load_catalogue().target("native")) is None


def test_a_qemu_without_plugins_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "qemu-system-arm"
    program.write_text("#!/bin/sh\necho 'QEMU emulator version 7.2.9'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(MissingToolError, match=r"without plugins.*--timing none"):
        cycle_model(load_catalogue().target("qemu-cortex-m4"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tinyhil-timing 1\ncore.no_such_thing 1\n", "unknown parameter core.no_such_thing"),
        ("tinyhil-timing 1\ncore.issue_width 3\n", "core.issue_width must be 1 or 2"),
        ("tinyhil-timing 1\ncore.class.alu.unit 8\n", "core.class.alu"),
        ("garbage\n", "tinyhil-timing"),
    ],
)
def test_the_plugin_refuses_parameters_that_it_does_not_understand(text: str, message: str) -> None:
    target = load_catalogue().target("qemu-cortex-m4")
    prepared = prepare_image(target)
    driver = driver_for(target)
    assert isinstance(driver, QemuDriver)
    plugin = Plugin(build_plugin(driver.plugin_api()), "thumb", text)
    with pytest.raises(DeviceStartError, match=message):
        driver_for(target, plugin).start(prepared, None, Deadline.after(20))


def prepare_image(target: Target) -> Path:
    return build_image(target, "plan", "reference", Deadline.after(300)).elf
