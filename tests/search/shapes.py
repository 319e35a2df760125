"""What the shape of a network matters: networks of one latency beside each other, trained in floating point.

    python -m tests.search.shapes DIR kws:snr=0 qemu-stm32f446re latency=50ms [--kernels reference] [--workers 16]

DIR keeps the latency model of the target, which is calibrated first, and is all that a machine with a GPU needs of it.
Cross entropies (nats) and scores of validation and test examples are means over three seeds: no search can win much
more over uniform networks than the best of these.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from statistics import mean

import torch

from harness.latency.collect import Plan
from models.arch.spec import ArchSpec
from models.calibrate import DrawnSpace, calibrated, calibration_job
from models.search.calibration import estimators
from models.search.dnas.backbone import Backbone, ConvBlock, Pair, SeparableBlock
from models.search.estimate import Estimator
from models.search.limits import Limits, parse_limits
from models.search.records import Folder
from models.search.wanted import UNIFORM, Context, Wanted
from models.spaces import Space
from models.spaces.choices import Choices
from models.tasks import parse_task
from models.tasks.task import Task
from models.train.evaluate import cross_entropy, evaluate
from models.train.fit import train_float
from models.train.recipe import Recipe
from targets.catalogue import load_catalogue

SEEDS = (0, 1, 2)
_LEAST = 8
"""Channels."""
DS_CNN_S, DS_CNN_L, MICRONETS = ((2, 2), (1, 1)), ((2, 1), (2, 2)), ((1, 1), (2, 2))
PYRAMID = ((2, 2), (1, 1), (2, 2))
TIME = ((1, 10), (2, 1), (1, 1), (2, 1))


@dataclass(frozen=True)
class Shape:
    """A convolution and separable blocks.

    Attributes:
        strides: of the first layers; (1, 1) behind them.
        widths: of all layers to one another.
        first: kernel of the convolution.
        others: of the depthwise convolutions.
    """

    strides: tuple[Pair, ...]
    widths: tuple[float, ...]
    first: Pair = (10, 4)
    others: Pair = (3, 3)


def _temporal(*widths: float, frames: int = 9) -> Shape:
    return Shape(TIME, widths, (3, 10), (frames, 1))


def _slope(layers: int, low: float, high: float) -> tuple[float, ...]:
    return tuple(low + (high - low) * i / (layers - 1) for i in range(layers))


SHAPES = {
    "DS-CNN-S": Shape(DS_CNN_S, (1,) * 5),
    "six blocks": Shape(DS_CNN_S, (1,) * 7),
    "wider to the end": Shape(DS_CNN_S, _slope(6, 0.5, 1.5)),
    "two blocks": Shape(DS_CNN_S, (1,) * 3),
    "narrow first": Shape(DS_CNN_S, (0.35, *(1,) * 4)),
    "wide last, two blocks": Shape(DS_CNN_S, (0.5, 0.7, 3)),
    "rising, two blocks": Shape(DS_CNN_S, (0.4, 1, 1.6)),
    "rising, three blocks": Shape(DS_CNN_S, (0.4, 0.7, 1.1, 1.6)),
    "rising, four blocks": Shape(DS_CNN_S, (0.4, 0.7, 1, 1.3, 1.6)),
    "DS-CNN-L": Shape(DS_CNN_L, (1,) * 6),
    "wider to the end, DS-CNN-L's strides": Shape(DS_CNN_L, _slope(6, 0.5, 1.5)),
    "four blocks, MicroNets' strides": Shape(MICRONETS, (1,) * 5),
    "narrow first, MicroNets' strides": Shape(MICRONETS, (0.35, *(1,) * 6)),
    "wider to the end, MicroNets' strides": Shape(MICRONETS, _slope(5, 0.4, 1.6)),
    "eight blocks, MicroNets' strides": Shape(MICRONETS, _slope(9, 0.5, 1.5)),
    "half the map from the second block on": Shape(PYRAMID, (1,) * 5),
    "half the map, rising": Shape(PYRAMID, (0.3, 0.6, 1.2, 1.2, 1.2)),
    "half the map, rising, six blocks": Shape(PYRAMID, (0.4, 0.7, 1, 1.3, 1.3, 1.3, 1.6)),
    "half the map, rising, first 3 x 3": Shape(PYRAMID, (0.4, 0.7, 1, 1.3, 1.6), (3, 3)),
    "over time": _temporal(1, 1, 1, 1, 1),
    "over time, rising": _temporal(0.5, 1, 1, 1.5, 1.5),
    "over time, rising, three blocks": _temporal(0.5, 1, 1.5, 2),
    "over time, rising, six blocks": _temporal(0.5, 1, 1, 1.25, 1.25, 1.5, 1.5),
    "over time, rising, five frames": _temporal(0.5, 1, 1, 1.5, 1.5, frames=5),
}


def network(
    task: Task, shape: Shape, scale: float, name: str = "shape"
) -> tuple[ArchSpec, list[int]]:
    """Return the network of a scale, and its widths."""
    widths = [max(_LEAST, 4 * int(scale * width / 4)) for width in shape.widths]
    strides = [*shape.strides, *((1, 1),) * (len(widths) - len(shape.strides))]
    blocks = (
        ConvBlock((widths[0],), shape.first, strides[0]),
        *(
            SeparableBlock((width,), stride, shape.others, optional=False)
            for width, stride in zip(widths[1:], strides[1:], strict=False)
        ),
    )
    backbone = Backbone(name, task.input_shape, len(task.classes), blocks)
    return backbone.arch(backbone.widest()), widths


def space() -> Space:
    """Return networks of the shapes' kernels and strides, to calibrate with."""

    def draw(name: str, choices: Choices) -> ArchSpec:
        like = choices.one_of(tuple(SHAPES.values()))
        widths = tuple(float(choices.width(_LEAST, 240)) for _ in range(choices.integer(3, 9)))
        return network(parse_task("kws"), replace(like, widths=widths), 1.0, name)[0]

    return Space("kws-shapes", "convolutions and separable blocks of several strides", draw)


