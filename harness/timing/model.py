"""Which cycle model a measurement on an emulator is made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from harness.errors import UsageError
from harness.timing.plugin import build_plugin, source_hash
from targets.drivers import driver_for
from targets.drivers.plugin import Plugin
from targets.drivers.protocol import Driver
from targets.drivers.qemu import QemuDriver
from targets.schema import Target
from targets.timing.core import Parameters
from targets.timing.memory import memory_parameters
from targets.timing.parameters import parameter_hash, parameter_text

TimingMode = Literal["auto", "core", "memory", "none"]
TIMING_MODES: tuple[TimingMode, ...] = ("auto", "core", "memory", "none")
_ISA = {"cortex_m": "thumb", "riscv": "rv32"}
_SHORT_HASH = 12


@dataclass(frozen=True)
class CycleModel:
    """A cycle model, ready for the emulator.

    Attributes:
        mode: "core": the core's rules, memory free of wait states. "memory": the part's memory too.
        name: in words, for people.
        sha256: of all parameters, hex.
        error_percent: band of the error of a modelled latency, in percent of the real one.
        plugin: what QEMU is started with.
        plugin_sha256: of the plugin's sources, hex.
    """

    mode: Literal["core", "memory"]
    name: str
    sha256: str
    error_percent: tuple[int, int]
    plugin: Plugin
    plugin_sha256: str


def timed_driver(target: Target, model: CycleModel | None) -> Driver:
    """Return the driver that starts `target`, counting with `model`."""
    return driver_for(target, model.plugin if model else None)


def default_parameters(target: Target, mode: Literal["core", "memory"]) -> Parameters:
    """The parameters that core and target file give; empty where the core has no rules."""
    if target.core.timing is None:
        return {}
    values = target.core.timing.parameters()
    if mode == "memory":
        regions = target.memory.named()
        values |= memory_parameters(
            target.memory_timing, regions, target.core.unaligned, target.stack_bytes
        )
    return values


def cycle_model(
    target: Target, mode: TimingMode = "auto", parameters: Mapping[str, int] | None = None
) -> CycleModel | None:
    """Return the cycle model for `target`; None where it counts without one.

    Args:
        target: where it will run.
        mode: "core": its core's pipeline, with memory that answers at once and without what unaligned accesses cost.
            "memory": these too. "auto": "memory" for a target whose memory is described. "none": none.
        parameters: instead of those of core and target, for fitting.

    Raises:
        UsageError: the target has no such model.
        MissingToolError: its QEMU takes no plugins, or a compiler is missing.
        BuildError: the plugin did not build.
    """
    driver = driver_for(target)
    timing = target.core.timing
    has = _modes(target)
    if mode == "none" or (mode == "auto" and not has):
        return None
    if timing is None or (mode != "auto" and mode not in has):
        raise UsageError(
            f"{target.name} has no timing model '{mode}'"
            f" (there is: {', '.join((*has, 'none'))}); see `tinyhil targets`"
        )
    assert isinstance(driver, QemuDriver)  # _modes
    chosen: Literal["core", "memory"] = "memory" if mode == "memory" else "core"
    if mode == "auto" and target.memory_timing is not None:
        chosen = "memory"
    values = dict(parameters) if parameters is not None else default_parameters(target, chosen)
    sha256 = parameter_hash(values)
    what = f"{target.core.name} pipeline"
    if chosen == "memory":
        what += f", memory of {target.name}"
    return CycleModel(
        mode=chosen,
        name=f"{what} ({sha256[:_SHORT_HASH]})",
        sha256=sha256,
        error_percent=timing.error_percent,
        plugin=Plugin(
            build_plugin(driver.plugin_api()), _ISA[target.family], parameter_text(values)
        ),
        plugin_sha256=source_hash(),
    )


def _modes(target: Target) -> tuple[Literal["core", "memory"], ...]:
    """What the target can be modelled with."""
    if target.driver.kind != "qemu" or target.core.timing is None:
        return ()
    return ("core", "memory")
