"""A search from end to end: calibrate, find, train, measure. Each step is kept, and not done twice."""

from __future__ import annotations

from pathlib import Path

from harness.search_result import FILE, SearchResult
from models.search.calibration import estimators
from models.search.contest import contested
from models.search.finders import Supernets, Uniform
from models.search.finding import find
from models.search.measuring import measured
from models.search.recipes import recipes_for
from models.search.records import Folder, Trained
from models.search.training import trained
from models.search.wanted import MICRONETS, Context, Progress, Wanted
from models.train.accelerator import failures_named


@failures_named()
def run(wanted: Wanted, path: Path, progress: Progress = lambda _: None) -> SearchResult | Trained:
    """Do what is left to do of a search.

    Args:
        wanted: what is asked for.
        path: folder of the search.
        progress: told of each step.

    Returns:
        The result; of an offline search, what training came to.

    Raises:
        UsageError: the folder is of another search, or no network keeps the limits.
        DeviceError: also where a GPU failed.
        TinyhilError: any other class of harness/errors.py.
    """
    context = Context(wanted, Folder(path), progress)
    context.folder.claim(context.identity)
    if result := context.folder.read(FILE, SearchResult):
        return result
    _ = context.splits  # missing examples are found out before minutes of measuring
    recipes = recipes_for(wanted.task.name, wanted.effort, wanted.seed)
    known = estimators(context)
    if wanted.method == MICRONETS:
        candidate = find(context, known, Supernets(context, recipes.search))
        candidate = contested(context, known, candidate, recipes.contest)
    else:
        candidate = find(context, known, Uniform(context))
    arch = context.arch(candidate.design, path.resolve().name)
    done = trained(context, arch, recipes.train)
    return done if wanted.offline else measured(context, done)
