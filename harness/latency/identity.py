"""What a latency model is of: everything that makes its cycles what they are."""

from __future__ import annotations

from typing import Literal

from harness import __version__
from harness.build import cmsis_nn
from harness.build.sources import firmware_dir, hash_sources
from harness.engines.plan.kernels import kernel_set
from harness.errors import UsageError
from harness.latency.features import FEATURES_VERSION
from harness.records import CycleUnit, Kind, Record
from harness.timing.model import TimingMode, default_parameters
from harness.timing.plugin import source_hash
from targets.schema import Simd, Target
from targets.timing.parameters import parameter_hash


class Identity(Record):
    """What was measured with what. A model applies where all of this is the same, but for the target's name.

    Attributes:
        target: name.
        core: name.
        simd: the core's vector instructions.
        kernels: kernel set of the plan engine.
        kernels_sha256: of the firmware's sources, and of the kernel library's where there is one.
        engine: name and version of what compiles the plan.
        features_version: of harness/latency/features.py.
        optimise: whether the graph is optimised first.
        clock_hz: of the core.
        unit: what cycles are.
        kind: of the measurements, measured or modelled.
        timing: the mode of the cycle model; "none" for a real clock, and for counted instructions.
        timing_sha256: of all parameters of the cycle model.
        timing_plugin_sha256: of the plugin's sources.
    """

    target: str
    core: str
    simd: Simd
    kernels: str
    kernels_sha256: str
    engine: str
    features_version: int
    optimise: bool
    clock_hz: int
    unit: CycleUnit
    kind: Kind
    timing: TimingMode
    timing_sha256: str = ""
    timing_plugin_sha256: str = ""

    def differences(self, other: Identity) -> list[str]:
        """Return in words what keeps a model of `self` from applying to `other`; nothing: it applies."""
        words = {
            "core": "core",
            "kernels": "kernel set",
            "clock_hz": "clock",
            "kernels_sha256": "kernels' sources",
            "engine": "engine version",
            "features_version": "feature version",
            "optimise": "graph optimisation",
            "unit": "unit of time",
            "kind": "kind of time",
            "timing": "timing model's mode",
            "timing_sha256": "timing model",
            "timing_plugin_sha256": "timing plugin",
        }
        return [
            f"{name} {_short(getattr(self, key))}, not {_short(getattr(other, key))}"
            for key, name in words.items()
            if getattr(self, key) != getattr(other, key)
        ]


def identity_of(
    target: Target, kernels: str, timing: TimingMode = "auto", *, optimise: bool = True
) -> Identity:
    """Return what a measurement on `target` would be of now. Needs neither compiler nor emulator.

    Raises:
        UsageError: no such kernel set or timing model for this target.
        BuildError: the firmware's sources are missing.
    """
    kernel_set(kernels, target.core.simd)
    if target.driver.kind == "tflite_micro":
        raise UsageError(f"{target.name} has no clock of its own: no latency model can be made")
    sources = hash_sources(firmware_dir(), target.family)
    if kernels == cmsis_nn.NAME:
        sources = f"{sources}+{cmsis_nn.list_sha256()}"
    mode = _mode(target, timing)
    sha256 = plugin = ""
    if mode != "none":
        sha256, plugin = parameter_hash(default_parameters(target, mode)), source_hash()
    return Identity(
        target=target.name,
        core=target.core.name,
        simd=target.core.simd,
        kernels=kernels,
        kernels_sha256=sources,
        engine=f"plan {__version__}",
        features_version=FEATURES_VERSION,
        optimise=optimise,
        clock_hz=target.clock_hz,
        unit="cycles" if mode != "none" else target.timing.unit,
        kind=target.timing.kind,
        timing=mode,
        timing_sha256=sha256,
        timing_plugin_sha256=plugin,
    )


def _mode(target: Target, timing: TimingMode) -> Literal["core", "memory", "none"]:
    if timing == "none" or target.driver.kind != "qemu" or target.core.timing is None:
        return "none"
    if timing != "auto":
        return timing
    return "memory" if target.memory_timing is not None else "core"


def _short(value: object) -> str:
    text = str(value)
    return text[:12] if len(text) >= 64 else text
