"""What a network costs, counted from its ArchSpec alone; and what our planner makes of its file.

Two figures of working memory are kept apart. `peak_bytes` is MicroNets' (arXiv 2010.11267, section
on the search's constraints): the largest sum of a layer's inputs and outputs, int8, nothing shared.
`planned_arena_bytes` is what the plan engine really reserves: tensors that outlive a layer and scratch
memory come on top, and outputs placed over inputs save some.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.engines.plan.compile import compile_model
from models.arch.layers import Conv2D, Dense, DepthwiseConv2D, Lstm, Reshape
from models.arch.spec import ArchSpec

_BYTES_PER_CHANNEL = 29.5
_BYTES_PER_LAYER = 1062.0
_BYTES_PER_BIAS = 4


@dataclass(frozen=True)
class Counts:
    """Exact, but for the flash estimate.

    Attributes:
        macs: multiply-accumulates of one inference.
        parameters: weights and biases; those that layers share count once.
        peak_bytes: working memory as MicroNets counts it.
        flash_estimate_bytes: of the .tflite file that TensorFlow's converter would write.
    """

    macs: int
    parameters: int
    peak_bytes: int
    flash_estimate_bytes: int

    @property
    def ops(self) -> int:
        """Operations; one multiply-accumulate is two."""
        return 2 * self.macs


def count(arch: ArchSpec) -> Counts:
    """Return what the network costs."""
    macs = parameters = peak = channels = biases = layers = 0
    for node in arch.nodes:
        inputs = arch.input_shapes(node)
        macs += node.layer.macs(inputs)
        if not isinstance(node.layer, Reshape):
            read = sum(math.prod(arch.shapes[name]) for name in set(node.inputs))
            peak = max(peak, read + math.prod(arch.shapes[node.name]))
        if node.shares:
            continue
        parameters += node.layer.parameters(inputs)
        layer, outputs = node.layer, arch.shapes[node.name][-1]
        if isinstance(layer, Conv2D | DepthwiseConv2D):
            channels += outputs
        elif isinstance(layer, Dense):
            biases += outputs * layer.bias
        elif isinstance(layer, Lstm):
            biases += 4 * outputs
        else:
            continue
        layers += 1
    return Counts(
        macs=macs,
        parameters=parameters,
        peak_bytes=peak,
        flash_estimate_bytes=flash_estimate(
            parameters - channels - biases, channels, biases, layers
        ),
    )


def flash_estimate(weights: int, channels: int, biases: int, layers: int) -> int:
    """Return the size of a converter's .tflite file, in bytes.

    A fit to MicroNets' published models: within 3 % for its six KWS and AD models, and within 8 % for
    MLPerf Tiny's five.

    Args:
        weights: elements, one byte each.
        channels: sum of the output channels of all convolutions, which have a scale for each.
        biases: elements, of layers with one scale (Dense, Lstm).
        layers: with weights.
    """
    scaled = _BYTES_PER_CHANNEL * channels + _BYTES_PER_BIAS * biases
    return round(weights + scaled + _BYTES_PER_LAYER * layers)


def planned_arena_bytes(data: bytes) -> int:
    """Return the arena that the plan engine reserves for a .tflite file.

    Raises:
        UnsupportedModelError: the plan engine cannot run it.
    """
    return compile_model(data, "model").arena_bytes
