"""The measurement record: what one model on one target with one engine and kernel set came to.

These types are the JSON of `tinyhil run --json` (docs/results.md), the rows of the store and the input of the reports.
Every number states its kind: measured (a real clock or meter on a real part), modelled (counted by an emulator) or
estimated (predicted without running).
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

SCHEMA_VERSION = 1

Kind = Literal["measured", "modelled", "estimated"]
CycleUnit = Literal["cycles", "instructions", "nanoseconds"]


class Record(BaseModel):
    """Base of all records: frozen, unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ModelId(Record):
    """Which model was measured.

    Attributes:
        name: file stem.
        sha256: of the .tflite file, hex.
        macs: multiply-accumulates of one inference.
        ops: arithmetic operations, 1 MAC = 2 ops (MicroNets, section 1).
    """

    name: str
    sha256: str
    macs: int
    ops: int


class LayerLatency(Record):
    """One operator's share of one profiled inference.

    Attributes:
        index: the operator's index in the .tflite.
        op: its TFLite name.
        cycles: in the unit of Latency.unit.
        us: cycles at the core clock.
        macs: multiply-accumulates.
    """

    index: int
    op: str
    cycles: int
    us: float
    macs: int


class Latency(Record):
    """Time of one inference.

    Attributes:
        cycles: median over the repeats, in `unit`.
        unit: what `cycles` counts. "instructions": an emulator without a timing model, one cycle per instruction
            assumed for `us`. "nanoseconds": a host's monotonic clock.
        us: median in microseconds at the core clock.
        kind: measured or modelled.
        error_percent: of a cycle model: band of its error, [lower, upper] in percent of the real latency; None where no
            such band is claimed.
        warmup: inferences run and discarded first.
        repeats: inferences that count.
        spread: interquartile range / median of the repeats; 0 on a deterministic emulator.
        min_us, max_us: over the repeats.
        layers: per operator, from one further, profiled inference.
        cycles_all: of every repeat, in order; empty where they were not kept.
    """

    cycles: int
    unit: CycleUnit
    us: float
    kind: Kind
    error_percent: tuple[int, int] | None = None
    warmup: int
    repeats: int
    spread: float
    min_us: float
    max_us: float
    layers: tuple[LayerLatency, ...]
    cycles_all: tuple[int, ...] = ()

    @property
    def error_text(self) -> str:
        """The band of the error, "-20 to +10 %"; "" where none is claimed."""
        if self.error_percent is None:
            return ""
        lower, upper = self.error_percent
        return f"{lower:+d} to {upper:+d} %"


class Memory(Record):
    """Bytes, from the deploy build's ELF (flash, static RAM), the engine (arena) and the device (stack).

    None where there is no such figure: an interpreter on the host has no image and no stack of its own.

    Attributes:
        flash_bytes: everything that sits in flash of a build with this model linked in.
        code_bytes: flash_bytes without the model.
        model_bytes: the packed model.
        ram_bytes: static data + arena + input and output staging + stack high-water mark: what the application needs.
        static_bytes: .data and .bss outside arena and stack.
        arena_bytes: working memory of the engine: activations, and what it keeps besides.
        arena_persistent_bytes: of these, what keeps its content between inferences: state, the engine's own structures.
        arena_bound_bytes: no plan can need less than this (largest sum of simultaneously live tensors).
        io_bytes: staging of inputs and outputs.
        stack_bytes: high-water mark of the painted stack, measured on the device.
        flash_parts: flash_bytes by component (kernels, engine, app, board, libc, tflm, model).
        kind: "measured" where a device reported it, here for the whole: the ELF is what is flashed.
    """

    flash_bytes: int | None
    code_bytes: int | None
    model_bytes: int
    ram_bytes: int | None
    static_bytes: int | None
    arena_bytes: int
    arena_persistent_bytes: int = 0
    arena_bound_bytes: int
    io_bytes: int
    stack_bytes: int | None
    flash_parts: dict[str, int]
    kind: Kind


class Energy(Record):
    """Energy of one inference.

    Attributes:
        uj: microjoules; None when no power figure exists for the target (`source` says why).
        kind: "estimated" when power state x time.
        power_mw: the power it was computed with.
        source: where the power figure comes from.
    """

    uj: float | None
    kind: Kind
    power_mw: float | None
    source: str


class Check(Record):
    """Comparison of the outputs with a reference interpreter on the same inputs.

    Attributes:
        reference: name and version of the interpreter; "" when none was at hand.
        inputs: how many random inputs were compared.
        bit_exact: None when nothing was compared.
        max_abs_diff: largest difference of any output element, in quantised steps (float outputs: in their unit).
        note: why nothing was compared, "" otherwise.
    """

    reference: str
    inputs: int
    bit_exact: bool | None
    max_abs_diff: float | None
    note: str = ""


class Provenance(Record):
    """Everything needed to make the number again.

    Attributes:
        timing_model: what cycles were counted with, in words.
        timing_sha256: of all parameters of core and memory, hex; "" without a cycle model.
        timing_plugin_sha256: of the plugin's sources: its version.
        engine_origin: whose code executed the model, with version; "" for tinyhil's own.
        engine_sha256: of the library that was linked, hex; "" for tinyhil's own.
        optimise: whether the graph was to be optimised (docs/optimisations.md); False: measured as it stands.
        optimised: what that came to, in words; "" for nothing.
    """

    tinyhil: str
    started: str
    host: str
    python: str
    target_sha256: str
    clock_hz: int
    image_id: str
    deploy_image_id: str
    compiler: str
    driver: str
    timing_model: str
    timing_sha256: str = ""
    timing_plugin_sha256: str = ""
    engine_origin: str = ""
    engine_sha256: str = ""
    optimise: bool = False
    optimised: str = ""
    seed: int
    transcript: str


class GraphOptimisation(Record):
    """One change to the file's graph, as harness/engines/plan/optimise/report.py describes it.

    Attributes:
        name: "channels", "pad", "activation", "view" or "unused", which are exact; "softmax", which is not.
        kind: TFLite's name of the operator that was changed or taken out.
        operators: indices in the .tflite file, that operator first.
        channels: output channels removed.
        macs: multiply-accumulates that are no longer made.
        bytes: of constants no longer stored ("channels"), or of activations no longer written.
    """

    name: str
    kind: str
    operators: tuple[int, ...]
    channels: int
    macs: int
    bytes: int


class Measurement(Record):
    """One record; `id` is unique and stable (a UUID). `model.macs` are those after `optimisations`."""

    id: str
    model: ModelId
    target: str
    core: str
    engine: str
    kernels: str
    latency: Latency
    memory: Memory
    energy: Energy
    check: Check
    provenance: Provenance
    optimisations: tuple[GraphOptimisation, ...] = ()


class MeasurementFile(Record):
    """The document that `tinyhil run --json` prints and `--out` writes."""

    schema_: Literal[1] = 1
    measurements: tuple[Measurement, ...]

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=lambda n: n.rstrip("_"), populate_by_name=True
    )
