"""Randomly damaged operators: lowering refuses them or makes a program that runs within its memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.engines.plan.graph import Graph, Quantization, Tensor
from harness.engines.plan.importer import import_model
from harness.engines.plan.lower import lower
from harness.errors import UnsupportedModelError
from tests.operators.device import Device
from tests.operators.test_refusals import MAKERS

ROUNDS = 50


def _damaged_tensor(rng: np.random.Generator, tensor: Tensor) -> Tensor:
    kind = rng.integers(3)
    if kind == 0 and tensor.data is None:
        shape = list(tensor.shape) or [1]
        shape[rng.integers(len(shape))] = int(rng.choice([1, 2, 3, 7, 64]))
        return replace(tensor, shape=tuple(shape))
    if kind == 1 and tensor.data is not None:
        shape = tuple(rng.permutation(tensor.shape).tolist())
        return replace(tensor, shape=shape, data=tensor.data.reshape(shape))
    count = int(rng.choice([1, 1, 2, 3]))
    scales = (2.0 ** rng.uniform(-80, 80, count)).astype(np.float32)
    zero_points = rng.integers(-130, 130, count)
    return replace(tensor, quant=Quantization(scales, zero_points, int(rng.integers(0, 5))))


def damaged(rng: np.random.Generator, graph: Graph) -> Graph:
    """One thing of the first operator or its tensors is made another."""
    operator = graph.operators[0]
    if operator.options and rng.integers(2):
        name = str(rng.choice(sorted(operator.options)))
        values = [-(2**31), -1, 0, 1, 2, 3, 100, 2**31 - 1, "VALID", "SAME", True, (1, 2)]
        options = {**operator.options, name: values[rng.integers(len(values))]}
        return replace(graph, operators=(replace(operator, options=options),))
    index = int(rng.choice([i for i in (*operator.inputs, *operator.outputs) if i >= 0]))
    tensors = {**graph.tensors, index: _damaged_tensor(rng, graph.tensors[index])}
    return replace(graph, tensors=tensors)


def test_damaged_operators(device: Device) -> None:
    refused = ran = 0
    for index, make_case in enumerate(MAKERS.values()):
        for round_number in range(ROUNDS):
            rng = np.random.default_rng((7, index, round_number))
            graph = import_model(make_case(rng)[0], "damaged")
            for _ in range(rng.integers(1, 4)):
                graph = damaged(rng, graph)
            try:
                program = lower(graph)
            except UnsupportedModelError:
                refused += 1
                continue
            shapes = [graph.tensors[i] for i in graph.inputs]
            device.run(program, [np.full(t.shape, 77, t.dtype.numpy) for t in shapes])
            ran += 1
    assert refused > ROUNDS
    assert ran > ROUNDS
