"""Measure for which layers a reference kernel is faster than that of set `fast`, and write its table.

python -m tests.kernels.tune COUNT TARGET... [--figures]

COUNT layers of each kind to derive regions from, as many to confirm them. All targets have the same vector
instructions; in a region the reference kernel is faster on all of them. Modelled cycles without wait states,
both kernels side by side in one image. --figures: what the table gains on COUNT further layers; writes nothing.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import shlex
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness import __version__
from harness.engines.plan.arena import plan_arena
from harness.engines.plan.compile import compile_program
from harness.engines.plan.kernels import KernelSet, kernel_set
from harness.engines.plan.kernels.tuning import QUANTITIES, Region, shape_of, table_path
from harness.engines.plan.opcodes import Opcode
from targets.catalogue import load_catalogue
from tests.kernels.bench import Bench, started_bench
from tests.kernels.cases import CASES
from tests.kernels.regions import Layer, find_regions
from tests.kernels.side_by_side import Model, joined, needs

TIMES = {"FULLY_CONNECTED": 4}
"""How many times as many layers of a kind: they are quick, and few are small."""
FOUND, CONFIRMING, HELD_OUT = 101, 102, 103
"""Seeds of the layers that regions are derived from, of those that confirm them, and of those for figures."""


@dataclass(frozen=True)
class Pair:
    """One random layer, with the set's kernel and with the reference kernel.

    Attributes:
        step: of both plans, in which they differ.
    """

    step: int
    own: Model
    reference: Model


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.kernels.tune")
    parser.add_argument("count", type=int)
    parser.add_argument("targets", nargs="+")
    parser.add_argument("--figures", action="store_true", help="of the table as it is")
    given = parser.parse_args()
    (simd,) = {load_catalogue().target(name).core.simd for name in given.targets}
    kernels = kernel_set("fast", simd)
    if given.figures:
        print_gain(kernels, measured_layers(kernels, given.targets, HELD_OUT, given.count)[0])
        return
    found, models = measured_layers(kernels, given.targets, FOUND, given.count)
    confirming, _ = measured_layers(kernels, given.targets, CONFIRMING, given.count)
    print_shares(found + confirming)
    regions = find_regions(found, confirming)
    text = table_text(given.targets, models, len(found), regions)
    table_path(simd).write_text(text, encoding="utf-8")
    print(text)


def measured_layers(
    kernels: KernelSet, targets: Sequence[str], seed: int, count: int
) -> tuple[list[Layer], list[str]]:
    """Layers of every kind that the set has a kernel for; and the names of the targets' cycle models."""
    untuned = replace(kernels, tuning=None)
    pairs = list(_pairs(untuned, seed, count))
    cycles: list[list[tuple[int, int]]] = []
    models = []
    for target in targets:
        with started_bench(target, kernels.name, "core") as bench:
            assert bench.cycle_model is not None
            models.append(bench.cycle_model.name)
            cycles.append(
                [c for batch in _batches(bench, pairs) for c in _measure(bench, batch, untuned)]
            )
    layers = []
    for pair, on_targets in zip(pairs, zip(*cycles, strict=True), strict=True):
        kernel = Opcode(pair.own.program.steps[pair.step].opcode).name
        layers.append(Layer(kernel, shape_of(pair.reference.program.steps[pair.step]), on_targets))
    return layers, models


def _pairs(kernels: KernelSet, seed: int, count: int) -> Iterator[Pair]:
    reference = replace(kernels, rewrites={}, compact={})
    for number, (kind, make_case) in enumerate(CASES.items()):
        for index in range(count * TIMES.get(kind, 1)):
            data, batch = make_case(np.random.default_rng((seed, number, index)))
            own, plain = (_model(data, batch[:1], of) for of in (kernels, reference))
            steps = zip(own.program.steps, plain.program.steps, strict=True)
            for step, (ours, theirs) in enumerate(steps):
                if ours.opcode != theirs.opcode:
                    yield Pair(step, own, plain)


def _model(data: bytes, batch: Sequence[Sequence[np.ndarray]], kernels: KernelSet) -> Model:
    program, _ = compile_program(data, "case", kernels)
    size = sum(program.graph.tensors[i].size_bytes for i in program.graph.outputs)
    return Model("", program, plan_arena(program), batch, [bytes(size)])


