"""Measurement -> table rows."""

from __future__ import annotations

from datetime import datetime, timezone

from harness.records import Measurement
from harness.store.codec import column_text, utc
from harness.store.tables import LayerRow, MeasurementRow


def row_of(measurement: Measurement, record: str) -> MeasurementRow:
    """Return the rows of `measurement`, whose JSON is `record`; not yet in a session."""
    m = measurement
    return MeasurementRow(
        id=column_text(m.id),
        created=_created(m.provenance.started),
        model_name=column_text(m.model.name),
        model_sha256=column_text(m.model.sha256),
        target=column_text(m.target),
        core=column_text(m.core),
        engine=column_text(m.engine),
        kernels=column_text(m.kernels),
        latency_us=m.latency.us,
        cycles=m.latency.cycles,
        unit=m.latency.unit,
        kind=m.latency.kind,
        flash_bytes=m.memory.flash_bytes or 0,
        ram_bytes=m.memory.ram_bytes or 0,
        arena_bytes=m.memory.arena_bytes,
        stack_bytes=m.memory.stack_bytes or 0,
        energy_uj=m.energy.uj,
        bit_exact=m.check.bit_exact,
        record=record,
        layers=[
            LayerRow(
                position=position,
                index=layer.index,
                op=column_text(layer.op),
                cycles=layer.cycles,
                us=layer.us,
                macs=layer.macs,
            )
            for position, layer in enumerate(m.latency.layers)
        ],
    )


def _created(started: str) -> datetime:
    """Return when it was measured, in UTC; now, where the record's text is not a time."""
    try:
        return utc(started)
    except (ValueError, OverflowError):
        return datetime.now(timezone.utc).replace(tzinfo=None)
