"""Published figures of the MicroNets paper, to see where a search's networks stand.

Source: MicroNets (Banbury et al., MLSys 2021, arXiv 2010.11267v6), Table 4: int8 networks on boards, TFLite Micro with
CMSIS-NN kernels. Its kilobytes are taken as 1,000 bytes: so its AD networks' sizes agree with their published files.
"""

from __future__ import annotations

from dataclasses import dataclass

SOURCE = "MicroNets, arXiv 2010.11267v6, Table 4"


@dataclass(frozen=True)
class Published:
    """One network as printed.

    Attributes:
        name: as printed.
        score: accuracy or AUC, percent.
        latency_us: on the board; None where the board's core is another one than asked for.
        ram_bytes: of the interpreter's arena.
        flash_bytes: of the whole binary, code and model.
        estimated: whether the authors estimated the latency.
    """

    name: str
    score: float
    latency_us: float | None
    ram_bytes: float
    flash_bytes: float
    estimated: bool = False


@dataclass(frozen=True)
class Reference:
    """What was published of a kind of task.

    Attributes:
        data: set that the networks were trained and tested on.
        board: of the latencies; "" where none has the core.
        networks: that ran on the board; all of them without one.
    """

    data: str
    board: str
    networks: tuple[Published, ...]


_BOARDS = {"cortex-m4": "STM32F446RE", "cortex-m7": "STM32F746ZG"}
_DATA = {
    "kws": "Google Speech Commands v2, 12 classes",
    "image-grey": "Visual Wake Words",
    "anomaly": "MIMII slide rail",
}
# Name, score in %, seconds on the STM32F446RE and on the STM32F746ZG, binary and SRAM in KB.
_Row = tuple[str, float, float | None, float | None, float, float]
_TABLE_4: dict[str, tuple[_Row, ...]] = {
    "kws": (
        ("KWS-L", 96.5, None, 0.610, 701, 208.8),
        ("KWS-M", 95.8, 0.426, 0.187, 252, 103.3),
        ("KWS-S", 95.3, 0.250, 0.109, 191, 53.2),
    ),
    "image-grey": (
        ("VWW-1", 88.03, None, 1.133, 949, 285.3),
        ("VWW-2", 78.1, 0.181, 0.079, 331, 69.5),
        ("VWW-3", 86.44, None, 0.467, 564, 133.7),
        ("VWW-4", 82.49, 0.726, 0.31, 521, 118.7),
    ),
    "anomaly": (
        ("AD-L", 97.28, None, None, 530, 383.7),
        ("AD-M", 96.05, None, 0.608, 562, 274.5),
        ("AD-S", 95.35, 0.457, 0.192, 351, 114.2),
    ),
}
_ESTIMATED = {("AD-S", "STM32F746ZG")}


def published(task: str, core: str) -> Reference | None:
    """Return what MicroNets published of a task ("kws:unknown=2") on a board with that core; None for other tasks."""
    kind = task.partition(":")[0]
    if kind not in _TABLE_4:
        return None
    board = _BOARDS.get(core, "")
    networks = []
    for name, score, small_s, medium_s, binary_kb, sram_kb in _TABLE_4[kind]:
        seconds = {"cortex-m4": small_s, "cortex-m7": medium_s}.get(core)
        if board and seconds is None:
            continue
        networks.append(
            Published(
                name=name,
                score=score,
                latency_us=None if seconds is None else seconds * 1e6,
                ram_bytes=sram_kb * 1e3,
                flash_bytes=binary_kb * 1e3,
                estimated=(name, board) in _ESTIMATED,
            )
        )
    return Reference(_DATA[kind], board, tuple(networks))
