"""The supernet against the networks that it stands for, its costs against the counters, its search on digits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip(
    "torch", reason="the search needs PyTorch (pip install 'tinyhil[search]')"
)

from torch import nn  # noqa: E402

from models.arch.counters import count  # noqa: E402
from models.arch.layers import Pool2D, Reshape  # noqa: E402
from models.arch.spec import ArchSpec  # noqa: E402
from models.search.backbones import BACKBONES, backbone_for, ds_cnn_kws, random_choice  # noqa: E402
from models.search.dnas.backbone import (  # noqa: E402
    Backbone,
    Bottleneck,
    Choice,
    ConvBlock,
    SeparableBlock,
)
from models.search.dnas.budget import Budget  # noqa: E402
from models.search.dnas.costs import excess, expected  # noqa: E402
from models.search.dnas.decisions import Decisions, gumbel  # noqa: E402
from models.search.dnas.fit import SearchRecipe, search  # noqa: E402
from models.search.dnas.supernet import Supernet  # noqa: E402
from models.search.repair import fitted  # noqa: E402
from models.spaces.choices import Choices  # noqa: E402
from models.tasks import parse_task  # noqa: E402
from models.train.network import QuantisedNetwork  # noqa: E402
from models.train.weighted import WeightedLayer  # noqa: E402
from models.zoo import ZOO  # noqa: E402

SHAPES = {
    "kws": ((1, 49, 10, 1), 12),
    "anomaly": ((1, 32, 32, 1), 4),
    "image": ((1, 32, 32, 3), 10),
    "digits": ((1, 8, 8, 1), 10),
}
MIXED = Backbone(
    "mixed",
    (1, 9, 7, 2),
    3,
    (
        ConvBlock((4, 8, 12), (5, 3), (2, 1)),
        SeparableBlock((4, 16), optional=True),
        SeparableBlock((4, 8), (2, 2), (5, 1), optional=True),
        Bottleneck((8, 24), (4, 12), (2, 2), residual=False),
        Bottleneck((8, 16), (4, 8, 20), residual=True),
        SeparableBlock((4, 8), optional=True),
    ),
    "RELU6",
)
"""Skips and sums of every pairing of widths."""


def backbones() -> list[Backbone]:
    known = [
        backbone_for(task, name, *shape)
        for task, shape in SHAPES.items()
        for name in BACKBONES[task]
    ]
    return [*known, MIXED]


@pytest.mark.parametrize("backbone", backbones(), ids=lambda b: b.name)
def test_costs_of_a_choice_are_those_of_its_network(backbone: Backbone) -> None:
    soft = Decisions(backbone)
    choices = [backbone.widest(), backbone.narrowest()]
    choices += [random_choice(backbone, Choices(seed)) for seed in range(40)]
    for choice in choices:
        costs, counts = expected(backbone, soft.hard(choice)), count(backbone.arch(choice))
        found = (float(costs.ops), float(costs.parameters), float(costs.memory))
        wanted = (counts.ops, counts.parameters, counts.peak_bytes)
        assert found == pytest.approx(wanted, rel=1e-6)  # float32


def test_backbone_holds_the_published_networks() -> None:
    backbone = ds_cnn_kws(*SHAPES["kws"], first=(1, 1), second=(2, 2))
    published = ZOO["micronet-kws-s"].build()
    widths = (84, 112, 84, 84, 84, 196)
    choice = tuple(
        taken if i >= len(widths) else type(taken)(widths[i])
        for i, taken in enumerate(backbone.widest())
    )
    kept = tuple(type(t)(t.width, t.expanded, i < len(widths)) for i, t in enumerate(choice))
    assert count(backbone.arch(kept)) == count(published)


@torch.no_grad()
@pytest.mark.parametrize("seed", range(6))
def test_costs_are_multilinear(seed: int) -> None:
    """Mixing two options of one decision mixes operations and parameters alike."""
    random = torch.Generator().manual_seed(seed)
    soft = Decisions(MIXED)
    first, second = (soft.soft(1.0, gumbel(soft.options, random)) for _ in range(2))
    mixed = list(first)
    at = seed % len(first)
    halved = type(first[at])(
        (first[at].width + second[at].width) / 2, first[at].expanded, first[at].kept
    )
    ends = []
    for one in (first[at], type(first[at])(second[at].width, first[at].expanded, first[at].kept)):
        mixed[at] = one
        ends.append(expected(MIXED, mixed))
    mixed[at] = halved
    middle = expected(MIXED, mixed)
    assert float(middle.ops) == pytest.approx(float(ends[0].ops + ends[1].ops) / 2, rel=1e-5)
    both = float(ends[0].parameters + ends[1].parameters) / 2
    assert float(middle.parameters) == pytest.approx(both, rel=1e-5)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("backbone", [MIXED, backbone_for("digits", "cnn", *SHAPES["digits"])])
def test_supernet_computes_what_the_chosen_network_does(backbone: Backbone, seed: int) -> None:
    torch.manual_seed(seed)
    choice = random_choice(backbone, Choices(seed))
    supernet = Supernet(backbone, seed).eval()
    for module in supernet.modules():
        if isinstance(module, nn.BatchNorm2d):
            for value in (module.weight.data, module.running_var):
                assert value is not None
                value.uniform_(0.5, 2.0)
            for value in (module.bias.data, module.running_mean):
                assert value is not None
                value.normal_()
    arch = backbone.arch(choice)
    net = QuantisedNetwork(arch).eval()
    _copy(supernet, net, backbone, choice, arch)
    x = torch.randn(3, *backbone.input_shape[1:])
    with torch.no_grad():
        soft = Decisions(backbone).hard(choice)
        found, wanted = supernet(x, soft), net(x)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)


def _copy(
    supernet: Supernet, net: QuantisedNetwork, backbone: Backbone, choice: Choice, arch: ArchSpec
) -> None:
    """Give the network the part of the supernet's weights that the choice leaves."""
    kept = [block for block, taken in zip(supernet.blocks, choice, strict=True) if taken.kept]
    wide: Iterator[WeightedLayer] = (
        m for block in kept for m in block.modules() if isinstance(m, WeightedLayer)
    )
    for node in arch.nodes:
        if node.name not in {n.replace("%", ".") for n in net.layers}:
            continue
        layer = net.layer(node.name)
        if layer.norm is None:
            source = layer.weight.shape[1]
            layer.weight.data[:, :, 0, 0] = supernet.classifier.weight.data[:, :source]
            assert layer.bias is not None
            layer.bias.data[:] = supernet.classifier.bias.data
            continue
        full = next(wide)
        part = tuple(slice(n) for n in layer.weight.shape)
        layer.weight.data[:] = full.weight.data[part]
        for name in ("weight", "bias", "running_mean", "running_var"):
            value = getattr(full.norm, name).data
            getattr(layer.norm, name).data[:] = value[: layer.weight.shape[0]]
    assert next(wide, None) is None
    assert isinstance(arch.nodes[-1].layer, Reshape) and isinstance(arch.nodes[-3].layer, Pool2D)


