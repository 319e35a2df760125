"""RESHAPE, SQUEEZE, EXPAND_DIMS, PAD and PADV2: operators that move data without changing it."""

from __future__ import annotations

from harness.engines.plan.graph import DType, Tensor
from harness.engines.plan.lower.context import Context, tensor_operand
from harness.engines.plan.opcodes import Opcode
from harness.engines.plan.params import PAD_MAX_DIMS, CopyParams, PadParams
from harness.engines.plan.program import Step


def lower_reshape(ctx: Context) -> Step:
    """Any type; the output's shape is static, so the optional shape input is not read."""
    ctx.count((1, 2))
    source, output = ctx.input(0), ctx.output()
    ctx.require(
        source.elements == output.elements,
        f"shape {source.shape} does not reshape to {output.shape}",
    )
    return _copy(ctx, source, output)


def lower_squeeze(ctx: Context) -> Step:
    """Drops the dimensions of the option squeeze_dims (all of extent 1 if it is empty)."""
    ctx.count((1,))
    source, output = ctx.input(0), ctx.output()
    rank = len(source.shape)
    axes = {ctx.axis(axis, rank) for axis in ctx.option_ints("squeeze_dims")}
    if not axes:
        axes = {axis for axis, extent in enumerate(source.shape) if extent == 1}
    ctx.require(
        all(source.shape[axis] == 1 for axis in axes),
        f"dimensions {sorted(axes)} of shape {source.shape} are not all 1",
    )
    ctx.shaped(output, tuple(n for axis, n in enumerate(source.shape) if axis not in axes))
    return _copy(ctx, source, output)


def lower_expand_dims(ctx: Context) -> Step:
    """Input 1: where in the output the new dimension stands, a constant."""
    ctx.count((2,))
    source, output = ctx.input(0), ctx.output()
    values = ctx.integers(ctx.input(1))
    ctx.require(len(values) == 1, f"{len(values)} axes instead of 1", ctx.input(1))
    axis = ctx.axis(values[0], len(source.shape) + 1)
    ctx.shaped(output, (*source.shape[:axis], 1, *source.shape[axis:]))
    return _copy(ctx, source, output)


def _copy(ctx: Context, source: Tensor, output: Tensor) -> Step:
    """The same bytes under another shape; the caller has checked the shapes."""
    ctx.typed(output, source.dtype)
    return ctx.step(
        Opcode.COPY,
        (tensor_operand(output), tensor_operand(source)),
        CopyParams(source.size_bytes),
        in_place=((0, 1),),
    )


def lower_pad(ctx: Context) -> Step:
    """int8 or int16, at most PAD_MAX_DIMS dimensions; pads with real 0, or the constant in input 2."""
    ctx.count((2, 3))
    source, output = ctx.input(0), ctx.output()
    paddings, value = ctx.input(1), ctx.optional_input(2)
    ctx.typed(source, DType.INT8, DType.INT16)
    ctx.typed(output, source.dtype)
    rank = len(source.shape)
    ctx.require(rank <= PAD_MAX_DIMS, f"{rank} dimensions, more than {PAD_MAX_DIMS}", source)
    ctx.typed(paddings, DType.INT32, DType.INT64)
    ctx.require(paddings.elements == 2 * rank, f"not {rank} pairs", paddings)
    amounts = [int(amount) for amount in ctx.constant(paddings).reshape(-1).tolist()]
    ctx.require(all(amount >= 0 for amount in amounts), "a padding is negative", paddings)
    before, after = amounts[::2], amounts[1::2]
    ctx.shaped(
        output,
        tuple(b + size + a for b, size, a in zip(before, source.shape, after, strict=True)),
    )
    # TFLM pads int16 with 0 or the value that it is given, and looks at no scale or zero point.
    wide = source.dtype is DType.INT16
    output_scale, pad_value = (None, 0) if wide else ctx.quantized(output)
    if value is not None:
        ctx.typed(value, source.dtype)
        ctx.require(value.elements == 1, "the padding's value is not a scalar", value)
        ctx.require(
            wide or ctx.quantized(value) == (output_scale, pad_value),
            "the padding's value is quantised differently from the output",
            value,
        )
        pad_value = int(ctx.constant(value).reshape(-1).tolist()[0])
    missing = PAD_MAX_DIMS - rank
    params = PadParams(
        input_dims=(1,) * missing + source.shape,
        output_dims=(1,) * missing + output.shape,
        before=(0,) * missing + tuple(before),
        pad_value=pad_value,
    )
    opcode = Opcode.PAD_S16 if wide else Opcode.PAD_S8
    return ctx.step(opcode, (tensor_operand(output), tensor_operand(source)), params)