def widest(task: Task, shape: Shape, limits: Limits, estimator: Estimator) -> tuple[float, str]:
    """Return the largest scale that keeps the limits, and what it comes to; no words where none does."""
    scale, words = _LEAST, ""
    while True:
        arch, widths = network(task, shape, scale)
        figures = estimator.figures(arch)
        if not limits.hold(figures):
            return scale - 1, words
        words = f"{min(widths)} to {max(widths)} channels | {figures.latency_us / 1e3:.1f} ms"
        scale += 1


def scores(text: str, name: str, scale: float, seed: int, epochs: int) -> list[float]:
    """Train one network; returns cross entropy and score, percent, of the validation and of the test examples."""
    torch.set_num_threads(1)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    task = parse_task(text)
    splits = task.load(None, seed)
    recipe = Recipe(epochs=epochs, batch=64, label_smoothing=0.1, seed=seed)
    net = train_float(network(task, SHAPES[name], scale)[0], task, splits, recipe, device)
    return [
        of(net, task, part, device)
        for part in (splits.validation, splits.test)
        for of in (cross_entropy, evaluate)
    ]


def calibrated_estimator(folder: Path, wanted: Wanted) -> Estimator:
    """Return the estimator of a target whose latency model the folder keeps."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "latency.json"
    if not path.exists():
        job = calibration_job(wanted.target, wanted.kernels)
        calibrated(job, Plan([DrawnSpace(space(), "normal")], wanted.calibration), path)
    context = Context(replace(wanted, latency_model=path), Folder(folder), print)
    return estimators(context)[context.first]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("task")
    parser.add_argument("target")
    parser.add_argument("limit", nargs="+")
    parser.add_argument("--kernels", default="fast")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=50)
    args = parser.parse_args()
    task, limits = parse_task(args.task), parse_limits(args.limit)
    target = load_catalogue().target(args.target)
    estimator = calibrated_estimator(
        args.folder, Wanted(UNIFORM, task, target, args.kernels, limits)
    )
    print("| shape | widths | estimated latency | validation | test |\n|---|---|---|---|---|")
    with ProcessPoolExecutor(args.workers, get_context("spawn")) as pool:
        jobs = {}
        for shape in SHAPES:
            scale, words = widest(task, SHAPES[shape], limits, estimator)
            if not words:
                print(f"| {shape} | none fits | | | |")
                continue
            jobs[shape, words] = [
                pool.submit(scores, args.task, shape, scale, seed, args.epochs) for seed in SEEDS
            ]
        for (shape, words), waiting in jobs.items():
            found = [job.result() for job in waiting]
            means = [mean(each) for each in zip(*found, strict=True)]
            validation, test = (
                f"{loss:.3f}, {score:.2f} %" for loss, score in (means[:2], means[2:])
            )
            print(f"| {shape} | {words} | {validation} | {test} |", flush=True)


if __name__ == "__main__":
    main()
