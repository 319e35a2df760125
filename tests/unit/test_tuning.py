"""For which layers set `fast` leaves the reference kernels in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from pydantic import ValidationError

from harness.engines.plan.compile import compile_program
from harness.engines.plan.kernels import REFERENCE, KernelSet, kernel_set
from harness.engines.plan.kernels.tuning import QUANTITIES, Region, Shape, Tuning, shape_of, tuning
from harness.engines.plan.lifetimes import lower_bound_bytes
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.program import Program
from targets.catalogue import load_catalogue
from targets.schema import Simd
from tests.kernels.cases import CASES
from tests.kernels.regions import Layer, find_regions

SIMDS: tuple[Simd, ...] = get_args(Simd)
MEASURED = {
    "targets": ["t"],
    "cycles": ["c"],
    "date": "d",
    "tinyhil": "0",
    "command": "c",
    "layers": 1,
}
BOUNDS = {name: [0, 2**31] for name in QUANTITIES}
REGION = {
    "instead_of": "DSP_CONV_2D_S8",
    "found": 1,
    "confirmed": 1,
    "speedup": 1.5,
    "bounds": BOUNDS,
}


def _table(*regions: Mapping[str, object], **further: object) -> Tuning:
    return Tuning.model_validate({"schema": 1, "measured": MEASURED, "regions": regions, **further})


def _everywhere(kernels: KernelSet) -> KernelSet:
    """The set with a table that prefers the reference kernels for every shape."""
    names = [name for name in Opcode.__members__ if name.startswith(("DSP_", "MVE_", "SCALAR_"))]
    return replace(kernels, tuning=_table(*({**REGION, "instead_of": name} for name in names)))


def _layers(count: int) -> list[bytes]:
    return [
        make(np.random.default_rng((77, number, index)))[0]
        for number, make in enumerate(CASES.values())
        for index in range(count)
    ]


LAYERS = _layers(4)


def _compiled(data: bytes, kernels: KernelSet) -> Program:
    return compile_program(data, "layer", kernels)[0]


@pytest.mark.parametrize("simd", SIMDS)
def test_shipped_table(simd: Simd) -> None:
    table = tuning(simd)
    assert {load_catalogue().target(name).core.simd for name in table.measured.targets} == {simd}
    assert len(table.measured.targets) == len(table.measured.cycles)
    prefix = {"none": "SCALAR_", "dsp": "DSP_", "mve": "MVE_"}[simd]
    assert all(region.instead_of.startswith(prefix) for region in table.regions)


@pytest.mark.parametrize(
    "wrong",
    [
        {"typo": 1},
        {"regions": [{**REGION, "typo": 1}]},
        {"regions": [{**REGION, "instead_of": "DSP_CONV_3D_S8"}]},
        {"regions": [{**REGION, "bounds": {**BOUNDS, "typo": [0, 1]}}]},
        {"regions": [{**REGION, "bounds": {name: [0, 1] for name in QUANTITIES[1:]}}]},
        {"regions": [{**REGION, "bounds": {**BOUNDS, "outputs": [3, 2]}}]},
        {"regions": [{**REGION, "speedup": 0.9}]},
        {"measured": {**MEASURED, "typo": 1}},
        {"schema": 2},
    ],
)
def test_wrong_tables_are_refused(wrong: Mapping[str, object]) -> None:
    with pytest.raises(ValidationError):
        Tuning.model_validate({"schema": 1, "measured": MEASURED, "regions": [REGION], **wrong})


@pytest.mark.parametrize("simd", SIMDS)
def test_reference_stays_inside_a_region_and_only_there(simd: Simd) -> None:
    kernels = kernel_set("fast", simd)
    seen = {True: 0, False: 0}
    for data in LAYERS:
        plain, own = (_compiled(data, of) for of in (REFERENCE, replace(kernels, tuning=None)))
        for index, (step, new) in enumerate(zip(plain.steps, own.steps, strict=True)):
            if step.opcode == new.opcode:
                continue
            shape = shape_of(step)
            exact = {name: [shape[name], shape[name]] for name in QUANTITIES}
            tables = [exact] + [{**exact, q: [shape[q] + 1, 2**31]} for q in QUANTITIES]
            for inside, bounds in zip((True, *[False] * len(QUANTITIES)), tables, strict=True):
                name = Opcode(new.opcode).name
                table = _table({**REGION, "instead_of": name, "bounds": bounds})
                found = _compiled(data, replace(kernels, tuning=table))
                may = lower_bound_bytes(plain) <= lower_bound_bytes(own)
                wanted = step if inside and may else new
                assert found.steps[index].opcode == wanted.opcode
                seen[inside and may] += 1
    assert min(seen.values()) > 5, seen


@pytest.mark.parametrize("simd", SIMDS)
def test_memory_never_grows(simd: Simd) -> None:
    kernels = kernel_set("fast", simd)
    kept = 0
    for data in LAYERS:
        own, mixed = (
            _compiled(data, of) for of in (replace(kernels, tuning=None), _everywhere(kernels))
        )
        assert lower_bound_bytes(mixed) <= lower_bound_bytes(own)
        kept += [step.opcode for step in mixed.steps] != [step.opcode for step in own.steps]
    assert kept > 5


def _measured(rng: np.random.Generator, count: int) -> list[Layer]:
    """Layers for which the reference kernel is faster if they have at most 2 output channels and 9 products."""
    layers = []
    for _ in range(count):
        shape: Shape = {name: int(rng.integers(1, 20)) for name in QUANTITIES}
        faster = shape["outputs"] <= 2 and shape["products"] <= 9
        layers.append(Layer("DSP_CONV_2D_S8", shape, ((100, 80 if faster else 101),) * 2))
    return layers


def test_regions_are_found_and_confirmed() -> None:
    rng = np.random.default_rng(5)
    found, further = _measured(rng, 800), _measured(rng, 800)
    (region,) = find_regions(found, further)
    assert region.bounds["outputs"] == (1, 2) and region.bounds["products"] == (1, 9)
    assert region.speedup == 1.25
    inside = [layer for layer in further if region.holds(layer.shape)]
    assert len(inside) == region.confirmed > 10
    slower = replace(inside[0], cycles=((100, 80), (100, 100)))  # on one of the two targets
    assert find_regions(found, [*further, slower]) == []
    assert find_regions(found, []) == []


def test_region_holds_its_bounds() -> None:
    region = Region.model_validate({**REGION, "bounds": {name: [2, 4] for name in QUANTITIES}})
    shape = {name: 2 for name in QUANTITIES}
    assert region.holds(shape) and region.holds({name: 4 for name in QUANTITIES})
    assert not any(region.holds({**shape, name: out}) for name in QUANTITIES for out in (1, 5))
