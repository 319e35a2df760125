"""Recurrent search spaces: sequences of features in, twelve classes out.

An LSTM layer is one operator, UNIDIRECTIONAL_SEQUENCE_LSTM. TensorFlow Lite has no int8 operator for
a GRU, so that one is unrolled: every step becomes operators that TensorFlow Lite Micro runs, and all
steps share the weights.
"""

from __future__ import annotations

from typing import Literal

from models.arch.layers import Dense, Elementwise, Lstm, Nonlinearity, Reshape, Slice
from models.arch.spec import ArchBuilder, ArchSpec
from models.spaces.choices import Choices

_CLASSES = 12


def lstm(name: str, choices: Choices) -> ArchSpec:
    """Return one to three LSTM layers; the last step's output goes to the classifier."""
    time, features = choices.integer(5, 49), choices.one_of((10, 16, 20, 40))
    limit = choices.width(16, 128)
    b = ArchBuilder(name, (1, time, features))
    for _ in range(choices.integer(1, 3)):
        units = choices.width(8, limit)
        b.add(Lstm(units))
    b.add(Slice((0, time - 1, 0), (1, 1, units)))
    b.classifier(_CLASSES, pool=False)
    return b.build()


def gru(name: str, choices: Choices) -> ArchSpec:
    """Return one or two GRU layers; the last step's output goes to the classifier."""
    time, features = choices.integer(3, 12), choices.one_of((10, 16, 20, 40))
    b = ArchBuilder(name, (1, time, features))
    rows = b.add(Reshape((time, features)))
    steps = [b.add(Slice((step, 0), (1, features)), rows) for step in range(time)]
    for layer in range(choices.integer(1, 2)):
        steps = add_gru(b, f"gru{layer}", steps, choices.width(8, 64))
    b.last = steps[-1]
    b.add(Dense(_CLASSES))
    b.add(Nonlinearity("SOFTMAX"))
    return b.build()


def add_gru(b: ArchBuilder, name: str, steps: list[str], units: int) -> list[str]:
    """Append a gated recurrent unit, unrolled over `steps`, and return its hidden states.

    With z = sigmoid(Wz x + Uz h + bz), r = sigmoid(Wr x + Ur h + br), c = tanh(Wc x + bc + r * (Uc h)),
    the next state is c + z * (h - c): Cho et al., arXiv 1406.1078, in the form of cuDNN and Keras
    (`reset_after`) without a second bias. The first state is zero, so its products are left out.

    Args:
        b: the network so far.
        name: prefix of the new layers' names.
        steps: layers of shape (1, features), one for each step.
        units: of the state.
    """
    owners: dict[str, str] = {}

    def product(layer: Dense, source: str, what: str, step: int) -> str:
        """A layer whose weights are those of its first step."""
        owner = owners.get(what, "")
        added = b.add(layer, source, name=f"{name}/{step}/{what}", shares=owner)
        owners.setdefault(what, added)
        return added

    def join(kind: Literal["ADD", "SUB", "MUL"], x: str, y: str, what: str, at: int) -> str:
        return b.add(Elementwise(kind), x, y, name=f"{name}/{at}/{what}")

    def function(kind: Literal["LOGISTIC", "TANH"], x: str, what: str, at: int) -> str:
        return b.add(Nonlinearity(kind), x, name=f"{name}/{at}/{what}")

    states: list[str] = []
    for step, x in enumerate(steps):
        # The input's products have the bias; the state's have none.
        update = product(Dense(units), x, "input_z", step)
        candidate = product(Dense(units), x, "input_c", step)
        if states:
            reset = product(Dense(units), x, "input_r", step)
            memory = [
                product(Dense(units, bias=False), states[-1], f"state_{gate}", step)
                for gate in "zrc"
            ]
            update = join("ADD", update, memory[0], "sum_z", step)
            reset = join("ADD", reset, memory[1], "sum_r", step)
            kept = join("MUL", function("LOGISTIC", reset, "reset", step), memory[2], "kept", step)
            candidate = join("ADD", candidate, kept, "sum_c", step)
        update = function("LOGISTIC", update, "update", step)
        candidate = function("TANH", candidate, "candidate", step)
        if states:
            change = join("SUB", states[-1], candidate, "change", step)
            part = join("MUL", update, change, "part", step)
            states.append(join("ADD", candidate, part, "state", step))
        else:
            part = join("MUL", update, candidate, "part", step)
            states.append(join("SUB", candidate, part, "state", step))
    return states
