"""What every lowering needs: an operator's tensors, its options, checks that name the culprit."""

from __future__ import annotations

import math
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from harness.engines.plan.graph import DType, Graph, Operator, Quantization, Tensor
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import Params
from harness.engines.plan.program import Operand, Step, TensorOperand
from harness.engines.plan.quantize import (
    INTEGER_RANGES,
    Multiplier,
    MultiplierRangeError,
    activation_range,
    quantize_multiplier,
)
from harness.errors import UnsupportedModelError

# Kernels index with 32 bits; anything near that is far beyond every target.
MAX_ELEMENTS = 1 << 28
# The reference keeps strides, dilations and paddings in 16 bits, and cuts off what is more.
MAX_OPTION = 0x7FFF
# Below this, the shifts of the reference run over. Only constants have such scales: filters of zeros.
LEAST_SCALE = 1e-30
# Of 64-bit accumulators (MultiplyByQuantizedMultiplier).
MAX_WIDE_SHIFT = 7

DTYPE_CODES = {DType.INT8: 1, DType.UINT8: 2, DType.INT16: 3, DType.INT32: 4}
"""`enum th_dtype` (firmware/engines/plan/plan_format.h)."""


class Context:
    """One operator of a graph, while it is lowered."""

    def __init__(self, graph: Graph, op: Operator) -> None:
        self.graph = graph
        self.op = op

    def refuse(self, message: str, tensor: Tensor | None = None) -> NoReturn:
        """Raise UnsupportedModelError, naming the operator and, if given, the tensor."""
        what = message if tensor is None else f"{tensor.label}: {message}"
        raise UnsupportedModelError(what, model=self.graph.name, where=self.op.label)

    def require(self, condition: bool, message: str, tensor: Tensor | None = None) -> None:
        """Refuse unless `condition`."""
        if not condition:
            self.refuse(message, tensor)

    def count(self, inputs: tuple[int, ...], outputs: int = 1) -> None:
        """Refuse unless there are so many outputs, and as many inputs as one of `inputs` says."""
        self.require(
            len(self.op.outputs) == outputs, f"{len(self.op.outputs)} outputs instead of {outputs}"
        )
        self.require(
            len(self.op.inputs) in inputs,
            f"{len(self.op.inputs)} inputs instead of {' or '.join(map(str, inputs))}",
        )

    def optional_input(self, position: int) -> Tensor | None:
        """The input tensor there, or None where it is absent."""
        if position >= len(self.op.inputs) or self.op.inputs[position] < 0:
            return None
        tensor = self.graph.tensors[self.op.inputs[position]]
        self.require(tensor.elements <= MAX_ELEMENTS, "too many elements", tensor)
        return tensor

    def input(self, position: int) -> Tensor:
        """The input tensor there; refuses where it is absent."""
        tensor = self.optional_input(position)
        if tensor is None:
            self.refuse(f"input {position} is missing")
        return tensor

    def output(self, position: int = 0) -> Tensor:
        """The output tensor there, which must not be a constant."""
        tensor = self.graph.tensors[self.op.outputs[position]]
        self.require(tensor.elements <= MAX_ELEMENTS, "too many elements", tensor)
        self.require(tensor.data is None, "an output cannot be a constant", tensor)
        return tensor

    def typed(self, tensor: Tensor, *dtypes: DType) -> None:
        """Refuse unless the tensor has one of these types."""
        names = " or ".join(dtype.value for dtype in dtypes)
        self.require(tensor.dtype in dtypes, f"type {tensor.dtype.value}, not {names}", tensor)

    def shaped(self, tensor: Tensor, shape: tuple[int, ...]) -> None:
        """Refuse unless the tensor has this shape."""
        self.require(tensor.shape == shape, f"shape {tensor.shape} instead of {shape}", tensor)

    def ranked(self, tensor: Tensor, rank: int) -> None:
        """Refuse unless the tensor has this many dimensions."""
        self.require(
            len(tensor.shape) == rank, f"{len(tensor.shape)} dimensions instead of {rank}", tensor
        )

    def quantized(self, tensor: Tensor) -> tuple[np.float32, int]:
        """Scale (> 0) and zero point (in range of the type) of a tensor quantised as a whole."""
        quant = self.quantization(tensor)
        self.require(not quant.per_channel, "quantised per channel, not per tensor", tensor)
        scale = np.float32(quant.scales[0])
        self.require(
            math.isfinite(scale) and scale > 0, f"the scale {scale} is not positive", tensor
        )
        self.require(
            scale >= LEAST_SCALE or tensor.data is not None,
            f"the scale {scale} is below {LEAST_SCALE}, where the reference's shifts run over",
            tensor,
        )
        return scale, int(quant.zero_points[0])

    def quantization(self, tensor: Tensor) -> Quantization:
        """The tensor's quantisation; refuses a missing one and zero points out of range."""
        quant = tensor.quant
        if quant is None or len(quant.scales) == 0:
            self.refuse("not quantised (no scale)", tensor)
        self.require(
            len(quant.zero_points) == len(quant.scales),
            f"{len(quant.zero_points)} zero points for {len(quant.scales)} scales",
            tensor,
        )
        low, high = INTEGER_RANGES[tensor.dtype.value]
        for zero_point in (int(quant.zero_points.min()), int(quant.zero_points.max())):
            self.require(
                low <= zero_point <= high, f"the zero point {zero_point} is out of range", tensor
            )
        return quant

    def alike(self, source: Tensor, output: Tensor) -> None:
        """Refuse unless both are quantised in the same way; plain int32 may have no scale."""
        if source.dtype is DType.INT32 and source.quant is None and output.quant is None:
            return
        self.require(
            self.quantized(source) == self.quantized(output),
            "input and output are quantised differently",
            source,
        )

    def symmetric_int16(self, tensor: Tensor) -> None:
        """Refuse an int16 tensor with a zero point other than 0; it may have no scale at all."""
        symmetric = tensor.quant is None or not tensor.quant.zero_points.any()
        self.require(symmetric, "the zero point of int16 is not 0", tensor)

    def constant(self, tensor: Tensor) -> npt.NDArray[np.generic]:
        """The tensor's data; refuses a tensor that is computed."""
        if tensor.data is None:
            self.refuse("must be a constant", tensor)
        return tensor.data

    def multiplier(self, real: float, *, wide: bool = False) -> Multiplier:
        """`quantize_multiplier`, refusing what it cannot express; wide: for 64-bit accumulators."""
        try:
            multiplier = quantize_multiplier(real)
        except MultiplierRangeError as error:
            self.refuse(str(error))
        self.require(
            not wide or multiplier.shift <= MAX_WIDE_SHIFT,
            f"the rescaling factor {real} is 2^{MAX_WIDE_SHIFT} or more",
        )
        return multiplier

    def option_int(self, name: str, low: int = 1, high: int = MAX_OPTION) -> int:
        """An integer option within [low, high]."""
        value = self.op.options.get(name)
        if not isinstance(value, int) or not low <= value <= high:
            self.refuse(f"the option {name} is {value}, not between {low} and {high}")
        return int(value)

    def option_float(self, name: str) -> float:
        """A floating-point option."""
        value = self.op.options.get(name)
        if not isinstance(value, (int, float)):
            self.refuse(f"the option {name} is {value}, not a number")
        return float(value)

    def option_bool(self, name: str) -> bool:
        """A boolean option, False where it is missing."""
        return bool(self.op.options.get(name, False))

    def option_ints(self, name: str) -> tuple[int, ...]:
        """A vector of integers, empty where it is missing."""
        value = self.op.options.get(name, ())
        if not isinstance(value, tuple):
            self.refuse(f"the option {name} is {value}, not a vector")
        return value

    def integers(self, tensor: Tensor) -> list[int]:
        """The elements of a constant of type INT32 or INT64 with at most one dimension."""
        self.typed(tensor, DType.INT32, DType.INT64)
        self.require(len(tensor.shape) <= 1, f"{len(tensor.shape)} dimensions, not 1", tensor)
        return [int(value) for value in self.constant(tensor).reshape(-1).tolist()]

    def axis(self, value: int, rank: int) -> int:
        """A dimension as a number from 0 on; negative ones count from the end."""
        self.require(-rank <= value < rank, f"the axis {value} for {rank} dimensions")
        return value % rank

    def option_str(self, name: str, allowed: tuple[str, ...]) -> str:
        """An enumeration's name; the first of `allowed` where it is missing."""
        value = self.op.options.get(name, allowed[0])
        if not isinstance(value, str) or value not in allowed:
            self.refuse(f"the option {name} is {value}, not {' or '.join(allowed)}")
        return value

    def fused_activation(self, output: Tensor) -> tuple[int, int]:
        """The output's bounds for the option fused_activation_function."""
        activation = self.option_str(
            "fused_activation_function", ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")
        )
        scale, zero_point = self.quantized(output)
        try:
            return activation_range(activation, output.dtype.value, scale, zero_point)
        except MultiplierRangeError as error:
            self.refuse(str(error), output)

    def step(
        self,
        opcode: Opcode,
        operands: tuple[Operand, ...],
        params: Params,
        *,
        macs: int = 0,
        in_place: tuple[tuple[int, int], ...] = (),
        output_count: int = 1,
    ) -> Step:
        """The (or a) Step for this operator; its kernel writes the first `output_count` operands."""
        return Step(
            opcode=int(opcode),
            kind=self.op.kind,
            source_index=self.op.index,
            operands=operands,
            output_count=output_count,
            params=params,
            macs=macs,
            in_place=in_place,
        )


def tensor_operand(tensor: Tensor) -> TensorOperand:
    """The operand that stands for a tensor of the graph."""
    return TensorOperand(tensor.index)


def optional_operand(tensor: Tensor | None) -> Operand:
    """The operand for a tensor that may be absent."""
    return None if tensor is None else TensorOperand(tensor.index)
