"""Random small networks for the graph optimisations: every operator that channels can pass, in any order.

Channels are planted that are dead (nobody weighs them, or their filter and bias are zero), constant (a filter of
zeros with a bias) and saturated (a bias that no input outweighs). Networks branch, join, and have several outputs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from models.tflite.writer import ModelBuilder
from tests.operators import randoms

MAX_ELEMENTS = 1500
MAX_CHANNELS = 24
MAX_OUTPUTS = 3
_POINTS = (-128, -128, 0, 7, 127)


@dataclass(frozen=True)
class Value:
    """An int8 activation of the network that grows."""

    tensor: int
    shape: tuple[int, ...]
    scale: np.float32
    zero_point: int


@dataclass
class Network:
    """What has been built so far."""

    rng: np.random.Generator
    builder: ModelBuilder = field(default_factory=lambda: ModelBuilder("network"))
    values: list[Value] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def value(self, shape: tuple[int, ...], scale: float, zero_point: int) -> Value:
        name = f"t{len(self.values)}_{self.rng.integers(1 << 30)}"
        index = self.builder.tensor(name, shape, scale=float(scale), zero_point=zero_point)
        return Value(index, shape, np.float32(scale), zero_point)

    def fresh(self, shape: tuple[int, ...], scale: float) -> Value:
        return self.value(shape, scale, int(self.rng.choice(_POINTS)))

    def like(self, old: Value, shape: tuple[int, ...]) -> Value:
        return self.value(shape, old.scale, old.zero_point)

    def ints(self, values: object) -> int:
        return self.builder.constant(f"i{self.rng.integers(1 << 30)}", np.array(values, np.int32))

    def add(self, kind: str, inputs: list[int], output: Value, **options: object) -> None:
        self.builder.operator(kind, inputs, [output.tensor], options=options)
        self.kinds[kind] += 1
        self.values.append(output)

    def activation(self) -> str:
        return str(self.rng.choice(randoms.ACTIVATIONS))


def network(seed: object) -> tuple[bytes, tuple[int, ...], int]:
    """A .tflite file, its input's shape, and how many outputs it has."""
    net = Network(np.random.default_rng(seed))
    rng = net.rng
    shape = (*(int(n) for n in rng.choice([1, 1, 2], 1)), *(int(n) for n in rng.integers(1, 7, 3)))
    first = net.fresh(shape, 0.05)
    net.values.append(first)
    for _ in range(int(rng.integers(1, 4))):
        _drawn(net, _LAYERS)
        for _ in range(int(rng.integers(0, 4))):
            _drawn(net, _PASSED if net.chance(0.85) else _STOPPED)
    if net.chance(0.9) or not net.kinds:
        # Channels end in a layer with weights: what goes out of the network stays.
        (_dense if net.chance(0.5) else _conv)(net, net.values[-1])
        if not net.kinds:
            _relu(net, first)
    outputs = [net.values[-1]]
    while len(outputs) < MAX_OUTPUTS and net.chance(0.2):
        other = net.values[int(rng.integers(1, len(net.values)))]
        if other not in outputs:
            outputs.append(other)
    data = net.builder.build([first.tensor], [value.tensor for value in outputs])
    return data, shape, len(outputs)


def _drawn(net: Network, makers: Sequence[Callable[[Network, Value], None]]) -> None:
    """Add one of these to the last value, now and then to an earlier one."""
    before = net.kinds.total()
    for _ in range(8):
        back = 1 if net.chance(0.85) else int(net.rng.integers(1, len(net.values) + 1))
        makers[int(net.rng.integers(len(makers)))](net, net.values[-back])
        if net.kinds.total() > before:
            return


def _planted(net: Network, filters: np.ndarray, axis: int) -> np.ndarray:
    """Spoil some outputs' filters, and what some inputs weigh, the same ones in most layers; return the bias."""
    rng = net.rng
    channels = filters.shape[axis]
    bias = rng.integers(-3000, 3000, channels).astype(np.int32)
    if net.chance(0.7):
        lines = np.moveaxis(filters, axis, 0)
        for channel in np.flatnonzero(_spoiled(net, channels)):
            kind = rng.integers(5)
            if kind < 3:
                lines[channel] = 0
            bias[channel] = [0, 0, int(rng.integers(-5000, 5000)), -(2**24), 2**24][kind]
    if axis == 0 and net.chance(0.5):
        filters[..., _spoiled(net, filters.shape[-1])] = 0
    return bias


def _spoiled(net: Network, channels: int) -> np.ndarray:
    return net.rng.random(channels) < np.where(np.arange(channels) % 3 == 0, 0.8, 0.1)


