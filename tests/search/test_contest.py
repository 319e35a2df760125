"""The contest of a found network with plain shapes: who is in it, who wins, and that it goes on where it was killed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest

from models.arch.counters import count
from models.arch.layers import Shape
from models.arch.spec import ArchSpec
from models.search.backbones import BACKBONES, backbone_for, cnn_digits, plain_choices
from models.search.bench import TargetDevice
from models.search.contest import FOUND, Contest, Rules, contested
from models.search.dnas.backbone import Backbone
from models.search.estimate import Estimator
from models.search.limits import SAME, Figures, Limits
from models.search.records import Candidate, Folder
from models.search.wanted import Context, Wanted
from models.tasks import parse_task
from models.train.recipe import Recipe
from targets.catalogue import load_catalogue

LIMIT_US = 400_000.0
RULES = Rules(Recipe(epochs=10, batch=64), (0.1, 0.3, 0.5))


class Operations(Estimator):
    """A microsecond for each operation."""

    def __init__(self) -> None:
        pass

    def figures(self, arch: ArchSpec) -> Figures:
        return Figures(float(count(arch).ops), 1.0, 1.0)


def operations(context: Context) -> dict[str, Estimator]:
    return dict.fromkeys(context.backbones, Operations())


@dataclass
class Refusing:
    """A device that finds every network too slow."""

    asked: list[str] = field(default_factory=list)

    def figures(self, model: Path) -> Figures:
        self.asked.append(model.stem)
        return Figures(2 * LIMIT_US, 1.0, 1.0)


def context(path: Path, said: list[str], offline: bool = True) -> Context:
    target = load_catalogue().target("qemu-cortex-m4")
    wanted = Wanted(
        "micronets", parse_task("digits"), target, "fast", Limits(latency_us=LIMIT_US),
        offline=offline,
    )  # fmt: skip
    return Context(wanted, Folder(path), said.append)


def trainings(said: list[str]) -> int:
    return sum("epoch" in words for words in said)


def found(context: Context) -> Candidate:
    """The narrowest network: the one that any shape beats."""
    figures = Operations().figures(context.backbone.arch(context.backbone.narrowest()))
    return Candidate(
        design=context.design(context.backbone.narrowest()),
        raw=figures,
        estimated=figures,
        device=None,
        kind="estimated",
        correction=SAME,
    )


def test_a_better_shape_wins_within_the_limits(tmp_path: Path) -> None:
    said: list[str] = []
    search = context(tmp_path, said)
    before = found(search)
    won = contested(search, operations(search), before, RULES)
    held = search.folder.read("contest.json", Contest)
    assert held is not None and held.found == before.design and held.winner == won.design
    assert held.entries[0].name == FOUND
    for entry in held.entries:
        assert Operations().figures(search.arch(entry.design)).latency_us <= LIMIT_US
    # Three networks, then the better two of them; one alone is not trained again.
    assert sorted(len(entry.losses) for entry in held.entries) == [1, 2, 2]
    assert trainings(said) == 5
    last = min((e for e in held.entries if len(e.losses) == 2), key=lambda e: e.losses[-1])
    assert won.design == last.design != before.design
    assert won.estimated == Operations().figures(search.arch(won.design))
    assert search.folder.read("candidate.json", Candidate) == won

    # Done: the winner is not contested again. Nor is anything trained twice.
    assert contested(search, operations(search), won, RULES) == won
    assert contested(search, operations(search), before, RULES) == won
    assert trainings(said) == 5


def test_shapes_of_every_backbone_are_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the device said of the found network is not taken for the other backbone's."""

    def narrow(input_shape: Shape, classes: int) -> Backbone:
        wide = cnn_digits(input_shape, classes)
        blocks = tuple(replace(block, widths=(4,)) for block in wide.blocks)
        return replace(wide, name="narrow", blocks=blocks)

    both = {"narrow": narrow, "cnn": cnn_digits}
    monkeypatch.setitem(cast("dict[str, object]", BACKBONES), "digits", both)
    said: list[str] = []
    search = context(tmp_path, said)
    before = found(search).model_copy(update={"correction": Figures(2.0, 1.0, 1.0)})
    assert before.design.backbone == "narrow"
    won = contested(search, operations(search), before, RULES)
    assert won.design.backbone == "cnn" and won.correction == SAME
    assert won.estimated == Operations().figures(search.arch(won.design))
    trained = trainings(said)
    assert contested(search, operations(search), won, RULES) == won and trainings(said) == trained


def test_a_killed_contest_goes_on(tmp_path: Path) -> None:
    said: list[str] = []
    search = context(tmp_path, said)
    won = contested(search, operations(search), found(search), RULES)
    held = search.folder.read("contest.json", Contest)
    assert held is not None
    longest = max(range(3), key=lambda index: len(held.entries[index].losses))
    entries = list(held.entries)
    entries[longest] = entries[longest].model_copy(update={"losses": entries[longest].losses[:-1]})
    search.folder.write("contest.json", Contest(found=held.found, entries=tuple(entries)))
    said.clear()
    assert contested(search, operations(search), found(search), RULES) == won
    assert trainings(said) == 1
    assert search.folder.read("contest.json", Contest) == held


def test_a_device_that_refuses_all_shapes_keeps_the_found_network(tmp_path: Path) -> None:
    said: list[str] = []
    search = context(tmp_path, said, offline=False)
    device = Refusing()
    search.__dict__["target"] = cast(TargetDevice, device)
    before = found(search)
    assert contested(search, operations(search), before, RULES) == before
    assert device.asked


def test_without_rounds_there_is_no_contest(tmp_path: Path) -> None:
    search = context(tmp_path, [])
    before = found(search)
    assert contested(search, operations(search), before, replace(RULES, shares=())) == before
    assert not (tmp_path / "contest.json").exists()


@pytest.mark.parametrize(
    ("task", "name"), [(task, name) for task, names in BACKBONES.items() for name in names]
)
def test_plain_shapes_are_of_one_width_or_rise(task: str, name: str) -> None:
    known = parse_task(task)
    backbone = backbone_for(task, name, known.input_shape, len(known.classes))
    shapes = plain_choices(backbone)
    assert len({backbone.arch(choice) for choice in shapes.values()}) == len(shapes)
    assert len(shapes) > 2 or not any(block.optional for block in backbone.blocks)
    for name, choice in shapes.items():
        shares = [
            taken.width / block.widths[-1]
            for block, taken in zip(backbone.blocks, choice, strict=True)
            if taken.kept
        ]
        assert name.startswith(f"{len(shares)} blocks")
        if name.endswith("even"):
            assert set(shares) == {1.0}
        else:
            assert shares == sorted(shares)
            assert shares[0] == pytest.approx(0.25, abs=0.1) and shares[-1] == 1
