"""A .tflite file to a Graph: everything that the rest of the plan engine relies on is checked here.

The Graph guarantees what graph.py says; a file that does not hold it ends in one clear error.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from harness.engines.plan.fold import fold_constants
from harness.engines.plan.graph import DType, Graph, Operator, Tensor
from harness.engines.plan.tensors import typed_tensor
from harness.engines.plan.variables import RESOLVED, initialised_by, resolve_variables
from harness.errors import ModelError, ModelFileError, UnsupportedModelError
from harness.tflite.reader import ModelRecord, OperatorRecord, SubgraphRecord, read_model

_FLOAT_TYPES = ("FLOAT32", "FLOAT16", "BFLOAT16", "FLOAT64")
_BRIDGES = ("QUANTIZE", "DEQUANTIZE")
_CONTROL_FLOW = ("IF", "WHILE", "CALL")


def import_model(data: bytes, name: str, supported: Collection[str] | None = None) -> Graph:
    """Read, check and simplify a model.

    Args:
        data: the .tflite file.
        name: of the model, for messages and the Graph.
        supported: operator kinds that can be lowered; by default those of the plan engine.

    Raises:
        ModelFileError: not a .tflite file, or one that contradicts itself.
        UnsupportedModelError: float, dynamic, with control flow or operators that cannot run.
    """
    if supported is None:
        from harness.engines.plan.lower import SUPPORTED

        supported = SUPPORTED
    try:
        return _import(bytes(data), name, supported)
    except ModelError as error:
        raise error.named(name) from error


def _import(data: bytes, name: str, supported: Collection[str]) -> Graph:
    model = read_model(data)
    subgraph = _main_subgraph(model)
    _check_topology(subgraph)
    operators = tuple(
        Operator(i, op.kind, op.inputs, op.outputs, op.options)
        for i, op in enumerate(subgraph.operators)
    )
    tensors = _typed_tensors(model, subgraph, operators, supported)
    try:
        operators, variables = resolve_variables(model, operators, tensors)
    except ModelError:
        _check_operators(subgraph, operators, supported)
        raise
    tensors.update(variables)
    operators, folded = fold_constants(operators, tensors)
    tensors.update(folded)
    _check_operators(subgraph, operators, supported)
    used = _used(subgraph, operators)
    _check_types(subgraph, used, tensors)
    _check_dynamic(subgraph, used)
    return Graph(
        name=name,
        sha256=hashlib.sha256(data).digest(),
        tensors={i: tensors[i] for i in sorted(used)},
        operators=tuple(_with_shape(op, tensors) for op in operators),
        inputs=subgraph.inputs,
        outputs=subgraph.outputs,
    )


def _main_subgraph(model: ModelRecord) -> SubgraphRecord:
    """The first one; others may only initialise its variables."""
    count = len(model.subgraphs)
    if count == 0:
        raise ModelFileError("corrupt file: no subgraph")
    if set(range(1, count)) - set(initialised_by(model.subgraphs[0])):
        flow = [op.kind for s in model.subgraphs for op in s.operators if op.kind in _CONTROL_FLOW]
        why = f" (control flow: {', '.join(sorted(set(flow)))})" if flow else ""
        raise UnsupportedModelError(f"{count} subgraphs{why}; only models with one can be run")
    return model.subgraphs[0]


def _check_topology(subgraph: SubgraphRecord) -> None:
    """Indices in range, one writer for every tensor, nothing read before it is written."""
    count = len(subgraph.tensors)
    if not subgraph.inputs or not subgraph.outputs:
        side = "input" if not subgraph.inputs else "output"
        raise UnsupportedModelError(f"the model has no {side}")
    if len(set(subgraph.inputs)) != len(subgraph.inputs):
        raise ModelFileError("corrupt file: a tensor is an input twice")
    written: set[int] = set()
    for index in (*subgraph.inputs, *subgraph.outputs):
        if not 0 <= index < count:
            raise ModelFileError(f"corrupt file: no tensor {index} for an input or output")
    producers = {t for op in subgraph.operators for t in op.outputs} | set(subgraph.inputs)
    written.update(subgraph.inputs)
    for index, op in enumerate(subgraph.operators):
        where = f"operator {index} ({op.kind})"
        for tensor in (*op.inputs, *op.outputs):
            if not -1 <= tensor < count:
                raise ModelFileError(f"corrupt file: no tensor {tensor}", where=where)
        late = [t for t in op.inputs if t in producers and t not in written]
        if late:
            raise ModelFileError(f"corrupt file: reads tensor {late[0]} too early", where=where)
        for tensor in op.outputs:
            if tensor < 0 or tensor in written:
                raise ModelFileError(f"corrupt file: tensor {tensor} written twice", where=where)
            written.add(tensor)


def _typed_tensors(
    model: ModelRecord,
    subgraph: SubgraphRecord,
    operators: Sequence[Operator],
    supported: Collection[str],
) -> dict[int, Tensor]:
    """Every tensor in use; an operator that cannot run is reported before what ails its tensors."""
    try:
        tensors: dict[int, Tensor] = {}
        for index in sorted(_used(subgraph, operators)):
            tensor = typed_tensor(index, subgraph.tensors[index], model.buffers)
            if tensor is not None:
                tensors[index] = tensor
        _check_data(subgraph, operators, tensors)
        return tensors
    except ModelError:
        _check_operators(subgraph, operators, supported)
        raise


def _check_data(
    subgraph: SubgraphRecord, operators: Sequence[Operator], tensors: Mapping[int, Tensor]
) -> None:
    written = set(subgraph.inputs) | {t for op in operators for t in op.outputs}
    for index in sorted(written & set(tensors)):
        if tensors[index].data is not None:
            raise ModelFileError(
                "corrupt file: has data, but is an input or an operator's output",
                where=tensors[index].label,
            )
        if tensors[index].state is not None:
            raise UnsupportedModelError(
                "a variable that is an input or an operator's output", where=tensors[index].label
            )
    for index in sorted(set(tensors) - written):
        if tensors[index].data is None and tensors[index].state is None:
            raise ModelFileError(
                "corrupt file: neither written by an operator nor a constant with data",
                where=tensors[index].label,
            )


def _used(subgraph: SubgraphRecord, operators: Sequence[Operator]) -> set[int]:
    used = {t for op in operators for t in (*op.inputs, *op.outputs) if t >= 0}
    return used | set(subgraph.inputs) | set(subgraph.outputs)


def _check_operators(
    subgraph: SubgraphRecord, operators: Sequence[Operator], supported: Collection[str]
) -> None:
    """One error for everything that cannot run: the first float operator, all unknown kinds."""
    problems: list[str] = []
    float_operator = _first_float(subgraph, operators)
    if float_operator is not None:
        op, tensor = float_operator
        record = subgraph.tensors[tensor]
        problems.append(
            f"float model: quantise to int8, activations and weights "
            f"(first: {op.label} with {record.type} tensor {tensor} ('{record.name}'))"
        )
    unknown: dict[str, list[int]] = {}
    for op in operators:
        if op.kind not in supported and op.kind not in RESOLVED:
            unknown.setdefault(_kind_name(subgraph.operators[op.index]), []).append(op.index)
    if unknown:
        listed = ", ".join(
            f"{kind} x{len(found)} (first: operator {found[0]})" for kind, found in unknown.items()
        )
        problems.append(f"unsupported operators: {listed}")
    if problems:
        raise UnsupportedModelError("; ".join(problems))


def _kind_name(record: OperatorRecord) -> str:
    return f"CUSTOM '{record.custom_code}'" if record.kind == "CUSTOM" else record.kind


def _first_float(
    subgraph: SubgraphRecord, operators: Sequence[Operator]
) -> tuple[Operator, int] | None:
    """Floats may only pass between the model's edge and QUANTIZE or DEQUANTIZE."""
    for op in operators:
        if op.kind in _BRIDGES or op.kind == "CUSTOM":
            continue
        for tensor in (*op.inputs, *op.outputs):
            if tensor >= 0 and subgraph.tensors[tensor].type in _FLOAT_TYPES:
                return op, tensor
    return None


