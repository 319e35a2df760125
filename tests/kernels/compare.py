"""A device's outputs against the oracle's, on seeded random layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from harness.engines.plan.importer import import_model
from tests.kernels.bench import Bench
from tests.kernels.side_by_side import GUARD, GUARD_BYTES, Model, compiled, joined, needs
from tests.operators.oracle import Tally, expected_outputs
from tests.operators.registry import Case


def check_on_bench(
    bench: Bench, make_case: Callable[[np.random.Generator], Case], seed: int, cases: int
) -> Counter[str]:
    """Compare `cases` layers, several inputs each; return which kernels ran, and how often."""
    kernels: Counter[str] = Counter()
    for models in _batches(bench, _models(bench, make_case, seed, cases, kernels)):
        if not _wrong(bench, models):
            continue
        for model in models:  # one that fails alone is the culprit
            wrong = _wrong(bench, [model])
            assert not wrong, wrong
        raise AssertionError(f"right alone, wrong after others: {_wrong(bench, models)}")
    return kernels


def _models(
    bench: Bench,
    make_case: Callable[[np.random.Generator], Case],
    seed: int,
    cases: int,
    kernels: Counter[str],
) -> Iterator[Model]:
    """Compile the layers, and count what they run on."""
    tally = Tally()
    for index in range(cases):
        data, batch = make_case(np.random.default_rng((seed, index)))
        graph = import_model(data, "case")
        expected = expected_outputs(data, batch, tally, len(graph.outputs))
        layers = (
            f"{op.kind} {[graph.tensors[i].shape for i in (*op.inputs, *op.outputs) if i >= 0]} {dict(op.options)}"
            for op in graph.operators
        )
        label = f"seed {(seed, index)}, {'; '.join(layers)}"
        model = compiled(label, data, bench.kernels, batch, expected)
        kernels.update(model.kernels)
        yield model
    assert tally.total == cases


def _batches(bench: Bench, models: Iterator[Model]) -> Iterator[list[Model]]:
    """As many at a time as the device has memory for; what is too large runs with one set of inputs at a time."""
    batch: list[Model] = []
    for model in chain.from_iterable(_pieces(bench, model) for model in models):
        if batch and not bench.holds(needs([*batch, model])):
            yield batch
            batch = []
        batch.append(model)
    if batch:
        yield batch


def _pieces(bench: Bench, model: Model) -> list[Model]:
    if bench.holds(needs([model])):
        return [model]
    return [
        replace(model, batch=[inputs], answers=[answer])
        for inputs, answer in zip(model.batch, model.answers, strict=True)
    ]


def _wrong(bench: Bench, models: Sequence[Model]) -> str:
    """Which model's outputs, or the guard behind the memory of all, are not as expected; "" when all are."""
    expected = b"".join((GUARD, *(answer for model in models for answer in model.answers)))
    found = bench.run(joined(models, bench.kernels), expected)
    if found is None:
        return ""
    if not found.startswith(GUARD):
        return f"wrote behind its memory: {'; '.join(model.label for model in models)}"
    at = GUARD_BYTES
    for model in models:
        for number, theirs in enumerate(model.answers):
            ours = found[at : at + len(theirs)]
            at += len(theirs)
            if ours != theirs:
                wrong = np.flatnonzero(np.frombuffer(ours, "i1") != np.frombuffer(theirs, "i1"))
                return (
                    f"{model.label}, input {number}: {len(wrong)} of {len(ours)} bytes differ, "
                    f"first {wrong[:8].tolist()}; {model.kernels}"
                )
    raise AssertionError("outputs are right, but their CRC is not")