def test_entropy_is_that_of_independent_draws() -> None:
    decisions = Decisions(MIXED)
    alike = sum(
        float(torch.tensor(float(len(logits))).log()) for logits in decisions.logits.values()
    )
    assert float(decisions.entropy().detach()) == pytest.approx(alike, rel=1e-5)
    for logits in decisions.logits.values():
        logits.data[0] = 50.0
    assert float(decisions.entropy().detach()) == pytest.approx(0, abs=1e-6)


def test_excess_counts_only_what_is_over() -> None:
    costs = expected(MIXED, Decisions(MIXED).soft(1.0))
    ops, memory = float(costs.ops), float(costs.memory)
    assert float(excess(Budget(), costs)) == 0
    eased = torch.tensor([2.0, 1.0, 1.0])
    assert float(excess(Budget(ops=ops / 2), costs, eased)) == pytest.approx(0, abs=1e-6)
    assert float(excess(Budget(ops=ops / 4), costs, eased)) == pytest.approx(1, rel=1e-5)
    assert float(excess(Budget(ops=2 * ops, memory=memory), costs)) == pytest.approx(0, abs=1e-6)
    assert float(excess(Budget(ops=ops / 2, memory=memory / 3), costs)) == pytest.approx(3.0)


DIGITS = parse_task("digits:train=512,validation=128")
BACKBONE = backbone_for("digits", "cnn", *SHAPES["digits"])
FULL = count(BACKBONE.arch(BACKBONE.widest())).ops