def _check_types(
    subgraph: SubgraphRecord, used: Collection[int], tensors: Mapping[int, Tensor]
) -> None:
    for index in sorted(used):
        if index not in tensors:
            record = subgraph.tensors[index]
            known = ", ".join(DType.__members__)
            raise UnsupportedModelError(
                f"type {record.type}; known are {known}",
                where=f"tensor {index} ('{record.name}')",
            )


def _check_dynamic(subgraph: SubgraphRecord, used: Collection[int]) -> None:
    """Only the batch may be unknown (it runs as `shape` says); operators may move it elsewhere."""
    batch_unknown = False
    for index in subgraph.inputs:
        signature = subgraph.tensors[index].shape_signature
        if any(extent < 0 for extent in signature[1:]):
            _refuse_dynamic(subgraph, index)
        batch_unknown = batch_unknown or signature[:1] == (-1,)
    for index in sorted(used):
        signature = subgraph.tensors[index].shape_signature
        unknown = [axis for axis, extent in enumerate(signature) if extent < 0]
        if len(unknown) > 1 or (any(unknown) and not batch_unknown):
            _refuse_dynamic(subgraph, index)


def _refuse_dynamic(subgraph: SubgraphRecord, index: int) -> None:
    record = subgraph.tensors[index]
    shape = "x".join("?" if e < 0 else str(e) for e in record.shape_signature)
    raise UnsupportedModelError(
        f"dynamic shape {shape}; only the batch may be unknown: convert with fixed shapes",
        where=f"tensor {index} ('{record.name}')",
    )


def _with_shape(operator: Operator, tensors: Mapping[int, Tensor]) -> Operator:
    """Give a RESHAPE its resolved new_shape, wherever the file said it (option, input, output)."""
    if operator.kind != "RESHAPE":
        return operator
    if not operator.inputs or operator.inputs[0] < 0 or not operator.outputs:
        raise ModelFileError("corrupt file: input or output is missing", where=operator.label)
    source, target = tensors[operator.inputs[0]], tensors[operator.outputs[0]]
    if source.elements != target.elements:
        raise ModelFileError(
            f"corrupt file: {source.elements} elements become {target.elements}",
            where=operator.label,
        )
    return replace(operator, options={**operator.options, "new_shape": target.shape})