def _batches(bench: Bench, pairs: Sequence[Pair]) -> Iterator[list[Pair]]:
    """As many at a time as the device has memory for, and remembers the steps of."""
    batch: list[Pair] = []
    for pair in pairs:
        models = _models([*batch, pair])
        if batch and not (
            bench.holds(needs(models)) and _steps(models) <= bench.target.uart.max_events
        ):
            yield batch
            batch = []
        batch.append(pair)
    if batch:
        yield batch


def _measure(bench: Bench, pairs: Sequence[Pair], kernels: KernelSet) -> list[tuple[int, int]]:
    """Cycles of the differing step of each pair, of the set's kernel and of the reference kernel."""
    models = _models(pairs)
    events = bench.profile(joined(models, kernels))
    assert [event.op for event in events] == list(range(_steps(models)))
    cycles, at = [], 0
    for pair in pairs:
        both = []
        for model in (pair.own, pair.reference):
            both.append(events[at + len(model.batch[0]) + pair.step].cycles)
            at += _steps([model])
        cycles.append((both[0], both[1]))
    return cycles


def _models(pairs: Sequence[Pair]) -> list[Model]:
    return [model for pair in pairs for model in (pair.own, pair.reference)]


def _steps(models: Sequence[Model]) -> int:
    """Of the joined plan: the models' own, and one for each input and output."""
    return sum(
        len(model.batch[0]) + len(model.program.steps) + len(model.program.graph.outputs)
        for model in models
    )


def print_shares(layers: Sequence[Layer]) -> None:
    """How often, and how much, the reference kernel is faster."""
    of_kernel: dict[str, list[float]] = defaultdict(list)
    for layer in layers:
        of_kernel[layer.kernel].append(layer.share)
    print(f"{'kernel':28} {'layers':>7} {'reference faster':>17} {'least':>7} {'median':>7}")
    for kernel, shares in sorted(of_kernel.items()):
        faster = sum(share < 1 for share in shares)
        print(
            f"{kernel:28} {len(shares):7} {faster:17} {min(shares):7.2f} {np.median(shares):7.2f}"
        )


def print_gain(kernels: KernelSet, layers: Sequence[Layer]) -> None:
    """What the table in use makes of layers that it was not made from."""
    assert kernels.tuning is not None
    kept = [
        layer
        for layer in layers
        if any(
            r.instead_of == layer.kernel and r.holds(layer.shape) for r in kernels.tuning.regions
        )
    ]
    cycles = [pair for layer in kept for pair in layer.cycles]
    slower = sum(reference > own for own, reference in cycles)
    gain = sum(math.log(own / reference) for own, reference in cycles)
    before = sum(own for layer in layers for own, _ in layer.cycles)
    saved = sum(own - reference for own, reference in cycles)
    print(f"layers {len(layers)}, kept on a reference kernel {len(kept)}, of these slower {slower}")
    print(
        f"cycles of the kept, geometric mean of the ratio: {math.exp(gain / max(1, len(cycles))):.3f}"
    )
    everywhere = math.exp(gain / sum(len(layer.cycles) for layer in layers))
    print(f"of all layers: {everywhere:.4f}; sum of cycles {before:,} to {before - saved:,}")


def table_text(
    targets: Sequence[str], cycles: Sequence[str], layers: int, regions: Sequence[Region]
) -> str:
    """The table as TOML."""
    command = shlex.join(["python", "-m", "tests.kernels.tune", *sys.argv[1:]])
    lines = [
        "# Written by tests/kernels/tune.py; read by harness/engines/plan/kernels/tuning.",
        "schema = 1",
        "",
        "[measured]",
        f"targets = {_strings(targets)}",
        f"cycles = {_strings(cycles)}",
        f'date = "{datetime.date.today().isoformat()}"',
        f'tinyhil = "{__version__}"',
        f'command = "{command}"',
        f"layers = {layers}",
    ]
    for region in regions:
        lines += [
            "",
            "[[regions]]",
            f'instead_of = "{region.instead_of}"',
            f"found = {region.found}",
            f"confirmed = {region.confirmed}",
            f"speedup = {region.speedup}",
            "[regions.bounds]",
            *(f"{name} = {list(region.bounds[name])}" for name in QUANTITIES),
        ]
    return "\n".join([*lines, ""])


def _strings(values: Sequence[str]) -> str:
    return json.dumps(list(values))


if __name__ == "__main__":
    main()
