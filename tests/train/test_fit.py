"""Training on scikit-learn's digits: accuracy in integers, and runs that were killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from harness.errors import StoreError, UsageError
from models.arch.spec import ArchSpec
from models.checkpoint import load_state, save_state
from models.tasks.digits import Digits
from models.tasks.task import Splits
from models.train.evaluate import agreement
from models.train.fit import Epoch, Recipe, evaluate, evaluate_integer, train
from models.train.network import QuantisedNetwork, export
from models.zoo.micronets import ds_cnn

TASK = Digits()
RECIPE = Recipe(epochs=8, batch=32, weight_decay=1e-2, quantise_from=0.5)
SHORT = Recipe(epochs=4, batch=100, seed=3, quantise_from=0.5)


def small_arch(width: int = 16) -> ArchSpec:
    return ds_cnn("small", TASK.input_shape, (width, (3, 3)), ((24, 2), (24, 1)), 10)


@pytest.fixture(scope="module")
def splits() -> Splits:
    return TASK.load(None, 0)


def test_integers_are_as_good_as_floating_point(splits: Splits) -> None:
    arch = small_arch()
    net = QuantisedNetwork(arch, 1)
    history = train(net, TASK, splits, RECIPE)
    assert [epoch.number for epoch in history] == list(range(1, 9))
    assert [epoch.quantised for epoch in history] == [False] * 4 + [True] * 4
    assert history[-1].loss < history[0].loss / 4
    parameters = export(net)
    quantised = evaluate(net, TASK, splits.test, "cpu")
    integers = evaluate_integer(arch, parameters, TASK, splits.test)
    net.set_quantisation(False)
    assert integers > 88
    assert abs(integers - evaluate(net, TASK, splits.test, "cpu")) < 1.5
    assert abs(integers - quantised) < 0.6
    net.set_quantisation(True)
    assert agreement(net, TASK, splits.test) > 0.985


def test_a_killed_run_ends_as_if_it_had_not_been(splits: Splits, tmp_path: Path) -> None:
    """In floating point by an exception; quantised by SIGKILL, in a process of its own."""
    whole = QuantisedNetwork(small_arch(), 2)
    history = train(whole, TASK, splits, SHORT)
    checkpoint = tmp_path / "run" / "checkpoint.pt"

    def stop(epoch: Epoch) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(QuantisedNetwork(small_arch(), 2), TASK, splits, SHORT, "cpu", checkpoint, stop)
    command = [sys.executable, "-m", "tests.train.test_fit", str(checkpoint), "3"]
    killed = subprocess.run(command, check=False, cwd=Path(__file__).parents[2])
    assert killed.returncode == -signal.SIGKILL
    net = QuantisedNetwork(small_arch(), 2)
    seen: list[Epoch] = []
    assert train(net, TASK, splits, SHORT, checkpoint=checkpoint, progress=seen.append) == history
    assert seen == [history[-1]]
    for name, value in whole.state_dict().items():
        assert torch.equal(value, net.state_dict()[name]), name
    # Complete: nothing is left to do.
    again = QuantisedNetwork(small_arch(), 2)
    seen.clear()
    assert train(again, TASK, splits, SHORT, checkpoint=checkpoint, progress=seen.append) == history
    assert not seen and again.quantising


def test_float_run_branches_off_where_the_other_quantises(splits: Splits, tmp_path: Path) -> None:
    floating = replace(SHORT, quantise=False)
    whole = QuantisedNetwork(small_arch(), 2)
    expected = train(whole, TASK, splits, floating)
    assert [epoch.quantised for epoch in expected] == [False] * SHORT.epochs
    first, branch = tmp_path / "int8.pt", tmp_path / "float.pt"

    def keep(epoch: Epoch) -> None:
        if epoch.number == SHORT.float_epochs:
            branch.write_bytes(first.read_bytes())

    other = QuantisedNetwork(small_arch(), 2)
    train(other, TASK, splits, SHORT, checkpoint=first, progress=keep)
    net, seen = QuantisedNetwork(small_arch(), 2), list[Epoch]()
    assert train(net, TASK, splits, floating, checkpoint=branch, progress=seen.append) == expected
    assert len(seen) == SHORT.epochs - SHORT.float_epochs
    for name, value in whole.state_dict().items():
        assert torch.equal(value, net.state_dict()[name]), name
        if "running" in name:
            assert torch.equal(value, other.state_dict()[name]), (
                "frozen in both, by the same examples"
            )
    again = QuantisedNetwork(small_arch(), 2)
    assert train(again, TASK, splits, floating, checkpoint=branch) == expected
    assert again.frozen and not again.quantising
    for recipe, checkpoint in ((floating, first), (SHORT, branch)):
        with pytest.raises(UsageError, match="another network, recipe"):
            train(QuantisedNetwork(small_arch(), 2), TASK, splits, recipe, checkpoint=checkpoint)


def test_a_checkpoint_of_a_gpu_goes_on_without_one(splits: Splits, tmp_path: Path) -> None:
    """It holds CUDA's generator (16 bytes) and an optimiser whose steps were recorded."""
    checkpoint = tmp_path / "checkpoint.pt"

    def stop(epoch: Epoch) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(QuantisedNetwork(small_arch(), 2), TASK, splits, SHORT, "cpu", checkpoint, stop)
    state = load_state(checkpoint)
    state["generator"] = torch.arange(16, dtype=torch.uint8)
    for group in state["optimizer"]["param_groups"]:
        group.update(lr=torch.tensor(group["lr"]), fused=True, capturable=True, foreach=None)
    save_state(checkpoint, state)
    weights = []
    for copy in (tmp_path / "first.pt", tmp_path / "second.pt"):
        copy.write_bytes(checkpoint.read_bytes())
        net = QuantisedNetwork(small_arch(), 2)
        assert len(train(net, TASK, splits, SHORT, checkpoint=copy)) == SHORT.epochs
        weights.append(net.state_dict())
    for name, value in weights[0].items():
        assert torch.equal(value, weights[1][name]), name


