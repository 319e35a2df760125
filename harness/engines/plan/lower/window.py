"""Sliding windows: padding and output sizes (TensorFlow Lite, kernels/padding.h)."""

from __future__ import annotations

from dataclasses import dataclass

from harness.engines.plan.graph import Operator
from harness.engines.plan.lower.context import MAX_OPTION, Context


@dataclass(frozen=True)
class Window:
    """One dimension of a convolution or pooling.

    Attributes:
        stride: input elements from one window to the next.
        dilation: input elements from one tap to the next.
        before: padding in front of the first element.
        after: padding behind the last one that some window reaches.
        extent: input elements from the first tap to the last, both included.
    """

    stride: int
    dilation: int
    before: int
    after: int
    extent: int


def window(
    ctx: Context, axis: str, input_size: int, filter_size: int, output_size: int, *, dilated: bool
) -> Window:
    """Read stride, dilation and padding of `axis` ("h" or "w"); check the output's size.

    Raises:
        UnsupportedModelError: an option is out of range, or the output has another size.
    """
    stride = ctx.option_int(f"stride_{axis}")
    dilation = ctx.option_int(f"dilation_{axis}_factor") if dilated else 1
    extent = (filter_size - 1) * dilation + 1
    ctx.require(extent <= MAX_OPTION, f"the window covers {extent} elements, which is too many")

    explicit = explicit_padding(ctx.op, axis)
    if explicit is not None:
        covered = input_size + sum(explicit) + stride - extent
    elif ctx.option_str("padding", ("SAME", "VALID")) == "SAME":
        covered = input_size + stride - 1
    else:
        covered = input_size + stride - extent
    expected = covered // stride if covered > 0 else 0
    ctx.require(
        output_size == expected,
        f"the output has {output_size} instead of {expected} elements along {axis}",
    )
    total = max((output_size - 1) * stride + extent - input_size, 0)
    before = total // 2 if explicit is None else explicit[0]
    return Window(stride, dilation, before, max(total - before, 0), extent)


def explicit_padding(op: Operator, axis: str) -> tuple[int, int] | None:
    """Padding before and after along `axis`, where the option explicit_h or explicit_w replaces `padding`.

    No file has these options: the graph optimisations set them where they fold a PAD into its consumer.
    """
    amounts = op.options.get(f"explicit_{axis}")
    if not isinstance(amounts, tuple) or len(amounts) != 2:
        return None
    return amounts[0], amounts[1]
