"""The flat columns of a measurement: what frames, .csv and .parquet hold."""

from __future__ import annotations

import json
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from harness.store.codec import column_text

if TYPE_CHECKING:
    from harness.store.database import Stored

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: with its unit.
        type: str, int, float or bool; the value is None where the figure does not exist.
        path: attribute of Stored that it is taken from, dotted.
    """

    name: str
    type: type[Scalar]
    path: str

    def value(self, stored: Stored) -> Scalar:
        """Return the value of this column for one measurement."""
        value = attrgetter(self.path)(stored)
        if isinstance(value, tuple):
            value = ", ".join(value)
        elif isinstance(value, dict):
            value = json.dumps(value)
        return column_text(value) if isinstance(value, str) else value


def _under(section: str, kind: type[Scalar], *names: str) -> tuple[Column, ...]:
    """Return columns of one section; a name is `column` or `column=attribute`."""
    pairs = ((n.partition("=")[0], n.partition("=")[2] or n) for n in names)
    return tuple(Column(name, kind, f"measurement.{section}{field}") for name, field in pairs)


COLUMNS: tuple[Column, ...] = (
    *_under("", str, "id", "started=provenance.started"),
    Column("label", str, "labels"),
    *_under("model.", str, "model=name", "model_sha256=sha256"),
    *_under("model.", int, "macs", "ops"),
    *_under("", str, "target", "core", "engine", "kernels"),
    *_under("latency.", float, "latency_us=us"),
    *_under("latency.", int, "cycles"),
    *_under("latency.", str, "unit", "latency_kind=kind"),
    *_under("latency.", int, "warmup", "repeats"),
    *_under("latency.", float, "spread", "min_us", "max_us"),
    *_under("memory.", int, "flash_bytes", "code_bytes", "model_bytes", "ram_bytes"),
    *_under(
        "memory.", int, "static_bytes", "arena_bytes", "arena_persistent_bytes", "arena_bound_bytes"
    ),
    *_under("memory.", int, "io_bytes", "stack_bytes"),
    *_under("memory.", str, "flash_parts", "memory_kind=kind"),
    *_under("energy.", float, "energy_uj=uj", "power_mw"),
    *_under("energy.", str, "energy_kind=kind", "energy_source=source"),
    *_under("check.", str, "check_reference=reference"),
    *_under("check.", int, "check_inputs=inputs"),
    *_under("check.", bool, "bit_exact"),
    *_under("check.", float, "max_abs_diff"),
    *_under("check.", str, "check_note=note"),
    *_under("provenance.", str, "tinyhil", "host", "python", "target_sha256"),
    *_under("provenance.", int, "clock_hz"),
    *_under("provenance.", str, "image_id", "deploy_image_id", "compiler", "driver"),
    *_under("provenance.", str, "timing_model", "timing_sha256", "timing_plugin_sha256"),
    *_under("provenance.", str, "engine_origin", "engine_sha256"),
    *_under("provenance.", bool, "optimise"),
    *_under("provenance.", str, "optimised"),
    *_under("provenance.", int, "seed"),
    *_under("provenance.", str, "transcript"),
)

LAYER_COLUMNS: tuple[tuple[str, type[Scalar]], ...] = (
    ("id", str),
    ("model", str),
    ("target", str),
    ("engine", str),
    ("kernels", str),
    ("unit", str),
    ("index", int),
    ("op", str),
    ("cycles", int),
    ("us", float),
    ("macs", int),
)


def layer_values(stored: Stored) -> list[tuple[Scalar, ...]]:
    """Return one tuple in the order of LAYER_COLUMNS per layer."""
    m = stored.measurement
    texts = (m.id, m.model.name, m.target, m.engine, m.kernels, m.latency.unit)
    head = tuple(column_text(t) for t in texts)
    return [(*head, x.index, column_text(x.op), x.cycles, x.us, x.macs) for x in m.latency.layers]
