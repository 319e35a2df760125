"""The zoo: operators as published, files that run bit for bit, channels that are dead when asked for."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from harness.tflite.reader import read_model
from models.arch.parameters import Weights
from models.arch.randomise import random_parameters
from models.arch.to_tflite import to_tflite
from models.zoo import ZOO
from tests.models.exact import check_exact
from tests.operators.device import Device

# Operators in the files of github.com/mlcommons/tiny at 1afd2c9820f7.
_TAIL = {"RESHAPE": 1, "FULLY_CONNECTED": 1, "SOFTMAX": 1}
OPERATORS = {
    "kws01": {"CONV_2D": 5, "DEPTHWISE_CONV_2D": 4, "AVERAGE_POOL_2D": 1, **_TAIL},
    "vww01": {"CONV_2D": 14, "DEPTHWISE_CONV_2D": 13, "AVERAGE_POOL_2D": 1, **_TAIL},
    "ic01": {"CONV_2D": 9, "ADD": 3, "AVERAGE_POOL_2D": 1, **_TAIL},
    "ad01": {"FULLY_CONNECTED": 10},
    "sww01": {"CONV_2D": 4, "DEPTHWISE_CONV_2D": 4, **_TAIL},
}
# Those of github.com/ARM-software/ML-zoo at fec0bb5bcd48; RELU6 is fused there.
MICRONET = {"AVERAGE_POOL_2D", "CONV_2D", "DEPTHWISE_CONV_2D", "RESHAPE"}
# Dead filters change nothing that depends on their layers' shapes.
LIVE_VWW01_MACS = 3_750_000


@pytest.mark.parametrize("name", ZOO)
def test_bit_exact(device: Device, name: str) -> None:
    arch = ZOO[name].build()
    assert arch.name == name
    check_exact(device, arch, to_tflite(arch, random_parameters(arch)))


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_of_mlperf_tiny(name: str) -> None:
    arch = ZOO[name].build()
    model = read_model(to_tflite(arch, random_parameters(arch)))
    assert Counter(op.kind for op in model.subgraphs[0].operators) == OPERATORS[name]


@pytest.mark.parametrize("name", [name for name in ZOO if name.startswith("micronet-")])
def test_operators_of_micronets(name: str) -> None:
    arch = ZOO[name].build()
    operators = read_model(to_tflite(arch, random_parameters(arch))).subgraphs[0].operators
    more = {"ADD", "PAD"} if "vww" in name else set()
    assert {op.kind for op in operators} == MICRONET | more
    activations = {str(op.options.get("fused_activation_function")) for op in operators}
    assert {"RELU6", "NONE"} <= activations and "RELU" not in activations


def test_dead_channels(device: Device) -> None:
    entry = ZOO["vww01"]
    arch = entry.build()
    parameters = random_parameters(arch, 3, entry.dead_channels)
    shares_of_live = []
    before = 0
    for node in arch.nodes:
        weights = parameters.weights.get(node.name)
        if (
            isinstance(weights, Weights)
            and weights.values.ndim == 4
            and weights.values.shape[0] > 1
        ):
            dead = ~weights.values.any((1, 2, 3))
            assert dead.sum() == entry.dead_channels.get(node.name, 0)
            assert weights.bias is not None
            assert (np.abs(weights.bias[dead].astype(np.int64)) == 1 << 30).all()
            # A channel that never changes is not read.
            read = weights.values[~dead].any((0, 1, 2))
            assert (~read).sum() == before
            before = int(dead.sum())
            height, width = arch.shapes[node.name][1:3]
            kernel = weights.values.shape[1] * weights.values.shape[2]
            shares_of_live.append(height * width * kernel * int((~dead).sum()) * int(read.sum()))
    check_exact(device, arch, to_tflite(arch, parameters))
    # Without dead channels the published network has 3.75 M products, depthwise ones included.
    assert sum(shares_of_live) < LIVE_VWW01_MACS


def test_no_layer_is_saturated_or_constant() -> None:
    """Every intermediate tensor, as LiteRT computes it."""
    try:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType
    except ImportError:
        pytest.skip("LiteRT is not installed")
    for name in ("kws01", "ic01", "vww01", "ad01", "micronet-vww-2"):
        arch = ZOO[name].build()
        interpreter = Interpreter(
            model_content=to_tflite(arch, random_parameters(arch, 1)),
            experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
            experimental_preserve_all_tensors=True,
        )
        interpreter.allocate_tensors()
        x = np.random.default_rng(5).integers(-128, 128, arch.input_shape).astype(np.int8)
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
        interpreter.invoke()
        tensors = {d["name"]: d["index"] for d in interpreter.get_tensor_details()}
        for node in arch.nodes[:-1]:
            values = interpreter.get_tensor(tensors[node.name])
            assert len(np.unique(values)) >= min(12, values.size // 2), (name, node.name)
            assert values.size < 64 or np.mean(values == 127) < 0.1, (name, node.name)


def test_dead_channels_need_a_convolution() -> None:
    arch = ZOO["kws01"].build()
    for dead in ({"conv2d0": 64}, {"depthwiseconv2d1": 3}, {"nothing": 1}):
        with pytest.raises(ValueError, match="no convolution"):
            random_parameters(arch, 0, dead)
    with pytest.raises(ValueError, match="seed -1"):
        random_parameters(arch, -1)
