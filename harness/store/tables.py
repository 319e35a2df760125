"""The tables, as SQLAlchemy typed mappings; version 2 of the schema.

`record` holds the whole measurement as JSON text and is what is read back. The other columns repeat
what one selects and orders by, and what one likes to see in a database browser.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

# SQLite numbers rows by itself only in a column of type INTEGER.
_RowNumber = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    """Declarative base: Python int is 64 bits wide (cycles are), str has no length limit."""

    type_annotation_map = {int: BigInteger(), str: Text()}  # noqa: RUF012 - SQLAlchemy's own idiom


class SchemaRow(Base):
    """One row: the version of the schema that the tables have."""

    __tablename__ = "tinyhil_schema"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class MeasurementRow(Base):
    """One measurement. `created` is when it was measured, in UTC; `row` is the order of arrival.

    A memory figure that does not exist is 0 here, and null in `record`, which is what is read back.
    """

    __tablename__ = "measurement"
    __table_args__ = (
        Index("ix_measurement_key", "model_name", "target", "engine", "kernels", "created"),
    )

    row: Mapped[int] = mapped_column(_RowNumber, primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    created: Mapped[datetime] = mapped_column(index=True)
    model_name: Mapped[str]
    model_sha256: Mapped[str]
    target: Mapped[str]
    core: Mapped[str]
    engine: Mapped[str]
    kernels: Mapped[str]
    latency_us: Mapped[float]
    cycles: Mapped[int]
    unit: Mapped[str]
    kind: Mapped[str]
    flash_bytes: Mapped[int]
    ram_bytes: Mapped[int]
    arena_bytes: Mapped[int]
    stack_bytes: Mapped[int]
    energy_uj: Mapped[float | None]
    bit_exact: Mapped[bool | None]
    record: Mapped[str]

    layers: Mapped[list[LayerRow]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="LayerRow.position"
    )
    labels: Mapped[list[LabelRow]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="LabelRow.label"
    )


class LayerRow(Base):
    """One operator; `position` counts the rows, `index` is the operator's in the .tflite."""

    __tablename__ = "layer"

    measurement_row: Mapped[int] = mapped_column(
        ForeignKey("measurement.row", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column("index")
    op: Mapped[str]
    cycles: Mapped[int]
    us: Mapped[float]
    macs: Mapped[int]


class LabelRow(Base):
    """One label of a measurement (`--label`); a measurement may carry several."""

    __tablename__ = "label"

    measurement_row: Mapped[int] = mapped_column(
        ForeignKey("measurement.row", ondelete="CASCADE"), primary_key=True
    )
    label: Mapped[str] = mapped_column(primary_key=True, index=True)


class CampaignJobRow(Base):
    """One job of a campaign; `key` is its identity by content. `finished` is in UTC.

    A job whose measurement is deleted goes with it, and so is open again for the next run of the campaign.
    """

    __tablename__ = "campaign_job"
    __table_args__ = (UniqueConstraint("campaign", "key"),)

    row: Mapped[int] = mapped_column(_RowNumber, primary_key=True)
    campaign: Mapped[str]
    key: Mapped[str]
    model_name: Mapped[str]
    model_sha256: Mapped[str]
    model_path: Mapped[str]
    target: Mapped[str]
    engine: Mapped[str]
    kernels: Mapped[str]
    state: Mapped[str]
    error: Mapped[str]
    exit_code: Mapped[int]
    attempts: Mapped[int]
    wall_s: Mapped[float]
    finished: Mapped[datetime | None]
    measurement_row: Mapped[int | None] = mapped_column(
        ForeignKey("measurement.row", ondelete="CASCADE"), index=True
    )
