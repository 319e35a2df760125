"""The second step of a search: rounds of proposal, estimate and device, until a network fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.records import Kind
from models.arch.spec import ArchSpec
from models.search.estimate import Estimator
from models.search.limits import Figures
from models.search.loop import Find, Round, close_loop, keeps
from models.search.records import CANDIDATE, Candidate
from models.search.wanted import Context


def find(context: Context, estimators: Mapping[str, Estimator], finder: Find) -> Candidate:
    """Find a network that keeps the limits; one that was found before is returned.

    What was found offline is asked of the device when it is there.

    Args:
        context: of the search.
        estimators: of the target's figures, by backbone.
        finder: proposes networks.

    Raises:
        UsageError: none was found.
        TinyhilError: as measuring raises.
    """
    wanted, folder = context.wanted, context.folder
    kept = folder.read(CANDIDATE, Candidate)
    if kept is not None and (kept.device is not None or wanted.offline):
        return kept
    if kept is not None and (asked := agreed(context, kept)):
        folder.write(CANDIDATE, asked)
        return asked
    estimator = estimators[context.first]
    judge = _Estimates(estimator) if wanted.offline else _Measures(context)
    found = close_loop(
        context.backbone,
        wanted.limits,
        finder,
        estimator.figures,
        judge,
        done=lambda number, one: context.progress(_words(context, number, one)),
    )
    candidate = Candidate(
        design=context.design(found.choice),
        raw=found.raw,
        estimated=found.estimated,
        device=None if wanted.offline else found.figures,
        kind=found.kind,
        correction=found.correction,
    )
    folder.write(CANDIDATE, candidate)
    return candidate


def agreed(context: Context, kept: Candidate) -> Candidate | None:
    """Return what only the estimate says of, with the device's figures; None where it does not keep the limits there.

    Raises:
        TinyhilError: as measuring raises.
    """
    judge = _Measures(context)
    figures = judge.of("candidate", context.arch(kept.design))
    if not keeps(context.wanted.limits, figures):
        return None
    plain = kept.estimated.over(kept.correction)
    return kept.model_copy(
        update={"device": figures, "kind": judge.kind, "correction": figures.over(plain)}
    )


@dataclass(frozen=True)
class _Estimates:
    """Judges by the estimate, where there is no device."""

    estimator: Estimator
    kind: Kind = "estimated"

    def __call__(self, number: int, arch: ArchSpec) -> Figures:
        return self.estimator.figures(arch)


@dataclass(frozen=True)
class _Measures:
    """Judges by the device: latency and memory do not depend on the weights, so the network need not be trained."""

    context: Context

    @property
    def kind(self) -> Kind:
        return self.context.target.kind

    def __call__(self, number: int, arch: ArchSpec) -> Figures:
        self.context.progress(f"measuring the network of round {number}")
        return self.of(f"round-{number}", arch)

    def of(self, name: str, arch: ArchSpec) -> Figures:
        """Its file is kept under the name."""
        return self.context.target.figures(self.context.write_untrained(name, arch))


def _words(context: Context, number: int, one: Round) -> str:
    uses = ", ".join(
        f"{name} {use:.0%}" for name, use in context.wanted.limits.uses(one.figures).items()
    )
    return f"round {number}: {one.kind} use of the limits: {uses}"
