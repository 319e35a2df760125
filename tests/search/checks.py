"""The checks of a differentiable search that take minutes, as tables.

    python -m tests.search.checks budgets     # 1,000 steps for each of four budgets of operations, seeds 0 and 1
    python -m tests.search.checks limits      # the same with budgets of parameters and memory as well
    python -m tests.search.checks gradients   # a huge penalty, and none
    python -m tests.search.checks saturation  # validation loss of uniform networks in a supernet trained on random ones
    python -m tests.search.checks anomaly     # machine sounds: AUC of self-supervised networks and of autoencoders

After MicroNets (arXiv 2010.11267): digits of scikit-learn, four 3 x 3 convolutions of 4 to 32 channels; scores are of
networks trained from scratch in floating point.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from models.arch.counters import Counts, count
from models.arch.layers import Dense
from models.arch.spec import ArchBuilder, ArchSpec
from models.search.backbones import backbone_for
from models.search.dnas.backbone import Choice
from models.search.dnas.budget import Budget
from models.search.dnas.decisions import Decisions
from models.search.dnas.fit import Searched, SearchRecipe, search
from models.search.dnas.supernet import Supernet
from models.search.repair import fitted
from models.tasks import parse_task
from models.tasks.task import Splits, Task
from models.train.fit import Recipe, evaluate, train_float
from models.train.network import QuantisedNetwork

SHARES = (0.05, 0.10, 0.25, 0.50)
SEEDS = (0, 1)
WIDTHS = (4, 8, 12, 16, 20, 24, 28, 32)
BATCH = 64
DIGITS = parse_task("digits")
BACKBONE = backbone_for("digits", "cnn", DIGITS.input_shape, len(DIGITS.classes))
FULL = count(BACKBONE.arch(BACKBONE.widest()))


def recipe(splits: Splits, seed: int, penalty: float = 3.0) -> SearchRecipe:
    """About 1,000 steps, 150 of them warm-up."""
    epochs = round(1000 / (len(splits.train) // BATCH))
    return SearchRecipe(
        epochs=epochs, batch=BATCH, weight_temperature=0.2, penalty=penalty, seed=seed
    )


def score(task: Task, splits: Splits, arch: ArchSpec, seed: int, epochs: int = 60) -> float:
    """Percent on the test examples, of a network trained from scratch in floating point."""
    net = train_float(arch, task, splits, Recipe(epochs=epochs, batch=BATCH, seed=seed))
    return evaluate(net, task, splits.test, "cpu")


def counts(choice: Choice) -> Counts:
    return count(BACKBONE.arch(choice))


def table(budget_of: Callable[[float], Budget]) -> None:
    print("| budget | seed | chosen | expected | repaired | parameters | memory | score |")
    print("|---|---|---|---|---|---|---|---|")
    for share in SHARES:
        for seed in SEEDS:
            splits, budget = DIGITS.load(None, seed), budget_of(share)
            found = search(BACKBONE, DIGITS, splits, budget, recipe(splits, seed))
            choice = fitted(BACKBONE, found.choice, lambda c, b=budget: holds(counts(c), b))  # type: ignore[misc]
            assert choice is not None
            percent = score(DIGITS, splits, BACKBONE.arch(choice), seed)
            print(line(share, seed, found, counts(choice), percent), flush=True)


def holds(costs: Counts, budget: Budget) -> bool:
    pairs = (
        (costs.ops, budget.ops),
        (costs.parameters, budget.parameters),
        (costs.peak_bytes, budget.memory),
    )
    return all(limit is None or cost <= limit for cost, limit in pairs)


def line(share: float, seed: int, found: Searched, costs: Counts, percent: float) -> str:
    shares = (
        counts(found.choice).ops / FULL.ops,
        found.expected_ops / FULL.ops,
        costs.ops / FULL.ops,
        costs.parameters / FULL.parameters,
        costs.peak_bytes / FULL.peak_bytes,
    )
    cells = " | ".join(f"{100 * value:.1f} %" for value in shares)
    return f"| {share:.0%} | {seed} | {cells} | {percent:.1f} % |"


def budgets() -> None:
    table(lambda share: Budget(ops=share * FULL.ops))


def limits() -> None:
    table(
        lambda share: Budget(
            ops=share * FULL.ops,
            parameters=share * FULL.parameters,
            memory=max(share, 0.25) * FULL.peak_bytes,
        )
    )


def gradients() -> None:
    for penalty, seen in ((1e4, "validation"), (0.0, "validation"), (0.0, "train")):
        for seed in range(4):
            splits = DIGITS.load(None, seed)
            splits = replace(splits, validation=getattr(splits, seen))
            found = search(BACKBONE, DIGITS, splits, Budget(ops=1.0), recipe(splits, seed, penalty))
            widths = [taken.width for taken in found.choice]
            share = counts(found.choice).ops / FULL.ops
            print(
                f"penalty {penalty:g}, decisions by {seen} examples, seed {seed}:"
                f" widths {widths}, {share:.1%} of all operations",
                flush=True,
            )


def saturation() -> None:
    """Validation loss of the widths in a supernet whose decisions were never trained: uniform networks."""
    print("| seed |" + "".join(f" {width} |" for width in WIDTHS))
    print("|---|" + "---|" * len(WIDTHS))
    for seed in SEEDS:
        splits = DIGITS.load(None, seed)
        alone = replace(recipe(splits, seed), warm_up=1.0)
        supernet, decisions = Supernet(BACKBONE), Decisions(BACKBONE)
        found = search(BACKBONE, DIGITS, splits, Budget(), alone)
        supernet.load_state_dict(found.state["supernet"])
        x, y = (torch.from_numpy(part) for part in (splits.validation.x, splits.validation.y))
        cells = []
        for width in WIDTHS:
            choice = tuple(replace(taken, width=width) for taken in BACKBONE.widest())
            with torch.no_grad():
                logits = supernet(DIGITS.inputs(x), decisions.hard(choice))
            cells.append(f" {float(torch.nn.functional.cross_entropy(logits, y)):.3f} |")
        print(f"| {seed} |" + "".join(cells), flush=True)


def anomaly() -> None:
    task = parse_task("anomaly")
    backbone = backbone_for("anomaly", "ds-cnn", task.input_shape, len(task.classes))
    for seed in range(3):
        splits = task.load(None, seed)
        choice = fitted(
            backbone,
            backbone.narrowest(),
            lambda c: count(backbone.arch(c)).parameters <= 7_000,
        )
        arch = backbone.arch(choice or backbone.narrowest())
        own = score(task, splits, arch, seed, epochs=30)
        size = count(arch).parameters
        other = autoencoder(size)
        print(
            f"seed {seed}: machine-id network, {size:,} parameters, AUC {own:.1f} %; autoencoder,"
            f" {count(other).parameters:,} parameters, AUC {reconstruction(task, splits, other, seed):.1f} %",
            flush=True,
        )


def autoencoder(parameters: int) -> ArchSpec:
    """Three Dense layers of about as many parameters."""
    units = max(1, parameters // (2 * 32 * 32))
    b = ArchBuilder("autoencoder", (1, 32 * 32))
    b.add(Dense(units, "RELU"))
    b.add(Dense(units, "RELU"))
    b.add(Dense(32 * 32))
    return b.build()


def reconstruction(task: Task, splits: Splits, arch: ArchSpec, seed: int) -> float:
    """AUC in percent of the error of reconstructing the test examples."""
    torch.manual_seed(seed)
    net = QuantisedNetwork(arch, seed)
    optimiser = torch.optim.Adam(net.parameters(), 3e-3)
    x = task.inputs(torch.as_tensor(splits.train.x)).flatten(1)
    for _ in range(60):
        for chosen in torch.randperm(len(x)).split(BATCH):
            loss = (net(x[chosen]) - x[chosen]).square().mean()
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    net.eval()
    with torch.no_grad():
        test = task.inputs(torch.as_tensor(splits.test.x)).flatten(1)
        errors = (net(test) - test).square().mean(1).numpy()
    assert splits.test.anomalous is not None
    good, bad = errors[~splits.test.anomalous], errors[splits.test.anomalous]
    return 100 * float(np.mean(bad[:, None] > good[None]) + np.mean(bad[:, None] == good) / 2)


if __name__ == "__main__":
    torch.set_num_threads(1)
    checks = {
        "budgets": budgets,
        "limits": limits,
        "gradients": gradients,
        "saturation": saturation,
        "anomaly": anomaly,
    }
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("check", choices=checks)
    checks[parser.parse_args().check]()
