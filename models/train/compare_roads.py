"""`python -m models.train.compare_roads`: quantisation in training against TensorFlow's converter, as a table."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer

from harness.engines.plan.graph import Tensor
from harness.engines.plan.importer import import_model
from harness.engines.tflm_oracle import TflmOracle
from harness.errors import TinyhilError
from harness.measure.bench import measure
from harness.measure.job import Job
from models.arch.parameters import Quant
from models.arch.spec import ArchSpec
from models.arch.to_tflite import to_tflite
from models.tasks import parse_task
from models.tasks.task import Splits, Task
from models.train.accelerator import failures_named, resolved
from models.train.evaluate import agreement, evaluate
from models.train.fit import Recipe, train
from models.train.integer import quantise
from models.train.keras_road import convert
from models.train.network import QuantisedNetwork, export
from models.zoo.micronets import ds_cnn
from targets.catalogue import load_catalogue

_REPRESENTATIVE = 200
"""Training examples from which the converter takes its ranges."""


@dataclass(frozen=True)
class Figures:
    """One road's result.

    Attributes:
        road: its name.
        score: of the int8 file on the test examples, computed by TFLM, percent.
        size_bytes: of the file.
        cycles: of one inference on the target, modelled or measured as the target's kind says.
    """

    road: str
    score: float
    size_bytes: int
    cycles: int


def compare(
    task_text: Annotated[str, typer.Option("--task", help="NAME[:KEY=VALUE,...]")] = "digits",
    target: Annotated[str, typer.Option("--target", "-t", help="Where to count cycles.")] = (
        "qemu-cortex-m4"
    ),
    kernels: Annotated[str, typer.Option("--kernels", help="Kernel set.")] = "fast",
    width: Annotated[int, typer.Option(min=1, help="Channels of the DS-CNN.")] = 16,
    epochs: Annotated[int, typer.Option(min=1, help="Of training, on either road.")] = 30,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings to take the mean of.")] = 3,
    device: Annotated[str, typer.Option(help="Where to train: auto, cpu, cuda, cuda:N.")] = "cpu",
) -> None:
    """Train a DS-CNN of four blocks both ways and print a Markdown table of means."""
    device = resolved(device)
    task = parse_task(task_text)
    splits = task.load(None, 0)
    blocks = tuple((width, 2 if i == 0 else 1) for i in range(4))
    arch = ds_cnn("roads", task.input_shape, (width, (3, 3)), blocks, len(task.classes))
    recipe = Recipe(epochs=epochs)
    rows: list[list[Figures]] = []
    floats, agreements = [], []
    for seed in range(seeds):
        found, score, same = _both(
            arch, task, splits, replace(recipe, seed=seed), device, target, kernels
        )
        rows.append(found)
        floats.append(score)
        agreements.append(same)
    typer.echo("| road | int8 score, % | file, bytes | cycles |")
    typer.echo("|---|---|---|---|")
    typer.echo(f"| floating point | {np.mean(floats):.2f} | | |")
    for column in zip(*rows, strict=True):
        scores = [figures.score for figures in column]
        size, cycles = column[0].size_bytes, np.mean([figures.cycles for figures in column])
        typer.echo(f"| {column[0].road} | {np.mean(scores):.2f} | {size:,} | {cycles:,.0f} |")
    share = 100 * float(np.mean(agreements))
    typer.echo(f"\nFake quantisation and its integers name the same class for {share:.2f} %.")


@failures_named()
def _both(
    arch: ArchSpec,
    task: Task,
    splits: Splits,
    recipe: Recipe,
    device: str,
    target: str,
    kernels: str,
) -> tuple[list[Figures], float, float]:
    """All roads from one seed, the score in floating point, the agreement of fake quantisation with its integers."""
    plain = QuantisedNetwork(arch, recipe.seed)
    train(plain, task, splits, replace(recipe, quantise_from=1.0), device)
    plain.set_quantisation(False)
    score = evaluate(plain, task, splits.test, device)
    plain.to("cpu")
    count = min(_REPRESENTATIVE, len(splits.train))
    examples = task.inputs(torch.as_tensor(splits.train.x[:count])).numpy()
    converted = convert(plain, examples)
    aware = QuantisedNetwork(arch, recipe.seed)
    train(aware, task, splits, recipe, device)
    aware.to("cpu")
    roads = {
        "quantisation in training": to_tflite(arch, export(aware)),
        "ranges from data, own export": to_tflite(arch, export(plain)),
        "Keras and TensorFlow's converter": converted,
    }
    figures = [
        Figures(road, _score(data, task, splits), len(data), _cycles(data, target, kernels))
        for road, data in roads.items()
    ]
    return figures, score, agreement(aware, task, splits.test)


def _score(data: bytes, task: Task, splits: Splits) -> float:
    """Of TensorFlow Lite Micro on the test examples, inputs quantised as the file says."""
    graph = import_model(data, "road")
    source, output = (_quant(graph.tensors[i[0]]) for i in (graph.inputs, graph.outputs))
    oracle = TflmOracle(data)
    inputs = quantise(task.inputs(torch.as_tensor(splits.test.x)).numpy(), source)
    outputs = np.concatenate([oracle.run([x[None]])[0].reshape(1, -1) for x in inputs])
    return task.score(output.scale * (outputs.astype(np.float64) - output.zero_point), splits.test)


def _quant(tensor: Tensor) -> Quant:
    assert tensor.quant is not None
    return Quant(float(tensor.quant.scales[0]), int(tensor.quant.zero_points[0]))


def _cycles(data: bytes, target: str, kernels: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "road.tflite"
        path.write_bytes(data)
        job = Job(path, load_catalogue().target(target), kernels=kernels)
        return round(measure(job).latency.cycles)


def _main() -> None:
    try:
        typer.run(compare)
    except TinyhilError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    _main()
