"""From a .tflite file to what the slot holds for the tflm engine: a header, the name, and the file itself."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.engines.plan.compile import LayerInfo, TensorInfo, compile_model
from harness.engines.plan.optimise import Optimisation
from harness.errors import UnsupportedModelError
from harness.tflite.reader import read_model

HEADER = struct.Struct("<IHHIIII8x32s")
MAGIC, VERSION, ALIGN = 0x544C4654, 1, 16


@dataclass(frozen=True)
class TflmModel:
    """See harness/engines/engine.py, PackedModel. TFLM reports one layer event per operator of the file."""

    name: str
    sha256: str
    blob: bytes
    lower_bound_bytes: int
    state_bytes: int
    macs: int
    steps: tuple[LayerInfo, ...]
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    opcodes: frozenset[str]
    output_tensors: tuple[int, ...]
    arena_bytes: None = None
    optimisations: tuple[Optimisation, ...] = ()

    @property
    def input_bytes(self) -> int:
        """Bytes of all inputs, one after another."""
        return sum(tensor.size_bytes for tensor in self.inputs)

    @property
    def output_bytes(self) -> int:
        """Bytes of all outputs, one after another."""
        return sum(tensor.size_bytes for tensor in self.outputs)


def pack_model(data: bytes, name: str, methods: Mapping[str, str]) -> TflmModel:
    """Check and describe a model, and wrap it.

    TFLM trusts its file, so only models pass that the plan compiler accepts, which reads everything; it also says how
    many multiply-accumulates an operator has.

    Args:
        data: the .tflite file.
        name: of the model.
        methods: what the linked TFLM can add (harness/engines/tflm/operators.py).

    Raises:
        ModelFileError: not a .tflite file, or corrupt.
        UnsupportedModelError: valid, but not for this TFLM, or not described here.
    """
    known = compile_model(data, name, optimise=False)
    file = read_model(data)
    kinds = [op.kind for graph in file.subgraphs for op in graph.operators]
    opcodes = frozenset(kinds)
    for kind in sorted(opcodes):
        if kind not in methods:
            raise UnsupportedModelError(f"this TFLM has no operator {kind}", model=name, where=kind)
    variables = sum(op.kind == "VAR_HANDLE" for op in file.subgraphs[0].operators)
    return TflmModel(
        name=name,
        sha256=known.sha256,
        blob=_wrap(data, name, bytes.fromhex(known.sha256), variables),
        lower_bound_bytes=known.lower_bound_bytes,
        state_bytes=known.state_bytes,
        macs=known.macs,
        steps=_layers([op.kind for op in file.subgraphs[0].operators], known.steps),
        inputs=known.inputs,
        outputs=known.outputs,
        opcodes=opcodes,
        output_tensors=known.output_tensors,
    )


def _layers(kinds: Sequence[str], steps: Sequence[LayerInfo]) -> tuple[LayerInfo, ...]:
    """One layer per operator of the main graph; what the plan folded away costs TFLM time without MACs."""
    layers = []
    for index, kind in enumerate(kinds):
        own = [step for step in steps if step.source_index == index]
        layers.append(
            LayerInfo(
                index=index,
                source_index=index,
                kind=kind,
                kernel=kind,
                macs=sum(step.macs for step in own),
                output_shape=own[-1].output_shape if own else (),
                weights_bytes=sum(step.weights_bytes for step in own),
            )
        )
    return tuple(layers)


def _wrap(data: bytes, name: str, sha256: bytes, variables: int) -> bytes:
    """Lay out the blob of firmware/engines/tflm/tflm_blob.h."""
    text = "".join(c if " " <= c <= "~" else "?" for c in name).encode("ascii") + b"\0"
    model_at = -(-(HEADER.size + len(text)) // ALIGN) * ALIGN
    total = model_at + len(data)
    head = HEADER.pack(MAGIC, VERSION, variables, total, HEADER.size, model_at, len(data), sha256)
    return (head + text).ljust(model_at, b"\0") + data
