"""How often a model on a device is right: top-1 accuracy and area under the ROC curve.

The rules of MLCommons Tiny: a classifier's answer is the class of the highest output (the first of
several); its area is the mean over the classes, each against all others, of normalised outputs. Where
the model's SOFTMAX was dropped on request, the host computes it from the outputs. An
autoencoder's score is the mean squared error of its reconstruction, averaged over a file's windows;
it has an area alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.errors import UnsupportedModelError, UsageError
from harness.link.transcript import Transcript
from harness.measure.dataset import Item, to_input, to_real
from harness.measure.firmware import Firmware
from harness.measure.outputs import run_inputs
from targets.deadline import Deadline
from targets.drivers.protocol import Driver

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Accuracy:
    """What came of a data set.

    Attributes:
        files: how many were judged.
        correct: of these; None for an autoencoder.
        top1: correct / files, in percent; None for an autoencoder.
        auc: area under the ROC curve, 0..1; None when a class has no file, or no other has.
        predicted: per file the class; empty for an autoencoder.
    """

    files: int
    correct: int | None
    top1: float | None
    auc: float | None
    predicted: tuple[int, ...]


def measure_accuracy(
    firmware: Firmware,
    items: Sequence[Item],
    transcript: Transcript,
    deadline: Deadline,
    progress: Callable[[int, int], None] = lambda done, total: None,
    driver: Driver | None = None,
) -> Accuracy:
    """Run every file of a data set on the device and judge the outputs.

    Args:
        firmware: the image and model.
        items: the data set.
        transcript: where the conversation is written down.
        deadline: for all of it.
        progress: is told (files done, files in all).
        driver: what starts the device; None for the target's own.

    Raises:
        UsageError: a file does not fit the model.
        UnsupportedModelError: the model has several inputs or outputs.
        DeviceError: the device failed.
    """
    model = firmware.model
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise UnsupportedModelError("accuracy needs one input and one output", model=model.name)
    given = [[to_input(w, model.inputs[0], str(i.path)) for w in i.windows()] for i in items]
    autoencoder = model.outputs[0].shape == model.inputs[0].shape
    wide = int(np.prod(model.outputs[0].shape))
    bare = any(one.name == "softmax" for one in model.optimisations)
    if not autoencoder and any(item.classes != wide for item in items):
        raise UsageError(f"the data set has {items[0].classes} classes, the model {wide}")
    scores: list[Scores] = []
    of_windows: list[Scores] = []
    flat = [window for windows in given for window in windows]
    outputs = run_inputs(firmware, flat, transcript, deadline, driver=driver)
    for window, output in zip(flat, outputs, strict=True):
        if not of_windows:
            progress(len(scores), len(items))
        real = to_real(output, model.outputs[0])
        if autoencoder:
            error = real - to_real(window, model.inputs[0])
            of_windows.append(np.array([np.mean(error**2)]))
        else:
            of_windows.append(
                softmax(real.reshape(model.outputs[0].shape)).ravel() if bare else _normalised(real)
            )
        if len(of_windows) == len(given[len(scores)]):
            scores.append(np.mean(of_windows, axis=0))
            of_windows = []
    return judge(np.array(scores), np.array([item.label for item in items]))


def judge(scores: Scores, labels: npt.NDArray[np.int64]) -> Accuracy:
    """Judge the scores (files, classes) or, of an anomaly, (files, 1) against the labels (files)."""
    if scores.shape[1] == 1:
        return Accuracy(len(labels), None, None, area(scores[:, 0], labels > 0), ())
    predicted = np.argmax(scores, axis=1)
    correct = int(np.sum(predicted == labels))
    areas = [area(scores[:, c], labels == c) for c in range(scores.shape[1])]
    known = [each for each in areas if each is not None]
    return Accuracy(
        files=len(labels),
        correct=correct,
        top1=100.0 * correct / len(labels),
        auc=float(np.mean(known)) if len(known) == len(areas) else None,
        predicted=tuple(int(each) for each in predicted),
    )


def area(scores: Scores, positive: npt.NDArray[np.bool_]) -> float | None:
    """Return the area under the ROC curve: how often a positive's score exceeds a negative's.

    A tie counts half (Mann and Whitney, 1947). None without a positive or a negative.
    """
    good, bad = scores[positive], np.sort(scores[~positive])
    if not len(good) or not len(bad):
        return None
    below = np.searchsorted(bad, good, "left")
    ties = np.searchsorted(bad, good, "right") - below
    return float(np.sum(below + 0.5 * ties) / (len(good) * len(bad)))


def softmax(values: Scores) -> Scores:
    """exp(value) / sum over the last dimension."""
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    found: Scores = powers / powers.sum(axis=-1, keepdims=True)
    return found


def _normalised(outputs: Scores) -> Scores:
    total = float(np.sum(outputs))
    return outputs / total if total > 0 else outputs
