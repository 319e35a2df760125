"""What a search is asked for, and what its steps share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from harness.files import write_atomic
from models.arch.spec import ArchSpec
from models.search.backbones import backbone_for, baseline_backbone, default_backbone
from models.search.bench import TargetDevice
from models.search.dnas.backbone import Backbone
from models.search.estimate import untrained
from models.search.limits import Limits
from models.search.records import Folder, SearchId
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
        backbone: what is searched, one of the task's (models/search/backbones.py); "": the task's default, of the
            uniform method the task's baseline.
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
    def backbone(self) -> Backbone:
        """What the search chooses from. Raises UsageError: the task has none of that name."""
        wanted, task = self.wanted, self.wanted.task
        usual = baseline_backbone if wanted.method == UNIFORM else default_backbone
        name = wanted.backbone or usual(task.name)
        return backbone_for(task.name, name, task.input_shape, len(task.classes))

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
            backbone=self.backbone.name,
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