def _weighted(
    net: Network, source: Value, filters: np.ndarray, axis: int, shape: tuple[int, ...]
) -> tuple[list[int], Value]:
    rng = net.rng
    bias = _planted(net, filters, axis)
    channels = filters.shape[axis]
    per_channel = net.chance(0.5) and channels > 1
    count = channels if per_channel else 1
    scales = np.array([randoms.scale(rng, -9, -5) for _ in range(count)], np.float32)
    name = f"w{rng.integers(1 << 30)}"
    weights = net.builder.constant(
        name, filters, scale=scales if per_channel else float(scales[0]), axis=axis
    )
    inputs = [source.tensor, weights]
    if net.chance(0.75):
        product = scales.astype(np.float64) * float(source.scale)
        inputs.append(
            net.builder.constant(
                name + "b", bias, scale=product if per_channel else float(product[0])
            )
        )
    terms = filters.size // channels
    spread = float(2.0 ** rng.uniform(-1, 1)) * 73 * np.sqrt(terms)
    return inputs, net.fresh(shape, float(source.scale) * float(scales.max()) * spread)


def _window(net: Network, source: Value) -> tuple[list[int], list[int], dict[str, int | str]]:
    """Taps, extents of the output, the operator's options."""
    rng = net.rng
    taps = [int(n) for n in rng.choice([1, 1, 2, 3], 2)]
    strides = [int(n) for n in rng.choice([1, 1, 2], 2)]
    dilations = [int(n) for n in rng.choice([1, 1, 1, 2], 2)]
    extents = [(t - 1) * d + 1 for t, d in zip(taps, dilations, strict=True)]
    sizes = source.shape[1:3]
    fits = all(e <= n for e, n in zip(extents, sizes, strict=True))
    padding = "VALID" if fits and net.chance(0.5) else "SAME"
    out = [
        -(-n // s) if padding == "SAME" else (n - e) // s + 1
        for n, e, s in zip(sizes, extents, strides, strict=True)
    ]
    options: dict[str, int | str] = {
        "padding": padding,
        "stride_h": strides[0],
        "stride_w": strides[1],
        "dilation_h_factor": dilations[0],
        "dilation_w_factor": dilations[1],
    }
    return taps, out, options


def _conv(net: Network, source: Value) -> None:
    if len(source.shape) != 4:
        return
    taps, out, options = _window(net, source)
    channels = int(net.rng.integers(1, 9))
    filters = randoms.weights(net.rng, (channels, *taps, source.shape[3]))
    inputs, output = _weighted(net, source, filters, 0, (source.shape[0], *out, channels))
    net.add(
        "CONV_2D",
        inputs,
        output,
        **options,
        fused_activation_function=net.activation(),
    )


def _depthwise(net: Network, source: Value) -> None:
    if len(source.shape) != 4:
        return
    times = int(net.rng.choice([1, 1, 2, 3]))
    channels = source.shape[3] * times
    if channels > MAX_CHANNELS:
        return
    taps, out, options = _window(net, source)
    filters = randoms.weights(net.rng, (1, *taps, channels))
    inputs, output = _weighted(net, source, filters, 3, (source.shape[0], *out, channels))
    net.add(
        "DEPTHWISE_CONV_2D",
        inputs,
        output,
        **options,
        depth_multiplier=times,
        fused_activation_function=net.activation(),
    )


def _dense(net: Network, source: Value) -> None:
    elements = int(np.prod(source.shape))
    depth = source.shape[-1] if net.chance(0.4) else elements // source.shape[0]
    if elements % depth or not source.shape or depth > MAX_ELEMENTS:
        return
    channels = int(net.rng.integers(1, 9))
    filters = randoms.weights(net.rng, (channels, depth))
    keep = depth == source.shape[-1] and net.chance(0.5)
    shape = (*source.shape[:-1], channels) if keep else (elements // depth, channels)
    inputs, output = _weighted(net, source, filters, 0, shape)
    net.add(
        "FULLY_CONNECTED",
        inputs,
        output,
        keep_num_dims=keep,
        fused_activation_function=net.activation(),
    )


def _pool(net: Network, source: Value) -> None:
    if len(source.shape) != 4:
        return
    taps, _, options = _window(net, source)
    strides = [int(options[key]) for key in ("stride_h", "stride_w")]
    sizes = source.shape[1:3]
    fits = all(t <= n for t, n in zip(taps, sizes, strict=True))
    padding = "VALID" if fits and net.chance(0.5) else "SAME"
    out = [
        -(-n // s) if padding == "SAME" else (n - t) // s + 1
        for n, t, s in zip(sizes, taps, strides, strict=True)
    ]
    net.add(
        str(net.rng.choice(["AVERAGE_POOL_2D", "MAX_POOL_2D"])),
        [source.tensor],
        net.like(source, (source.shape[0], *out, source.shape[3])),
        padding=padding,
        stride_h=strides[0],
        stride_w=strides[1],
        filter_height=taps[0],
        filter_width=taps[1],
        fused_activation_function=net.activation(),
    )


def _add(net: Network, source: Value) -> None:
    _binary(net, source, "ADD")


def _arithmetic(net: Network, source: Value) -> None:
    _binary(net, source, str(net.rng.choice(["SUB", "MUL"])))


def _binary(net: Network, source: Value, kind: str) -> None:
    """With a branch of the same shape, itself, or a constant that broadcasts or does not."""
    rng = net.rng
    twins = [v for v in net.values if v.shape == source.shape and v != source]
    output = net.fresh(source.shape, float(source.scale) * float(2.0 ** rng.uniform(-0.5, 1.5)))
    if twins and net.chance(0.7):
        other = twins[int(rng.integers(len(twins)))].tensor
    elif net.chance(0.1):
        other = source.tensor
    else:
        shapes = [source.shape, source.shape[-1:], (1,), (*source.shape[:-1], 1)]
        shape = shapes[int(rng.integers(len(shapes)))]
        data = rng.integers(-128, 128, shape).astype(np.int8)
        other = net.builder.constant(
            f"c{rng.integers(1 << 30)}",
            data,
            scale=float(source.scale),
            zero_point=int(rng.choice(_POINTS)),
        )
    pair = [source.tensor, other]
    if net.chance(0.5):
        pair.reverse()
    if kind == "MUL":
        output = net.fresh(source.shape, float(source.scale) ** 2 * 40)
    net.add(kind, pair, output, fused_activation_function=net.activation())


def _concatenation(net: Network, source: Value) -> None:
    rank = len(source.shape)
    axis = rank - 1 if net.chance(0.6) else int(net.rng.integers(rank))
    parts = [source]
    for other in net.values:
        same = len(other.shape) == rank and all(
            a == b
            for i, (a, b) in enumerate(zip(other.shape, source.shape, strict=True))
            if i != axis
        )
        if same and len(parts) < 3 and net.chance(0.7):
            alike = (other.scale, other.zero_point) == (source.scale, source.zero_point)
            parts.append(other if alike else _requantised(net, other, source))
    if net.chance(0.1):
        parts.append(source)
    shape = list(source.shape)
    shape[axis] = sum(part.shape[axis] for part in parts)
    if np.prod(shape) > MAX_ELEMENTS or shape[-1] > MAX_CHANNELS:
        return
    order = [int(i) for i in net.rng.permutation(len(parts))]
    net.add(
        "CONCATENATION",
        [parts[i].tensor for i in order],
        net.like(source, tuple(shape)),
        axis=axis if net.chance(0.5) else axis - rank,
    )


def _requantised(net: Network, old: Value, like: Value) -> Value:
    output = net.like(like, old.shape)
    net.add("QUANTIZE", [old.tensor], output)
    return output


def _quantize(net: Network, source: Value) -> None:
    if net.chance(0.4):
        net.add("QUANTIZE", [source.tensor], net.like(source, source.shape))
    else:
        factor = float(2.0 ** net.rng.uniform(-1, 1))
        net.add("QUANTIZE", [source.tensor], net.fresh(source.shape, source.scale * factor))


def _reduce(net: Network, source: Value) -> None:
    rank = len(source.shape)
    # Over height and width mostly, and seldom over the channels.
    last = rank if net.chance(0.3) else rank - 1
    spatial = rank == 4 and net.chance(0.7)
    axes = [1, 2] if spatial else [int(net.rng.integers(max(1, last)))]
    keep = net.chance(0.5)
    shape = tuple(
        1 if axis in axes else n for axis, n in enumerate(source.shape) if keep or axis not in axes
    )
    if not shape:
        return
    kind = str(net.rng.choice(["MEAN", "MEAN", "MEAN", "SUM", "REDUCE_MAX"]))
    alike = kind == "REDUCE_MAX" or net.chance(0.5)
    output = net.like(source, shape) if alike else net.fresh(shape, float(source.scale) * 0.7)
    net.add(kind, [source.tensor, net.ints(axes)], output, keep_dims=keep)


def _pad(net: Network, source: Value) -> None:
    rank = len(source.shape)
    if rank > 4:
        return
    amounts = np.zeros((rank, 2), np.int32)
    if rank == 4:
        amounts[1:3] = net.rng.integers(0, 3, (2, 2))
    if rank != 4 or net.chance(0.1):
        amounts[int(net.rng.integers(rank))] = net.rng.integers(0, 2, 2)
    shape = tuple(int(n) for n in np.array(source.shape) + amounts.sum(axis=1))
    if np.prod(shape) > MAX_ELEMENTS:
        return
    output = net.like(source, shape)
    inputs = [source.tensor, net.ints(amounts)]
    if net.chance(0.3):
        value = int(net.rng.choice([source.zero_point, -128, 5]))
        inputs.append(
            net.builder.constant(
                f"v{net.rng.integers(1 << 30)}",
                np.array([value], np.int8),
                scale=float(source.scale),
                zero_point=source.zero_point,
            )
        )
        net.add("PADV2", inputs, output)
    else:
        net.add("PAD", inputs, output)
    if rank == 4 and net.chance(0.7):
        maker = (_conv, _depthwise, _pool)[int(net.rng.integers(3))]
        maker(net, output)


def _relu(net: Network, source: Value) -> None:
    kind = str(net.rng.choice(["RELU", "RELU6"]))
    if kind == "RELU6" or net.chance(0.7):
        output = net.like(source, source.shape)
    else:
        output = net.fresh(source.shape, float(source.scale) * 0.8)
    net.add(kind, [source.tensor], output)


def _function(net: Network, source: Value) -> None:
    kind = str(net.rng.choice(["LOGISTIC", "TANH", "HARD_SWISH", "ELU", "LEAKY_RELU"]))
    if kind == "LOGISTIC":
        output = net.value(source.shape, 2.0**-8, -128)
    elif kind == "TANH":
        output = net.value(source.shape, 2.0**-7, 0)
    else:
        output = net.fresh(source.shape, float(source.scale))
    options = {"alpha": 0.1} if kind == "LEAKY_RELU" else {}
    net.add(kind, [source.tensor], output, **options)


def _softmax(net: Network, source: Value) -> None:
    if len(source.shape) <= 2:
        output = net.value(source.shape, 2.0**-8, -128)
        net.add("SOFTMAX", [source.tensor], output, beta=1.0)


def _reshape(net: Network, source: Value) -> None:
    """Flatter, or with another last dimension."""
    elements = int(np.prod(source.shape))
    shapes: list[tuple[int, ...]] = [(source.shape[0], elements // source.shape[0])]
    shapes += [(elements // n, n) for n in (source.shape[-1], 2, 4) if elements % n == 0]
    if len(source.shape) == 4:
        batch, height, width, depth = source.shape
        shapes += [(batch, height, 1, width * depth), (batch, 1, height * width, depth)]
    shape = shapes[int(net.rng.integers(len(shapes)))]
    net.add("RESHAPE", [source.tensor], net.like(source, shape), new_shape=shape)


def _squeeze(net: Network, source: Value) -> None:
    ones = [axis for axis, n in enumerate(source.shape) if n == 1]
    if len(source.shape) < 4 and net.chance(0.6):
        rank = len(source.shape)
        axis = int(net.rng.integers(rank + 1))
        shape = (*source.shape[:axis], 1, *source.shape[axis:])
        net.add("EXPAND_DIMS", [source.tensor, net.ints([axis])], net.like(source, shape))
    elif ones and len(ones) < len(source.shape):
        dropped = () if net.chance(0.5) else (ones[0],)
        gone = dropped or tuple(ones)
        shape = tuple(n for axis, n in enumerate(source.shape) if axis not in gone)
        net.add("SQUEEZE", [source.tensor], net.like(source, shape), squeeze_dims=dropped)


def _resize(net: Network, source: Value) -> None:
    if len(source.shape) != 4:
        return
    size = [int(n) for n in net.rng.integers(1, 8, 2)]
    shape = (source.shape[0], *size, source.shape[3])
    if np.prod(shape) <= MAX_ELEMENTS:
        net.add(
            "RESIZE_NEAREST_NEIGHBOR",
            [source.tensor, net.ints(size)],
            net.like(source, shape),
        )


def _slice(net: Network, source: Value) -> None:
    """Everything, or what ends channels without weights: a part of one dimension."""
    begins = [0] * len(source.shape)
    sizes = list(source.shape)
    if net.chance(0.6):
        axis = int(net.rng.integers(len(sizes)))
        begins[axis] = int(net.rng.integers(sizes[axis]))
        sizes[axis] -= begins[axis]
    output = net.like(source, tuple(sizes))
    net.add("SLICE", [source.tensor, net.ints(begins), net.ints(sizes)], output)


_LAYERS = (_conv, _conv, _conv, _conv, _depthwise, _dense)
_PASSED = (
    _add,
    _add,
    _concatenation,
    _depthwise,
    _function,
    _pad,
    _pool,
    _pool,
    _quantize,
    _reduce,
    _relu,
    _relu,
    _reshape,
    _resize,
    _squeeze,
)
_STOPPED = (_arithmetic, _conv, _dense, _slice, _softmax)
