"""Search spaces: families of networks from which members are drawn by seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from models.arch.spec import ArchSpec
from models.spaces import convolutional, dense, recurrent
from models.spaces.choices import Choices


@dataclass(frozen=True)
class Space:
    """One family.

    Attributes:
        name: as on the command line.
        title: what its members are, in one line.
        draw: makes a member with the given name from random choices.
    """

    name: str
    title: str
    draw: Callable[[str, Choices], ArchSpec]

    def member(self, seed: int) -> ArchSpec:
        """Return the member of this seed (0 ... 2^32 - 1): always the same one, named SPACE-SEED."""
        return self.draw(f"{self.name}-{seed}", Choices(seed))


SPACES: Mapping[str, Space] = {
    space.name: space
    for space in (
        Space("ds-cnn-kws", "MicroNets' DS-CNN backbone, 49 x 10 MFCCs", convolutional.ds_cnn_kws),
        Space("ds-cnn-ad", "MicroNets' DS-CNN backbone, 32 x 32 spectra", convolutional.ds_cnn_ad),
        Space("ibn-vww", "MobileNetV2 backbone, 50 to 160 grey pixels", convolutional.ibn_vww),
        Space("cnn-cifar10", "plain CNN, 32 x 32 RGB", convolutional.cnn_cifar10),
        Space("fc-autoencoder", "Dense autoencoder, up to 640 features", dense.autoencoder),
        Space("lstm", "one to three LSTM layers over a sequence", recurrent.lstm),
        Space("gru", "one or two GRU layers over a short sequence, unrolled", recurrent.gru),
    )
}
"""By name."""
