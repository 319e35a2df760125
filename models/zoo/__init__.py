"""Published networks, rebuilt: architecture exact, weights random."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from models.arch.spec import ArchSpec
from models.zoo import hello_edge, micronets, mlperf


@dataclass(frozen=True)
class ZooEntry:
    """One network of the zoo.

    Attributes:
        build: makes its architecture.
        source: where it was published.
        dead_channels: by layer, what the published weights have of channels that never change.
    """

    build: Callable[[], ArchSpec]
    source: str
    dead_channels: Mapping[str, int] = field(default_factory=dict)


_MLPERF = "MLPerf Tiny"
_MICRONETS = "MicroNets, arXiv 2010.11267"
_HELLO_EDGE = "Hello Edge, arXiv 1711.07128"

ZOO: Mapping[str, ZooEntry] = {
    "kws01": ZooEntry(mlperf.kws01, _MLPERF),
    "vww01": ZooEntry(mlperf.vww01, _MLPERF, mlperf.VWW01_DEAD_CHANNELS),
    "ic01": ZooEntry(mlperf.ic01, _MLPERF),
    "ad01": ZooEntry(mlperf.ad01, _MLPERF),
    "sww01": ZooEntry(mlperf.sww01, _MLPERF),
    **{f"ds-cnn-{s}": ZooEntry(partial(hello_edge.ds_cnn, s), _HELLO_EDGE) for s in "sml"},
    **{f"micronet-kws-{s}": ZooEntry(partial(micronets.kws, s), _MICRONETS) for s in "sml"},
    **{f"micronet-ad-{s}": ZooEntry(partial(micronets.ad, s), _MICRONETS) for s in "sml"},
    **{f"micronet-vww-{n}": ZooEntry(partial(micronets.vww, n), _MICRONETS) for n in "234"},
    **{
        f"micronets-ds-cnn-{s}": ZooEntry(partial(micronets.baseline, s), _MICRONETS) for s in "sml"
    },
}
"""By name."""
