"""The contest: what the supernet found beside plain shapes of the same cost, by short trainings.

A supernet's networks share their weights, and where these were trained for too few steps it misjudges them. So no
search should end with less than a plain shape gives. Successive halving (Jamieson & Talwalkar, arXiv 1502.07943): all
are trained shortly, the better half for longer, and so on; the least cross entropy of the validation examples wins.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from harness.records import Record
from models.arch.spec import ArchSpec
from models.search.backbones import plain_choices
from models.search.estimate import Estimator
from models.search.finding import agreed
from models.search.limits import SAME, Figures
from models.search.loop import aimed, within
from models.search.records import CANDIDATE, Candidate, Design
from models.search.repair import fitted
from models.search.wanted import Context
from models.train.evaluate import cross_entropy
from models.train.fit import train_float
from models.train.recipe import Recipe

FOUND = "found"
_FILE = "contest.json"


class Entry(Record):
    """A network of the contest.

    Attributes:
        name: FOUND, or of the shape.
        design: fitted to the limits.
        losses: on the validation examples, nats, after each round that it was in.
    """

    name: str
    design: Design
    losses: tuple[float, ...] = ()


class Contest(Record):
    """What came of it so far.

    Attributes:
        found: what the search had found.
        entries: all networks.
        winner: None as long as there is none.
    """

    found: Design
    entries: tuple[Entry, ...]
    winner: Design | None = None


@dataclass(frozen=True)
class Rules:
    """How it is held.

    Attributes:
        recipe: of the training to come; the contest's are without quantisation.
        shares: of its epochs, for each round; none: no contest.
    """

    recipe: Recipe
    shares: tuple[float, ...]


def contested(
    context: Context, estimators: Mapping[str, Estimator], candidate: Candidate, rules: Rules
) -> Candidate:
    """Return the candidate, or the plain shape that did better; on a device, only one that keeps the limits there.

    Shapes are of every backbone that the search may choose from.

    Raises:
        StoreError: a file cannot be written or read.
        TinyhilError: as measuring raises.
    """
    if not rules.shares:
        return candidate
    held = context.folder.read(_FILE, Contest)
    if held is not None and candidate.design == held.winner:
        return candidate
    if held is None or held.found != candidate.design:
        entries = tuple(_entries(context, estimators, candidate))
        held = Contest(found=candidate.design, entries=entries)
    rounds = _Rounds(context, rules, held)
    offers = ((entry, _offer(context, estimators, candidate, entry)) for entry in rounds.ranking())
    entry, won = next((entry, offer) for entry, offer in offers if offer is not None)
    context.progress(f"contest: won by {entry.name}")
    context.folder.write(CANDIDATE, won)
    context.folder.write(_FILE, rounds.held.model_copy(update={"winner": won.design}))
    return won


def _entries(
    context: Context, estimators: Mapping[str, Estimator], candidate: Candidate
) -> Iterator[Entry]:
    """The found network first; then every shape that fits and is another one."""
    aim = aimed(context.wanted.limits)
    yield Entry(name=FOUND, design=candidate.design)
    known: set[ArchSpec] = {context.arch(candidate.design)}
    for kind, backbone in context.backbones.items():
        fits = within(backbone, aim, estimators[kind].figures, _correction(candidate, kind))
        for name, plain in plain_choices(backbone).items():
            choice = fitted(backbone, plain, fits)
            if choice is not None and backbone.arch(choice) not in known:
                known.add(backbone.arch(choice))
                yield Entry(name=f"{kind}, {name}", design=Design(backbone=kind, choice=choice))


def _correction(candidate: Candidate, backbone: str) -> Figures:
    """What the device said of one backbone's estimates says nothing of another's."""
    return candidate.correction if backbone == candidate.design.backbone else SAME


@dataclass
class _Rounds:
    context: Context
    rules: Rules
    held: Contest

    def ranking(self) -> list[Entry]:
        """Hold all rounds; returns the networks of the last one, the best first, then those that went before."""
        left = list(range(len(self.held.entries)))
        out: list[int] = []
        for number, share in enumerate(self.rules.shares):
            if len(left) == 1:
                break
            for index in left:
                self._train(index, number, max(1, round(share * self.rules.recipe.epochs)))
            left.sort(key=lambda index: self.held.entries[index].losses[number])
            if number + 1 < len(self.rules.shares):
                half = (len(left) + 1) // 2
                left, out = left[:half], left[half:] + out
        return [self.held.entries[index] for index in left + out]

    def _train(self, index: int, number: int, epochs: int) -> None:
        """Train a network for a round, from scratch; not twice."""
        entry, context = self.held.entries[index], self.context
        if len(entry.losses) > number:
            return
        task, splits, device = context.wanted.task, context.splits, context.wanted.device
        recipe = replace(self.rules.recipe, epochs=epochs)
        net = train_float(context.arch(entry.design), task, splits, recipe, device)
        loss = cross_entropy(net, task, splits.validation, device)
        context.progress(f"contest: {entry.name}: loss {loss:.3f} after {epochs} epochs")
        entries = list(self.held.entries)
        entries[index] = entry.model_copy(update={"losses": (*entry.losses, loss)})
        self.held = self.held.model_copy(update={"entries": tuple(entries)})
        context.folder.write(_FILE, self.held)


def _offer(
    context: Context, estimators: Mapping[str, Estimator], candidate: Candidate, entry: Entry
) -> Candidate | None:
    """The entry as the candidate; None where the device says that it breaks a limit."""
    if entry.name == FOUND:
        return candidate
    kind = entry.design.backbone
    correction = _correction(candidate, kind)
    estimated = estimators[kind].figures(context.arch(entry.design)).times(correction)
    offer = candidate.model_copy(
        update={"design": entry.design, "estimated": estimated, "correction": correction}
    )
    return offer if context.wanted.offline else agreed(context, offer)
