"""BATCH_MATMUL, int8 or int16."""

from __future__ import annotations

from dataclasses import dataclass

from harness.engines.plan.graph import DType, Tensor
from harness.engines.plan.lower.context import Context, tensor_operand
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import BATCH_MATMUL_BATCH_DIMS, BatchMatmulParams
from harness.engines.plan.program import Step

MAX_RANK = BATCH_MATMUL_BATCH_DIMS + 2
# Products of two centred int8 stay below 2^16, of two int16 at 2^30; accumulators have 31 and 47 bits.
MAX_DEPTH = {DType.INT8: 1 << 15, DType.INT16: (1 << 17) - 1}


@dataclass(frozen=True)
class _Matrices:
    """An input: extents and strides (in elements) of its batch dimensions, rows and columns."""

    batch: tuple[int, ...]
    batch_strides: tuple[int, ...]
    rows: int
    columns: int
    row_stride: int
    column_stride: int


def lower_batch_matmul(ctx: Context) -> Step:
    """Batch dimensions broadcast as in NumPy; adj_x and adj_y transpose an input's last two."""
    ctx.count((2,))
    left, right, output = ctx.input(0), ctx.input(1), ctx.output()
    ctx.typed(left, DType.INT8, DType.INT16)
    for tensor in (right, output):
        ctx.typed(tensor, left.dtype)
    for tensor in (left, right):
        rank = len(tensor.shape)
        ctx.require(2 <= rank <= MAX_RANK, f"{rank} dimensions, not 2 to {MAX_RANK}", tensor)
    a = _matrices(left, transposed=ctx.option_bool("adj_x"))
    b = _matrices(right, transposed=ctx.option_bool("adj_y"))
    batch = _batch(ctx, a, b)
    ctx.require(
        a.columns == b.rows,
        f"matrices of {a.rows} x {a.columns} and {b.rows} x {b.columns} have no product",
    )
    rank = max(len(left.shape), len(right.shape))
    ctx.shaped(output, (*batch[MAX_RANK - rank :], a.rows, b.columns))
    ctx.require(a.columns <= MAX_DEPTH[left.dtype], f"sums of {a.columns} products", left)

    left_scale, left_zero_point = ctx.quantized(left)
    right_scale, right_zero_point = ctx.quantized(right)
    output_scale, output_zero_point = ctx.quantized(output)
    wide = left.dtype is DType.INT16
    zero_points = (left_zero_point, right_zero_point, output_zero_point)
    ctx.require(not wide or zero_points == (0, 0, 0), "a zero point of int16 is not 0")
    # TFLM's source rounds the product of the scales to float32, its published build does not.
    multiplier = ctx.multiplier(
        float(left_scale) * float(right_scale) / float(output_scale), wide=wide
    )
    params = BatchMatmulParams(
        batch_dims=batch,
        left_batch_strides=a.batch_strides,
        right_batch_strides=b.batch_strides,
        rows=a.rows,
        columns=b.columns,
        depth=a.columns,
        left_row_stride=a.row_stride,
        left_depth_stride=a.column_stride,
        right_depth_stride=b.row_stride,
        right_column_stride=b.column_stride,
        left_offset=-left_zero_point,
        right_offset=-right_zero_point,
        output_offset=output_zero_point,
        output_multiplier=multiplier.significand,
        output_shift=multiplier.shift,
    )
    return ctx.step(
        Opcode.BATCH_MATMUL_S16 if wide else Opcode.BATCH_MATMUL_S8,
        (tensor_operand(output), tensor_operand(left), tensor_operand(right)),
        params,
        macs=output.elements * a.columns,
    )


def _matrices(tensor: Tensor, *, transposed: bool) -> _Matrices:
    *lead, rows, columns = tensor.shape
    batch = (1,) * (BATCH_MATMUL_BATCH_DIMS - len(lead)) + tuple(lead)
    strides: list[int] = []  # innermost first
    stride = rows * columns
    for extent in reversed(batch):
        strides.append(0 if extent == 1 else stride)
        stride *= extent
    row_stride, column_stride = columns, 1
    if transposed:
        rows, columns, row_stride, column_stride = columns, rows, 1, columns
    return _Matrices(batch, tuple(reversed(strides)), rows, columns, row_stride, column_stride)


def _batch(ctx: Context, a: _Matrices, b: _Matrices) -> tuple[int, ...]:
    pairs = list(zip(a.batch, b.batch, strict=True))
    ctx.require(
        all(m == n or 1 in (m, n) for m, n in pairs),
        f"batches of {a.batch} and {b.batch} do not broadcast",
    )
    return tuple(max(pair) for pair in pairs)
