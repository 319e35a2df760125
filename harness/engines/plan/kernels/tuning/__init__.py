"""Where a reference kernel is faster than the set's own: regions of layer shapes, found by measuring.

One TOML file for each variant of set `fast`, written by `python -m tests.kernels.tune` (docs/kernels.md). A
region bounds every quantity of a shape by what was measured: outside of it the set's own kernel runs.
"""

from __future__ import annotations

import functools
import importlib
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import (
    AddParams,
    Conv2DParams,
    DepthwiseConv2DParams,
    FullyConnectedParams,
    Pool2DParams,
)
from harness.engines.plan.program import Step
from harness.engines.plan.windows import taps_along
from targets.schema import Simd

_toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

Shape = Mapping[str, int]
"""By QUANTITIES."""

QUANTITIES = ("pixels", "outputs", "products", "inside")
"""Of a layer: output pixels of all batches; output channels; and of an output, on average and rounded down, the
products summed up, padding left out, and the percentage of its window that lies inside the image."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Measured(_Record):
    """What a table comes from.

    Attributes:
        targets: on each of which the reference kernel had to be faster.
        cycles: the timing model of each (harness/timing/model.py).
        date: ISO 8601.
        tinyhil: version.
        command: which wrote the table.
        layers: random layers measured, without those that only confirm.
    """

    targets: tuple[str, ...] = Field(min_length=1)
    cycles: tuple[str, ...] = Field(min_length=1)
    date: str
    tinyhil: str
    command: str
    layers: int = Field(gt=0)


class Region(_Record):
    """Shapes for which the reference kernel was faster on every measured layer, those that confirmed it included.

    Attributes:
        instead_of: name of the set's kernel.
        bounds: least and most of each of QUANTITIES.
        found, confirmed: layers inside that it was derived from, and further ones.
        speedup: geometric mean over the confirming layers, cycles of the set's kernel to the reference kernel's.
    """

    instead_of: Annotated[str, Field(pattern="^[A-Z0-9_]+$")]
    bounds: dict[str, Annotated[tuple[int, int], BeforeValidator(tuple)]]
    found: int = Field(gt=0)
    confirmed: int = Field(gt=0)
    speedup: float = Field(gt=1.0)

    @model_validator(mode="after")
    def _check(self) -> Region:
        if self.instead_of not in Opcode.__members__:
            raise ValueError(f"no kernel is named {self.instead_of}")
        if tuple(self.bounds) != QUANTITIES:
            raise ValueError(f"bounds are to be of {', '.join(QUANTITIES)}, in this order")
        if any(least > most for least, most in self.bounds.values()):
            raise ValueError("a least bound is above the most")
        return self

    def holds(self, shape: Shape) -> bool:
        """Whether a layer is inside."""
        return all(least <= shape[name] <= most for name, (least, most) in self.bounds.items())


class Tuning(_Record):
    """The table of one variant of a kernel set."""

    schema_version: Literal[1] = Field(alias="schema")
    measured: Measured
    regions: tuple[Region, ...] = ()

    def prefers_reference(self, step: Step, instead_of: Opcode) -> bool:
        """Whether to keep `step`, of a reference kernel, in place of the set's kernel `instead_of`."""
        regions = [region for region in self.regions if region.instead_of == instead_of.name]
        return bool(regions) and any(region.holds(shape_of(step)) for region in regions)


@functools.lru_cache
def tuning(simd: Simd) -> Tuning:
    """Return the table of set `fast` for cores with the vector instructions `simd`."""
    return Tuning.model_validate(_toml.loads(table_path(simd).read_text(encoding="utf-8")))


def table_path(simd: Simd) -> Path:
    """Where the table of set `fast` is."""
    return Path(__file__).parent / f"{simd}.toml"


def shape_of(step: Step) -> dict[str, int]:
    """QUANTITIES of a step of a convolution, fully connected, pooling or addition kernel."""
    match step.params:
        case Conv2DParams() as conv:
            return _windows(conv, conv.output_depth, conv.filter_depth)
        case DepthwiseConv2DParams() as conv:
            return _windows(conv, conv.input_depth * conv.depth_multiplier, 1)
        case Pool2DParams() as pool:
            return _windows(pool, pool.depth, 1)
        case FullyConnectedParams() as dense:
            return _shape(dense.batches, dense.output_depth, dense.input_depth, 100)
        case AddParams() as add:
            return _shape(math.prod(add.dims), 1, 1, 100)
    raise TypeError(f"no shape of {type(step.params).__name__}")


def _windows(
    params: Conv2DParams | DepthwiseConv2DParams | Pool2DParams, outputs: int, depth: int
) -> dict[str, int]:
    """Of windows `depth` channels deep."""
    values = vars(params)
    inside = taps_along(values, "height", "top") * taps_along(values, "width", "left")
    pixels = params.output_height * params.output_width
    taps = params.filter_height * params.filter_width
    return _shape(
        params.batches * pixels, outputs, inside * depth // pixels, 100 * inside // (pixels * taps)
    )


def _shape(*values: int) -> dict[str, int]:
    return dict(zip(QUANTITIES, values, strict=True))
