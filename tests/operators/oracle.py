"""The independent oracles: TFLM's interpreter, and LiteRT's reference kernels where it refuses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

Arrays = list[np.ndarray]

tflm = pytest.importorskip("tflite_micro.python.tflite_micro").runtime


@dataclass
class Tally:
    """How many configurations each oracle judged."""

    tflm: int = 0
    litert: int = 0

    @property
    def total(self) -> int:
        return self.tflm + self.litert

    @property
    def oracle(self) -> str:
        """Who judged: "TFLM", "LiteRT" or "TFLM, LiteRT"."""
        return ", ".join(
            name for name, count in (("TFLM", self.tflm), ("LiteRT", self.litert)) if count
        )


def expected_outputs(
    data: bytes, batch: list[Arrays], tally: Tally, outputs: int = 1
) -> list[Arrays]:
    """The outputs, so many, for each set of inputs of the batch."""
    try:
        results = _tflm(data, batch, outputs)
    except RuntimeError:
        tally.litert += 1
        return _litert(data, batch)
    tally.tflm += 1
    return results


def _tflm(data: bytes, batch: list[Arrays], outputs: int) -> list[Arrays]:
    interpreter = tflm.Interpreter.from_bytes(data, arena_size=1 << 20)
    results = []
    for inputs in batch:
        for i, array in enumerate(inputs):
            interpreter.set_input(array, i)
        interpreter.invoke()
        results.append([np.array(interpreter.get_output(i)) for i in range(outputs)])
    return results


def _litert(data: bytes, batch: list[Arrays]) -> list[Arrays]:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=data, experimental_op_resolver_type=OpResolverType.BUILTIN_REF
    )
    interpreter.allocate_tensors()
    results = []
    for inputs in batch:
        for detail, array in zip(interpreter.get_input_details(), inputs, strict=True):
            interpreter.set_tensor(detail["index"], array)
        interpreter.invoke()
        results.append(
            [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]
        )
    return results