def test_checkpoints_of_something_else(splits: Splits, tmp_path: Path) -> None:
    checkpoint = tmp_path / "checkpoint.pt"
    train(
        QuantisedNetwork(small_arch(), 2), TASK, splits, replace(SHORT, epochs=1), "cpu", checkpoint
    )
    with pytest.raises(UsageError, match="another network, recipe or training set"):
        train(QuantisedNetwork(small_arch(), 2), TASK, splits, SHORT, "cpu", checkpoint)
    with pytest.raises(UsageError, match="another network"):
        one = replace(SHORT, epochs=1)
        train(QuantisedNetwork(small_arch(4), 2), TASK, splits, one, "cpu", checkpoint)
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    with pytest.raises(StoreError, match="cannot be read"):
        train(QuantisedNetwork(small_arch(), 2), TASK, splits, SHORT, "cpu", checkpoint)


def test_recipes_that_make_no_sense() -> None:
    for wrong in ({"epochs": 0}, {"batch": 0}, {"lr_min": 1.0}):
        with pytest.raises(ValueError, match=r"a recipe|learning rates"):
            Recipe(**wrong)  # type: ignore[arg-type]
    rates = [RECIPE.learning_rate(step, 100) for step in range(100)]
    assert max(rates) == rates[5] == RECIPE.lr_max and rates[-1] == pytest.approx(RECIPE.lr_min)


def _die_after(checkpoint: Path, number: int) -> None:
    torch.set_num_threads(1)  # sums depend on it

    def progress(epoch: Epoch) -> None:
        if epoch.number == number:
            os.kill(os.getpid(), signal.SIGKILL)

    train(
        QuantisedNetwork(small_arch(), 2),
        TASK,
        TASK.load(None, 0),
        SHORT,
        "cpu",
        checkpoint,
        progress,
    )


if __name__ == "__main__":
    _die_after(Path(sys.argv[1]), int(sys.argv[2]))
