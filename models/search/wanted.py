"""What a search is asked for, and what its steps share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from harness.files import write_atomic
from models.arch.spec import ArchSpec
from models.search.backbones import BACKBONES, backbone_for, baseline_backbone
from models.search.bench import TargetDevice
from models.search.dnas.backbone import Backbone, Choice
from models.search.estimate import untrained
from models.search.limits import Limits
from models.search.records import Design, Folder, SearchId
from models.tasks import task_text
from models.tasks.task import Splits, Task
from targets.schema import Target

Progress = Callable[[str], None]
MICRONETS, UNIFORM = METHODS = ("micronets", "uniform")
"""Differentiable search of widths and depth; one width for all layers, to compare with."""


@dataclass(frozen=True)
class Wanted:
    """The request.

    Attributes:
        method: one of METHODS.
        task, target, kernels, limits, seed: of the search.
        backbone: the only one to choose from, of the task's (models/search/backbones.py); "": all of the task's, the
            supernet being of the first; of the uniform method the task's baseline.
        effort: factor on the epochs of the task's recipes.
        calibration: networks to measure for the latency model.
        latency_model: a model to load in place of a calibration.
        data: folder of the task's examples; None for the default.
        device: where torch computes.
        offline: search and train without the target; limits are judged by estimates.
        test_examples: to send to the device; 0 for all.
    """

    method: str
    task: Task
    target: Target
    kernels: str
    limits: Limits
    backbone: str = ""
    seed: int = 0
    effort: float = 1.0
    calibration: int = 60
    latency_model: Path | None = None
    data: Path | None = None
    device: str = "cpu"
    offline: bool = False
    test_examples: int = 0


@dataclass(frozen=True)
class Context:
    """A request in its folder.

    Attributes:
        wanted: the request.
        folder: where everything is kept.
        progress: told of each step.
    """

    wanted: Wanted
    folder: Folder
    progress: Progress

    @cached_property
    def backbones(self) -> Mapping[str, Backbone]:
        """What the search chooses from, by name. Raises UsageError: the task has none of the name that is wanted."""
        wanted, task = self.wanted, self.wanted.task
        only = wanted.backbone or (baseline_backbone(task.name) if wanted.method == UNIFORM else "")
        names = [only] if only else BACKBONES[task.name]
        classes = len(task.classes)
        return {name: backbone_for(task.name, name, task.input_shape, classes) for name in names}

    @property
    def first(self) -> str:
        """The name of the backbone that a finder proposes networks of."""
        return next(iter(self.backbones))

    @property
    def backbone(self) -> Backbone:
        """The first."""
        return self.backbones[self.first]

    def design(self, choice: Choice) -> Design:
        """Return the network of the first backbone."""
        return Design(backbone=self.first, choice=choice)

    def arch(self, design: Design, name: str = "") -> ArchSpec:
        """Return the layers of a network."""
        return self.backbones[design.backbone].arch(design.choice, name)

    @cached_property
    def target(self) -> TargetDevice:
        """The device."""
        return TargetDevice(self.wanted.target, self.wanted.kernels)

    @cached_property
    def splits(self) -> Splits:
        """The task's examples. Raises DataError, MissingToolError."""
        return self.wanted.task.load(self.wanted.data, self.wanted.seed)

    @property
    def identity(self) -> SearchId:
        """What tells this search from others."""
        wanted = self.wanted
        return SearchId(
            method=wanted.method,
            task=task_text(wanted.task),
            target=wanted.target.name,
            kernels=wanted.kernels,
            backbone=", ".join(backbone.name for backbone in self.backbones.values()),
            limits=wanted.limits,
            seed=wanted.seed,
            effort=wanted.effort,
        )

    def path(self, name: str) -> Path:
        """Return a file of the folder."""
        return self.folder.path / name

    def write_untrained(self, name: str, arch: ArchSpec) -> Path:
        """Write a network with random weights and return the file."""
        path = self.path(f"{name}.tflite")
        write_atomic(path, untrained(arch))
        return path
