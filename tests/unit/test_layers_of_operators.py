"""The profile has one layer for every operator, however many steps of the plan it became."""

from __future__ import annotations

import numpy as np

from harness.engines.plan.compile import compile_model
from harness.link.messages import LayerEvent
from harness.measure.assemble import latency_of
from harness.measure.parse import Figures
from models.tflite.writer import ModelBuilder
from targets.catalogue import load_catalogue


def test_steps_of_one_operator_are_one_layer() -> None:
    b = ModelBuilder("parts")
    x = b.tensor("x", (2, 6), scale=0.5)
    parts = [b.tensor(f"p{i}", (2, 2), scale=0.5) for i in range(3)]
    b.operator("SPLIT", [b.constant("axis", np.array(1, np.int32)), x], parts, num_splits=3)
    y = b.tensor("y", (2, 4), scale=0.5)
    b.operator("CONCATENATION", parts[1:], [y], axis=1)
    model = compile_model(b.build([x], [parts[0], y]), "parts")
    assert [step.source_index for step in model.steps] == [0, 0, 0, 1, 1]

    events = tuple(LayerEvent(step.index, 10**step.index) for step in model.steps)
    target = load_catalogue().target("native")
    latency = latency_of(Figures((b"",), 1, (11_111,), events, 0, 0, 0), model, target)
    assert [(layer.index, layer.op, layer.cycles) for layer in latency.layers] == [
        (0, "SPLIT", 111),
        (1, "CONCATENATION", 11_000),
    ]
    assert sum(layer.us for layer in latency.layers) == latency.us
