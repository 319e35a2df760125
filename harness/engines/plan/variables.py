"""Resource variables of a .tflite file become state tensors of the Graph.

A variable is known by the name that VAR_HANDLE gives it; READ_VARIABLE copies it, ASSIGN_VARIABLE
replaces it. CALL_ONCE runs a second subgraph before the first inference, which may do one thing only:
assign constants. After resolving, VAR_HANDLE and CALL_ONCE are gone, READ_VARIABLE has the state as
input, ASSIGN_VARIABLE as output, and the initial values are known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.engines.plan.graph import Operator, State, Tensor
from harness.engines.plan.tensors import initial_state, typed_tensor
from harness.errors import ModelFileError, UnsupportedModelError
from harness.tflite.reader import ModelRecord, OperatorRecord, SubgraphRecord

RESOLVED = frozenset({"CALL_ONCE", "VAR_HANDLE"})
"""Operators that exist in the file only."""

_ACCESSES = ("READ_VARIABLE", "ASSIGN_VARIABLE")


def initialised_by(subgraph: SubgraphRecord) -> list[int]:
    """Return the subgraphs that CALL_ONCE names, in order."""
    calls = (op for op in subgraph.operators if op.kind == "CALL_ONCE")
    return [int(str(op.options.get("init_subgraph_index", 0))) for op in calls]


def resolve_variables(
    model: ModelRecord, operators: Sequence[Operator], tensors: Mapping[int, Tensor]
) -> tuple[tuple[Operator, ...], dict[int, Tensor]]:
    """Take the resource variables out of the operators of the first subgraph.

    Args:
        model: the whole file.
        operators: of its first subgraph.
        tensors: of that subgraph, by index; resources are missing.

    Returns:
        The remaining operators, and the state tensors, each under the index of the variable's first
        handle.

    Raises:
        ModelFileError: what is read or assigned is no variable.
        UnsupportedModelError: a variable is used in a way that cannot be run.
    """
    handles = _handles(operators)
    initial = _initial_values(model)
    first: dict[str, int] = {}
    for index, name in handles.items():
        first.setdefault(name, index)
    remaining: list[Operator] = []
    values: dict[str, Tensor] = {}
    for op in operators:
        if op.kind == "CALL_ONCE" and any(done.kind in _ACCESSES for done in remaining):
            raise UnsupportedModelError(
                "variables are initialised after they were used", where=op.label
            )
        if op.kind in RESOLVED:
            continue
        if op.kind not in _ACCESSES:
            remaining.append(op)
            continue
        name = _variable(op, handles)
        state = first[name]
        if op.kind == "READ_VARIABLE":
            remaining.append(replace(op, inputs=(state, *op.inputs[1:])))
        else:
            remaining.append(replace(op, inputs=op.inputs[1:], outputs=(state, *op.outputs)))
            value = tensors.get(op.inputs[1]) if len(op.inputs) > 1 else None
            if value is not None:
                values.setdefault(name, value)
    used = {_variable(op, handles) for op in operators if op.kind in _ACCESSES}
    return tuple(remaining), {
        first[name]: _state_tensor(first[name], name, values.get(name), initial.get(name))
        for name in sorted(used)
    }


def _handles(operators: Sequence[Operator]) -> dict[int, str]:
    return {
        op.outputs[0]: str(op.options.get("shared_name", ""))
        for op in operators
        if op.kind == "VAR_HANDLE" and op.outputs
    }


def _variable(op: Operator, handles: Mapping[int, str]) -> str:
    if not op.inputs or op.inputs[0] not in handles:
        raise ModelFileError("corrupt file: its first input is no variable", where=op.label)
    return handles[op.inputs[0]]


def _state_tensor(index: int, name: str, assigned: Tensor | None, initial: Tensor | None) -> Tensor:
    """The variable has the type, shape and quantisation of what is assigned to it first."""
    pattern = assigned or initial
    where = f"variable '{name}'"
    if pattern is None:
        raise UnsupportedModelError("is read, but nothing is ever assigned to it", where=where)
    if initial is None:
        state = initial_state(pattern.quant)
    elif initial.dtype is not pattern.dtype or initial.elements != pattern.elements:
        raise UnsupportedModelError("changes its type or size", where=where)
    else:
        data = initial.data
        state = State(initial=data.tobytes() if data is not None else None)
    return Tensor(index, name, pattern.dtype, pattern.shape, pattern.quant, None, state)


def _initial_values(model: ModelRecord) -> dict[str, Tensor]:
    """Constants that the subgraphs of CALL_ONCE assign, by the variable's name; the last one counts."""
    values: dict[str, Tensor] = {}
    for number in initialised_by(model.subgraphs[0]):
        where = f"subgraph {number} (CALL_ONCE)"
        if not 0 < number < len(model.subgraphs):
            raise ModelFileError("corrupt file: no such subgraph", where=where)
        subgraph = model.subgraphs[number]
        names: dict[int, str] = {}
        for op in subgraph.operators:
            if op.kind == "VAR_HANDLE" and op.outputs:
                names[op.outputs[0]] = str(op.options.get("shared_name", ""))
            elif op.kind == "ASSIGN_VARIABLE":
                name, value = _assigned(op, names, subgraph, where)
                values[name] = _constant(model, subgraph, value, where)
            else:
                raise UnsupportedModelError(
                    f"{op.kind}; only constants can be assigned before the first inference",
                    where=where,
                )
    return values


def _assigned(
    op: OperatorRecord, names: Mapping[int, str], subgraph: SubgraphRecord, where: str
) -> tuple[str, int]:
    if len(op.inputs) != 2 or op.inputs[0] not in names:
        raise ModelFileError("corrupt file: assigns to no variable", where=where)
    if not 0 <= op.inputs[1] < len(subgraph.tensors):
        raise ModelFileError(f"corrupt file: no tensor {op.inputs[1]}", where=where)
    return names[op.inputs[0]], op.inputs[1]


def _constant(model: ModelRecord, subgraph: SubgraphRecord, index: int, where: str) -> Tensor:
    tensor = typed_tensor(index, subgraph.tensors[index], model.buffers)
    if tensor is None or tensor.data is None:
        raise UnsupportedModelError(
            "only constants can be assigned before the first inference", where=where
        )
    return tensor
