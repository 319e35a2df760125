"""Variables and what CALL_ONCE assigns to them, over sequences of inferences; and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from harness.engines.plan.importer import import_model
from harness.engines.plan.lower import lower
from harness.errors import ModelError
from models.tflite.encoder import encode_model
from models.tflite.writer import ModelBuilder
from tests.operators import randoms
from tests.operators.compare import check
from tests.operators.device import Device
from tests.operators.registry import Case, Comparison

INFERENCES = 5


def _handle(b: ModelBuilder, name: str) -> int:
    handle = b.tensor(f"handle of {name}", (), "RESOURCE")
    b.operator("VAR_HANDLE", [], [handle], container="", shared_name=name)
    return handle


def _with_subgraph(main: dict[str, Any], second: dict[str, Any]) -> bytes:
    """One file whose second subgraph is the first of `second`."""
    codes, buffers = len(main["operator_codes"]), len(main["buffers"])
    subgraph = second["subgraphs"][0]
    operators = [{**op, "opcode_index": op["opcode_index"] + codes} for op in subgraph["operators"]]
    tensors = [
        {**tensor, "buffer": tensor["buffer"] + buffers if tensor.get("buffer") else 0}
        for tensor in subgraph["tensors"]
    ]
    return encode_model(
        {
            **main,
            "operator_codes": [*main["operator_codes"], *second["operator_codes"]],
            "buffers": [*main["buffers"], *second["buffers"]],
            "subgraphs": [
                *main["subgraphs"],
                {**subgraph, "operators": operators, "tensors": tensors},
            ],
        }
    )


def _initialiser(values: dict[str, np.ndarray], zero_point: int) -> dict[str, Any]:
    b = ModelBuilder("initialiser")
    for name, array in values.items():
        value = b.constant(f"value of {name}", array, scale=0.5, zero_point=zero_point)
        b.operator("ASSIGN_VARIABLE", [_handle(b, name), value], [])
    return b.model([], [])


def variable_case(rng: np.random.Generator, kind: str, dtype: str = "INT8") -> Case:
    """Two variables, one behind the other, that are read and replaced, `kind` first.

    Half of the cases give them initial values by CALL_ONCE.
    """
    shape = tuple(int(n) for n in rng.integers(1, 6, rng.integers(1, 4)))
    zero_point = randoms.zero_point(rng) if dtype == "INT8" else 0
    quant = {"scale": 0.5, "zero_point": zero_point}
    initialised = bool(rng.integers(2))
    b = ModelBuilder("variables")
    x = b.tensor("x", shape, dtype, **quant)
    y = [b.tensor(f"y{i}", shape, dtype, **quant) for i in range(2)]
    if initialised:
        b.operator("CALL_ONCE", [], [], init_subgraph_index=1)

    def read(name: str, target: int) -> None:
        b.operator("READ_VARIABLE", [_handle(b, name)], [target])

    def assign(name: str, value: int) -> None:
        b.operator("ASSIGN_VARIABLE", [_handle(b, name), value], [])

    if kind == "ASSIGN_VARIABLE":
        assign("first", x)
    read("first", y[0])
    read("second", y[1])
    assign("second", y[0])
    if kind == "READ_VARIABLE":
        assign("first", x)
    model = b.model([x], y)
    arrays = randoms.batch(rng, shape, dtype.lower())
    batch = [[arrays[i]] for i in rng.permutation(INFERENCES)]
    if not initialised:
        return encode_model(model), batch
    first, second = (randoms.batch(rng, shape, dtype.lower())[0] for _ in range(2))
    initialiser = _initialiser({"first": first, "second": second}, zero_point)
    return _with_subgraph(model, initialiser), batch


COMPARISONS = tuple(
    Comparison(kind, dtype.lower(), partial(variable_case, kind=kind, dtype=dtype), 240 + 3 * k + d)
    for k, kind in enumerate(("READ_VARIABLE", "ASSIGN_VARIABLE"))
    for d, dtype in enumerate(("INT8", "INT16", "INT32"))
)


@pytest.mark.parametrize("comparison", COMPARISONS, ids=str)
def test_variables(device: Device, comparison: Comparison) -> None:
    check(device, comparison)


def _never_assigned(b: ModelBuilder, x: int, y: int) -> dict[str, Any]:
    b.operator("READ_VARIABLE", [_handle(b, "v")], [y])
    return b.model([x], [y])


def _other_size(b: ModelBuilder, x: int, y: int) -> dict[str, Any]:
    z = b.tensor("z", (5,), scale=0.5)
    b.operator("ASSIGN_VARIABLE", [_handle(b, "v"), x], [])
    b.operator("READ_VARIABLE", [_handle(b, "v")], [z])
    b.operator("RELU", [x], [y])
    return b.model([x], [y, z])


def _no_handle(b: ModelBuilder, x: int, y: int) -> dict[str, Any]:
    b.operator("READ_VARIABLE", [x], [y])
    return b.model([x], [y])


def _late_initialiser(b: ModelBuilder, x: int, y: int) -> dict[str, Any]:
    b.operator("ASSIGN_VARIABLE", [_handle(b, "v"), x], [])
    b.operator("CALL_ONCE", [], [], init_subgraph_index=1)
    b.operator("READ_VARIABLE", [_handle(b, "v")], [y])
    return b.model([x], [y])


def _initialised(b: ModelBuilder, x: int, y: int) -> dict[str, Any]:
    b.operator("CALL_ONCE", [], [], init_subgraph_index=1)
    b.operator("READ_VARIABLE", [_handle(b, "v")], [y])
    b.operator("ASSIGN_VARIABLE", [_handle(b, "v"), x], [])
    return b.model([x], [y])


def _missing_initialiser(b: ModelBuilder, x: int, y: int) -> dict[str, Any]:
    b.operator("CALL_ONCE", [], [], init_subgraph_index=2)
    b.operator("RELU", [x], [y])
    return b.model([x], [y])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_never_assigned, "nothing is ever assigned"),
        (_other_size, "cannot become"),
        (_no_handle, "no variable"),
        (_missing_initialiser, "no such subgraph"),
    ],
)
def test_unsound_variables(
    make: Callable[[ModelBuilder, int, int], dict[str, Any]], message: str
) -> None:
    b = ModelBuilder("unsound")
    model = make(b, b.tensor("x", (4,), scale=0.5), b.tensor("y", (4,), scale=0.5))
    with pytest.raises(ModelError, match=message):
        lower(import_model(encode_model(model), "unsound"))


def _computing() -> dict[str, Any]:
    b = ModelBuilder("initialiser")
    values = [b.constant("a", np.ones(4, np.int8), scale=0.5), b.tensor("b", (4,), scale=0.5)]
    b.operator("RELU", values[:1], values[1:])
    b.operator("ASSIGN_VARIABLE", [_handle(b, "v"), values[1]], [])
    return b.model([], [])


@pytest.mark.parametrize(
    ("make", "second", "message"),
    [
        (_initialised, _computing(), "RELU; only constants"),
        (_initialised, _initialiser({"v": np.zeros(3, np.int8)}, 0), "changes its type or size"),
        (_initialised, _initialiser({"v": np.zeros(4, np.int16)}, 0), "changes its type or size"),
        (_late_initialiser, _initialiser({"v": np.zeros(4, np.int8)}, 0), "after they were used"),
        (_never_assigned, _initialiser({"v": np.zeros(4, np.int8)}, 0), "2 subgraphs"),
    ],
)
def test_unsound_initial_values(
    make: Callable[[ModelBuilder, int, int], dict[str, Any]], second: dict[str, Any], message: str
) -> None:
    b = ModelBuilder("unsound")
    model = make(b, b.tensor("x", (4,), scale=0.5), b.tensor("y", (4,), scale=0.5))
    with pytest.raises(ModelError, match=message):
        import_model(_with_subgraph(model, second), "unsound")
