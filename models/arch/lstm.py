"""Random parameters for an Lstm, and what it computes in floating point.

Equations of Hochreiter and Schmidhuber (1997) with forget gate, no peepholes, no projection: the
form that TensorFlow Lite's int8 UNIDIRECTIONAL_SEQUENCE_LSTM has.
"""

from __future__ import annotations

import numpy as np

from models.arch.parameters import Array, LstmWeights, Quant

_WEIGHT_SPREAD = 73.0
"""Standard deviation of whole numbers uniform in -127 ... 127."""
_HIDDEN_SPREAD = 0.4


def random_lstm(
    units: int, x: Array, source: Quant, random: np.random.RandomState
) -> tuple[LstmWeights, Array]:
    """Return parameters and the hidden states.

    Args:
        units: of the cell.
        x: real inputs, (n, time, features).
        source: their quantisation.
        random: where the numbers come from.

    Returns:
        The parameters, and the hidden state at every step, (n, time, units), within -1 ... 1.
    """
    features = x.shape[2]
    spread = max(float(np.abs(x).sum() / x.size), 1e-6)
    gains = 0.75 + 0.5 * random.random_sample(8)
    input_scales = gains[:4] * 1.5 / (_WEIGHT_SPREAD * float(np.sqrt(features)) * spread)
    recurrent_scales = gains[4:] / (_WEIGHT_SPREAD * float(np.sqrt(units)) * _HIDDEN_SPREAD)
    matrices = [
        random.randint(-127, 128, (units, features if i < 4 else units), dtype=np.int8)
        for i in range(8)
    ]
    biases = [
        np.rint((random.random_sample(units) - 0.5) / (source.scale * scale)).astype(np.int32)
        for scale in input_scales
    ]
    hidden, cell = np.zeros((len(x), units)), np.zeros((len(x), units))
    states = []
    largest = 0.0
    for step in range(x.shape[1]):
        i, f, g, o = (
            x[:, step] @ (matrices[gate] * input_scales[gate]).T
            + hidden @ (matrices[gate + 4] * recurrent_scales[gate]).T
            + biases[gate] * (source.scale * input_scales[gate])
            for gate in range(4)
        )
        cell = _sigmoid(f) * cell + _sigmoid(i) * np.tanh(g)
        hidden = _sigmoid(o) * np.tanh(cell)
        largest = max(largest, float(np.abs(cell).max()))
        states.append(hidden)
    # Twice the range seen: the state goes on growing over inferences.
    exponent = int(np.ceil(np.log2(max(2 * largest, 1.0))))
    weights = LstmWeights(
        input=tuple(matrices[:4]),
        recurrent=tuple(matrices[4:]),
        input_scales=tuple(float(np.float32(s)) for s in input_scales),
        recurrent_scales=tuple(float(np.float32(s)) for s in recurrent_scales),
        bias=tuple(biases),
        cell_scale=2.0 ** (exponent - 15),
    )
    return weights, np.stack(states, axis=1)


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))
