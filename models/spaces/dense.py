"""The search space of Dense autoencoders: MLPerf Tiny's anomaly detector with other widths and depths."""

from __future__ import annotations

from models.arch.layers import Dense
from models.arch.spec import ArchBuilder, ArchSpec
from models.spaces.choices import Choices


def autoencoder(name: str, choices: Choices) -> ArchSpec:
    """Return an autoencoder: one to five hidden layers, a bottleneck, and the same layers mirrored."""
    features = choices.one_of((128, 256, 384, 512, 640))
    limit = choices.width(32, 256)
    hidden = [choices.width(16, limit) for _ in range(choices.integer(1, 5))]
    b = ArchBuilder(name, (1, features))
    for units in (*hidden, choices.width(4, 32), *reversed(hidden)):
        b.add(Dense(units, "RELU"))
    b.add(Dense(features))
    return b.build()
