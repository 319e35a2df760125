"""Task `anomaly`: machines that sound unusual, by telling machines apart (MicroNets, arXiv 2010.11267, section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from harness.measure.accuracy import area, softmax
from models.tasks.draw import Draw
from models.tasks.frontend import Mel, log_mel
from models.tasks.image_augment import mixed
from models.tasks.machines import MACHINES, RATE, recordings
from models.tasks.options import Limits, check_mixup
from models.tasks.task import Array, Examples, Metric, Splits, one_hot

if TYPE_CHECKING:
    import torch

FRAMES = 64
SIDE = 32
MEL = Mel(rate=RATE, frame=512, hop=256, fft=512, bins=64, low=20.0, high=4000.0, floor=1e-3)
"""64 ms frames, 32 ms apart."""
SAMPLES = MEL.frame + (FRAMES - 1) * MEL.hop

TRAIN, VALIDATION, TEST = 300, 75, 75
"""Normal recordings of each machine; the test part has as many anomalous ones beside them."""

_SPREAD = 1.2


@dataclass(frozen=True)
class Anomaly(Limits):
    """Which of four machines is it? An unusual sound is one whose machine the network gives a low probability.

    Trained on normal sounds only. The sounds are generated (models/tasks/machines.py); the test part is
    the same for every seed.

    Attributes:
        mixup: parameter of mixup's Beta distribution, 0.1 to 1; 0 for none.

    Raises:
        UsageError: another mixup.
    """

    mixup: float = 0.3

    name: ClassVar[str] = "anomaly"
    metric: ClassVar[Metric] = "auc"
    input_shape: ClassVar[tuple[int, ...]] = (1, SIDE, SIDE, 1)
    classes: ClassVar[tuple[str, ...]] = tuple(f"machine-{i}" for i in range(MACHINES))

    def __post_init__(self) -> None:
        super().__post_init__()
        check_mixup(self.mixup)

    def load(self, folder: Path | None, seed: int) -> Splits:
        """Generate the sounds; the folder is not looked at."""
        parts = Splits(
            recordings(TRAIN, 0, SAMPLES, 2 * seed + 1),
            recordings(VALIDATION, 0, SAMPLES, 2 * seed + 2),
            recordings(TEST, TEST, SAMPLES, 0),
        )
        return self.limited(parts, seed)

    def inputs(self, raw: torch.Tensor) -> torch.Tensor:
        """Waveforms (n, 16640) to log-mel images of 64 x 64, halved to (n, 32, 32, 1): time, frequency."""
        from torch.nn.functional import interpolate

        spectra = log_mel(raw, MEL) / _SPREAD
        halved = interpolate(
            spectra[:, None], size=(SIDE, SIDE), mode="bilinear", align_corners=False
        )
        return halved[:, 0, :, :, None]

    def augmented(
        self, raw: torch.Tensor, y: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Mix inputs and classes (mixup)."""
        inputs, targets = self.inputs(raw), one_hot(y, len(self.classes))
        if not self.mixup:
            return inputs, targets
        return mixed(inputs, targets, self.mixup, Draw(generator, raw.device))

    def score(self, logits: Array, examples: Examples) -> float:
        """AUC in percent of -p(machine) as the measure of anomaly.

        Of examples without an anomaly (train, validation): of p(class) as the measure of being the
        machine, over all pairs of example and class.
        """
        likely = softmax(np.asarray(logits, np.float64))
        true = examples.y[:, None] == np.arange(likely.shape[1])
        if examples.anomalous is None or not examples.anomalous.any():
            found = area(likely.reshape(-1), true.reshape(-1))
        else:
            found = area(-likely[true], examples.anomalous)
        return float("nan") if found is None else 100.0 * found
