"""From a .tflite file to all that the bench needs to know of the compiled model, in one call."""

from __future__ import annotations

from dataclasses import dataclass

from harness.engines.plan.arena import plan_arena
from harness.engines.plan.blob import constant_bytes, operand_bytes, pack
from harness.engines.plan.graph import DType, Tensor
from harness.engines.plan.importer import import_model
from harness.engines.plan.kernels import REFERENCE, KernelSet, specialise
from harness.engines.plan.lifetimes import lower_bound_bytes
from harness.engines.plan.lower import lower
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.optimise import Optimisation, drop_softmax, optimise_graph
from harness.engines.plan.program import Program, Step, TensorOperand


@dataclass(frozen=True)
class TensorInfo:
    """An input or output of the model.

    Attributes:
        name: in the file.
        dtype: element type.
        shape: static extents.
        scale: 0.0 when the tensor is not quantised per tensor.
        zero_point: 0 when the tensor is not quantised per tensor.
        size_bytes: of its data.
    """

    name: str
    dtype: DType
    shape: tuple[int, ...]
    scale: float
    zero_point: int
    size_bytes: int


@dataclass(frozen=True)
class LayerInfo:
    """One step of the plan.

    Attributes:
        index: in the plan.
        source_index: operator's index in the .tflite file.
        kind: TFLite's operator name.
        kernel: name of the kernel's opcode ("CONV_2D_S8").
        macs: multiply-accumulates.
        output_shape: of the first output.
        weights_bytes: all constants of this step, tables included.
    """

    index: int
    source_index: int
    kind: str
    kernel: str
    macs: int
    output_shape: tuple[int, ...]
    weights_bytes: int


@dataclass(frozen=True)
class CompiledModel:
    """A model, ready for the target's model slot.

    Attributes:
        name: of the model.
        sha256: of the .tflite file, hex.
        blob: the plan (firmware/engines/plan/plan_format.h).
        arena_bytes: activations and scratch memory, as planned.
        lower_bound_bytes: no plan of this program can need less.
        state_bytes: of variables, which keep their content between inferences; part of arena_bytes.
        constant_bytes: weights and tables in the blob, each counted once.
        macs: multiply-accumulates of one inference.
        steps: in execution order.
        inputs: in model order.
        outputs: in model order.
        opcodes: names of the kernels that the plan calls ("CONV_2D_S8"), for deploy builds.
        optimisations: what was done to the file's graph; but for "softmax" none of it changes an output.
        output_tensors: indices of the outputs in the file.
    """

    name: str
    sha256: str
    blob: bytes
    arena_bytes: int
    lower_bound_bytes: int
    state_bytes: int
    constant_bytes: int
    macs: int
    steps: tuple[LayerInfo, ...]
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    opcodes: frozenset[str]
    optimisations: tuple[Optimisation, ...] = ()
    output_tensors: tuple[int, ...] = ()

    @property
    def input_bytes(self) -> int:
        """Bytes of all inputs, one after another."""
        return sum(tensor.size_bytes for tensor in self.inputs)

    @property
    def output_bytes(self) -> int:
        """Bytes of all outputs, one after another."""
        return sum(tensor.size_bytes for tensor in self.outputs)


def compile_model(
    data: bytes,
    name: str,
    kernels: KernelSet = REFERENCE,
    *,
    optimise: bool = True,
    without_softmax: bool = False,
) -> CompiledModel:
    """Import, optimise, lower, place and pack a model. Whether it fits a target is the caller's question.

    Args:
        data: the .tflite file.
        name: of the model.
        kernels: what it will run with.
        optimise: make the exact optimisations of docs/optimisations.md; otherwise the graph stays as it is.
        without_softmax: drop a final SOFTMAX; the outputs are then what it would have been given.

    Raises:
        ModelFileError: not a .tflite file, or corrupt.
        UnsupportedModelError: valid, but the plan engine cannot run it.
    """
    program, done = compile_program(
        data, name, kernels, optimise=optimise, without_softmax=without_softmax
    )
    return pack_program(program, name, kernels, done)


def pack_program(
    program: Program, name: str, kernels: KernelSet, done: tuple[Optimisation, ...] = ()
) -> CompiledModel:
    """Place and pack what `compile_program` returned for the same `kernels`."""
    graph = program.graph
    placement = plan_arena(program)
    return CompiledModel(
        name=name,
        sha256=graph.sha256.hex(),
        blob=pack(program, placement, kernels.abi),
        arena_bytes=placement.arena_bytes,
        lower_bound_bytes=lower_bound_bytes(program),
        state_bytes=sum(graph.tensors[i].size_bytes for i in program.variables),
        constant_bytes=constant_bytes(program),
        macs=sum(step.macs for step in program.steps),
        steps=tuple(_layer(program, i, step) for i, step in enumerate(program.steps)),
        inputs=tuple(_tensor(graph.tensors[i]) for i in graph.inputs),
        outputs=tuple(_tensor(graph.tensors[i]) for i in graph.outputs),
        opcodes=frozenset(Opcode(step.opcode).name for step in program.steps),
        optimisations=done,
        output_tensors=graph.outputs,
    )


def compile_program(
    data: bytes,
    name: str,
    kernels: KernelSet = REFERENCE,
    *,
    optimise: bool = True,
    without_softmax: bool = False,
) -> tuple[Program, tuple[Optimisation, ...]]:
    """Import, optimise and lower a model: what `compile_model` places and packs. Arguments and errors are its own."""
    graph = import_model(data, name)
    program = lower(graph)  # first of all: only what can be run as it stands is optimised
    done: tuple[Optimisation, ...] = ()
    if without_softmax:
        graph, done = drop_softmax(graph)
    if optimise:
        graph, exact = optimise_graph(graph)
        done += exact
    program = lower(graph) if done else program
    return specialise(program, kernels), done


def _tensor(tensor: Tensor) -> TensorInfo:
    quant = tensor.quant if tensor.quant and not tensor.quant.per_channel else None
    return TensorInfo(
        name=tensor.name,
        dtype=tensor.dtype,
        shape=tensor.shape,
        scale=float(quant.scales[0]) if quant else 0.0,
        zero_point=int(quant.zero_points[0]) if quant else 0,
        size_bytes=tensor.size_bytes,
    )


def _layer(program: Program, index: int, step: Step) -> LayerInfo:
    output = next(o.tensor for o in step.operands if isinstance(o, TensorOperand))
    constants = (operand_bytes(program, operand) for operand in step.operands)
    return LayerInfo(
        index=index,
        source_index=step.source_index,
        kind=step.kind,
        kernel=Opcode(step.opcode).name,
        macs=step.macs,
        output_shape=program.graph.tensors[output].shape,
        weights_bytes=sum(len(data) for data in constants if data is not None),
    )
