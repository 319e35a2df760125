"""The last step of a search: the trained network on the device, and the device's answers to the test examples."""

from __future__ import annotations

import numpy as np

from harness.search_result import FILE, SearchResult
from models.arch.from_tflite import from_tflite
from models.search.bench import figures_of
from models.search.exact import exact_interpreters
from models.search.records import MODEL, Trained
from models.search.wanted import Context
from models.tasks import task_text
from models.train.evaluate import integer_inputs, logits
from models.train.integer import run_integer


def measured(context: Context, trained: Trained) -> SearchResult:
    """Measure the trained network, send it the test examples, and write result.json.

    Raises:
        ModelError: an interpreter computes something else than the integer simulation.
        TinyhilError: any other class, of the device.
    """
    wanted, model = context.wanted, context.path(MODEL)
    context.progress("measuring the trained network")
    measurement = context.target.measure(model)
    arch, parameters = from_tflite(model.read_bytes(), model.stem)
    examples = context.splits.test
    if wanted.test_examples:
        examples = examples.take(np.arange(min(wanted.test_examples, len(examples))))
    inputs = integer_inputs(parameters, wanted.task, examples)
    context.progress("comparing interpreters")
    expected = run_integer(arch, parameters, inputs).reshape(len(inputs), -1)
    exact = exact_interpreters(model.read_bytes(), inputs, expected)
    answers = context.target.answers(model, inputs, context.progress)
    result = SearchResult(
        method=wanted.method,
        task=task_text(wanted.task),
        seed=wanted.seed,
        effort=wanted.effort,
        limits=wanted.limits.named(),
        uses=wanted.limits.uses(figures_of(measurement)),
        metric=trained.metric,
        float_score=trained.float_score,
        int8_score=trained.int8_score,
        device_score=wanted.task.score(logits(arch, parameters, answers), examples),
        examples=trained.examples,
        device_examples=len(examples),
        device_exact=bool(np.array_equal(answers, expected)),
        exact=exact,
        training_s=trained.seconds,
        measurement=measurement,
    )
    context.folder.write(FILE, result)
    return result
