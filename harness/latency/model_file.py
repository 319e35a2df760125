"""A latency model on disk: versioned JSON, with what it is of, what it was made from, and how good it is."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field, ValidationError

from harness.documents import first_fault
from harness.errors import StoreError, UsageError
from harness.files import write_atomic
from harness.latency.identity import Identity
from harness.latency.laws import OpLaw
from harness.latency.model import LayerModel
from harness.latency.regression import FamilyFit
from harness.latency.validation import Validation
from harness.paths import data_dir
from harness.records import Record

SCHEMA = 1


class Origin(Record):
    """What a model was made from.

    Attributes:
        tinyhil: version that made it.
        created: ISO 8601, UTC.
        host: of the calibration.
        image_id: of the firmware that was measured.
        compiler: that built it.
        networks: fitted ones, by space.
        skipped: networks that did not fit the target.
        failed: networks that the device failed on.
        repeated: measurements that were repeated as outliers.
        replaced: of these, how many were wrong.
        without_layers: measured networks with more steps than the device's event ring holds.
        seconds: that the measurements took.
        sampling: how networks were chosen.
        seed: of that choice.
    """

    tinyhil: str
    created: str
    host: str
    image_id: str
    compiler: str
    networks: dict[str, int]
    skipped: int
    failed: int
    repeated: int
    replaced: int
    without_layers: int
    seconds: float
    sampling: str
    seed: int


class FamilyRecord(Record):
    """FamilyFit as lists."""

    names: tuple[str, ...]
    costs: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    steps: int
    noise: float
    median_error: float
    worst_error: float
    most: tuple[float, ...]


class Interval(Record):
    """How wide an interval is: factor x relative standard deviation of a prediction.

    Attributes:
        level: probability that a network of the calibrated spaces lies inside.
        factor: None where too few networks were measured to tell.
        networks: whose out-of-fold errors the factor comes from.
    """

    level: float
    factor: float | None
    networks: int


class ModelFile(Record):
    """The document.

    Attributes:
        families: cost of each feature, by family of steps.
        overhead: cycles of an inference, and of each step, that no step accounts for.
        noise: relative standard deviation of a whole network that the costs' uncertainty does not explain.
        laws: op-count law of each space.
        power_mw, power_source: active power, for energy = power x time; None where no figure exists.
        validation: on networks that were not fitted.
    """

    schema_version: Literal[1] = Field(1, alias="tinyhil_latency_model")
    identity: Identity
    origin: Origin
    families: dict[str, FamilyRecord]
    overhead: tuple[float, float]
    noise: float
    interval: Interval
    laws: tuple[OpLaw, ...] = ()
    power_mw: float | None = None
    power_source: str = ""
    validation: Validation | None = None

    def layer_model(self) -> LayerModel:
        """Return the model to predict with."""
        fits = {
            name: FamilyFit(
                names=f.names,
                costs=np.array(f.costs),
                covariance=np.array(f.covariance),
                steps=f.steps,
                noise=f.noise,
                median_error=f.median_error,
                worst_error=f.worst_error,
                most=np.array(f.most),
            )
            for name, f in self.families.items()
        }
        return LayerModel(self.identity.simd, fits, self.overhead, self.noise)

    def require(self, wanted: Identity, path: Path | str) -> None:
        """Make sure that the model applies.

        Raises:
            UsageError: it was made for something else.
        """
        differences = self.identity.differences(wanted)
        if differences:
            raise UsageError(
                f"{path} does not apply to {wanted.target}: it is of {'; '.join(differences)};"
                f" make one with `tinyhil calibrate --target {wanted.target} --kernels {wanted.kernels}`"
            )


def family_records(model: LayerModel) -> dict[str, FamilyRecord]:
    """Return a model's families for its file."""
    return {
        name: FamilyRecord(
            names=fit.names,
            costs=tuple(fit.costs.tolist()),
            covariance=tuple(tuple(row) for row in fit.covariance.tolist()),
            steps=fit.steps,
            noise=fit.noise,
            median_error=fit.median_error,
            worst_error=fit.worst_error,
            most=tuple(fit.most.tolist()),
        )
        for name, fit in sorted(model.fits.items())
    }


def interval_of(level: float, factor: float, networks: int) -> Interval:
    """Return the interval of a conformal quantile, which may be infinite."""
    return Interval(
        level=level, factor=factor if math.isfinite(factor) else None, networks=networks
    )


def default_path(target: str, kernels: str) -> Path:
    """Where `calibrate` writes, and `predict` looks."""
    return data_dir() / "latency" / f"{target}.{kernels}.json"


def save(model: ModelFile, path: Path) -> None:
    """Write the file, whole or not at all.

    Raises:
        StoreError: it cannot be written.
    """
    text = json.dumps(model.model_dump(by_alias=True), indent=1, allow_nan=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror or error}") from error
    write_atomic(path, text.encode() + b"\n")


def load(path: Path) -> ModelFile:
    """Read a model file.

    Raises:
        StoreError: it is not there, cannot be read, or is something else.
    """
    try:
        values = json.loads(path.read_text("utf-8"))
        schema = values["tinyhil_latency_model"]
        if schema != SCHEMA:
            raise StoreError(f"{path} is of schema {schema}; this version reads {SCHEMA}")
        return ModelFile.model_validate(values)
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror or error}") from error
    except ValidationError as error:
        raise StoreError(f"{path} is no latency model: {first_fault(error)}") from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise StoreError(f"{path} is no latency model ({error})") from None
