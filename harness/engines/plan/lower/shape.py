"""RESHAPE, PAD and PADV2: operators that move data without changing it."""

from __future__ import annotations

from harness.engines.plan.graph import DType
from harness.engines.plan.lower.context import Context, tensor_operand
from harness.engines.plan.opcodes import PAD_MAX_DIMS, CopyParams, Opcode, PadParams
from harness.engines.plan.program import Step


def lower_reshape(ctx: Context) -> Step:
    """Any type; the output's shape is static, so the optional shape input is not read."""
    ctx.count((1, 2))
    source, output = ctx.input(0), ctx.output()
    ctx.typed(output, source.dtype)
    ctx.require(
        source.elements == output.elements,
        f"shape {source.shape} does not reshape to {output.shape}",
    )
    return ctx.step(
        Opcode.COPY,
        (tensor_operand(output), tensor_operand(source)),
        CopyParams(source.size_bytes),
        in_place=((0, 1),),
    )


def lower_pad(ctx: Context) -> Step:
    """int8, at most PAD_MAX_DIMS dimensions; pads with real 0, or the constant in input 2."""
    ctx.count((2, 3))
    source, output = ctx.input(0), ctx.output()
    paddings, value = ctx.input(1), ctx.optional_input(2)
    ctx.typed(source, DType.INT8)
    ctx.typed(output, DType.INT8)
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
    output_scale, pad_value = ctx.quantized(output)
    if value is not None:
        ctx.typed(value, DType.INT8)
        ctx.require(value.elements == 1, "the padding's value is not a scalar", value)
        ctx.require(
            ctx.quantized(value) == (output_scale, pad_value),
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
    return ctx.step(Opcode.PAD_S8, (tensor_operand(output), tensor_operand(source)), params)