def test_the_budget_is_kept_and_choices_are_made() -> None:
    """MicroNets check: expected and chosen operations agree, and the repaired network keeps the budget."""
    budget = 0.1 * FULL
    recipe = SearchRecipe(epochs=30, batch=64)
    found = search(BACKBONE, DIGITS, DIGITS.load(None, 0), Budget(ops=budget), recipe)

    def ops(choice: Choice) -> int:
        return count(BACKBONE.arch(choice)).ops

    assert abs(found.expected_ops - ops(found.choice)) <= 0.1 * budget + 0.01 * FULL
    assert 0.5 * budget <= ops(found.choice) <= 1.3 * budget
    repaired = fitted(BACKBONE, found.choice, lambda choice: ops(choice) <= budget)
    assert repaired is not None and 0.8 * budget <= ops(repaired) <= budget


def test_a_huge_penalty_leaves_the_narrowest() -> None:
    recipe = SearchRecipe(epochs=10, batch=64, penalty=1e4, decision_lr=0.3)
    found = search(BACKBONE, DIGITS, DIGITS.load(None, 0), Budget(ops=1.0), recipe)
    assert found.choice == BACKBONE.narrowest()


def test_without_penalty_networks_are_the_widest_where_channels_are_few() -> None:
    """MicroNets check, on the training examples: every channel lowers their loss as long as it is far from 0."""
    splits = DIGITS.load(None, 0)
    splits = replace(splits, validation=splits.train)
    narrow = replace(
        BACKBONE, blocks=tuple(replace(block, widths=(4, 8)) for block in BACKBONE.blocks)
    )
    recipe = SearchRecipe(epochs=20, batch=64, weight_temperature=0.2)
    found = search(narrow, DIGITS, splits, Budget(), recipe)
    assert found.choice == narrow.widest()


def test_the_warm_up_trains_single_networks() -> None:
    """The weights are good for the networks that they stand for, not only for a mixture of them all."""
    splits = DIGITS.load(None, 0)
    recipe = SearchRecipe(epochs=20, batch=64, warm_up=1.0, weight_temperature=0.2)
    found = search(BACKBONE, DIGITS, splits, Budget(ops=1.0), recipe)
    supernet, decisions = Supernet(BACKBONE), Decisions(BACKBONE)
    supernet.load_state_dict(found.state["supernet"])
    supernet.eval()
    x = DIGITS.inputs(torch.from_numpy(splits.validation.x))
    for width in (16, 32):
        choice = tuple(replace(taken, width=width) for taken in BACKBONE.widest())
        with torch.no_grad():
            logits = supernet(x, decisions.hard(choice))
        assert DIGITS.score(logits.numpy(), splits.validation) >= 80.0


def test_an_interrupted_search_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    splits, recipe = DIGITS.load(None, 0), SearchRecipe(epochs=6, batch=128)
    budget, checkpoint = Budget(ops=0.25 * FULL), tmp_path / "search.pt"
    whole = search(BACKBONE, DIGITS, splits, budget, recipe)

    def stop(step: str) -> None:
        if step.startswith("search: epoch 4 "):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(BACKBONE, DIGITS, splits, budget, recipe, checkpoint=checkpoint, progress=stop)
    steps: list[str] = []
    rest = search(
        BACKBONE, DIGITS, splits, budget, recipe, checkpoint=checkpoint, progress=steps.append
    )
    assert len(steps) == 2
    assert rest.choice == whole.choice and rest.expected_ops == whole.expected_ops
    for part in ("supernet", "decisions"):
        for name, value in whole.state[part].items():
            assert torch.equal(rest.state[part][name], value), name
