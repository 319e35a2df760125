"""A small classification data set in the layout of MLCommons Tiny, made for any int8 classifier.

    python -m tests.foreign.dataset MODEL FOLDER [PER_CLASS]

writes FOLDER/NNNN.bin (the raw input tensor, int8) and FOLDER/y_labels.csv (file, number of
classes, class), PER_CLASS files of each class that can be found. Inputs are smooth random fields,
changed step by step towards a class as the reference interpreter sees it. Every seventh label is
deliberately another class, so that an accuracy of 100 % would be wrong.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
from ai_edge_litert import interpreter

from harness.engines.tflm_oracle import make_oracle

STEPS = 4000
MARGIN = 3  # quantised steps by which the wanted class leads
WRONG_EVERY = 7


def make_dataset(model: bytes, folder: Path, per_class: int = 4, seed: int = 1) -> dict[int, int]:
    """Write the data set; return how many files each class (by its label) has."""
    rng = np.random.default_rng(seed)
    net = _Logits(model)
    oracle = make_oracle(model)
    assert oracle is not None, "no reference interpreter"
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[str, int, int]] = []
    for wanted in range(net.classes):
        for _ in range(per_class):
            image = _towards(wanted, net, rng)
            label = int(np.argmax(oracle.run([image])[0]))
            if len(rows) % WRONG_EVERY == WRONG_EVERY - 1:
                label = (label + 1) % net.classes
            rows.append((f"{len(rows):04}.bin", net.classes, label))
            (folder / rows[-1][0]).write_bytes(image.tobytes())
    with (folder / "y_labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return {label: sum(row[2] == label for row in rows) for label in range(net.classes)}


class _Logits:
    """What goes into the last operator (SOFTMAX), whose output says too little far from a class."""

    def __init__(self, model: bytes) -> None:
        self._net = interpreter.Interpreter(
            model_content=model,
            experimental_preserve_all_tensors=True,
            experimental_op_resolver_type=interpreter.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )
        self._net.allocate_tensors()
        self._input = self._net.get_input_details()[0]
        # No public way leads from an operator to its tensors.
        self._logits = int(self._net._get_ops_details()[-1]["inputs"][0])
        self.shape = tuple(self._input["shape"])
        self.classes = int(np.prod(self._net.get_output_details()[0]["shape"]))

    def __call__(self, image: np.ndarray) -> np.ndarray:
        self._net.set_tensor(self._input["index"], image)
        self._net.invoke()
        return self._net.get_tensor(self._logits).reshape(-1).astype(np.int64)


def _towards(wanted: int, net: _Logits, rng: np.random.Generator) -> np.ndarray:
    """Random search: keep a change that brings the wanted class nearer, until it leads."""

    def lead(image: np.ndarray) -> int:
        logits = net(image)
        return int(logits[wanted] - np.delete(logits, wanted).max())

    size = int(np.prod(net.shape))
    best = _int8(_field(size, rng), net)
    score = lead(best)
    for _ in range(STEPS):
        if score > MARGIN:
            break
        change = _field(size, rng) * rng.uniform(0.02, 0.5) * (rng.random(size) < rng.random())
        tried = _int8(best.reshape(-1) + change, net)
        if (new := lead(tried)) >= score:
            best, score = tried, new
    return best


def _int8(values: np.ndarray, net: _Logits) -> np.ndarray:
    return np.clip(values, -128, 127).astype(np.int8).reshape(net.shape)


def _field(size: int, rng: np.random.Generator) -> np.ndarray:
    """A random walk of a random smoothness, int8 range."""
    width = int(rng.choice([1, 3, 10, 40]))
    steps = np.convolve(rng.normal(size=size + width), np.ones(width) / np.sqrt(width), "same")
    return steps[:size] * rng.uniform(10, 90) + rng.uniform(-90, 90)


if __name__ == "__main__":
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    counts = make_dataset(source.read_bytes(), target, *map(int, sys.argv[3:4]))
    sys.stdout.write(f"files per class: {list(counts.values())}\n")
