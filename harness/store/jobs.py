"""What the store tells of campaigns: plain records, importable without SQLAlchemy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["open", "done", "failed"]


@dataclass(frozen=True)
class PlannedJob:
    """A job that a campaign shall have.

    Attributes:
        key: identity by content, unique within a campaign (harness/campaign/keys.py).
        model: its name.
        model_sha256: of the file, hex; "" when it cannot be read.
        model_path: absolute.
        target, engine, kernels: names.
    """

    key: str
    model: str
    model_sha256: str
    model_path: str
    target: str
    engine: str
    kernels: str


@dataclass(frozen=True)
class JobRecord(PlannedJob):
    """A job of a campaign, and what became of it.

    Attributes:
        state: "open", "done" or "failed".
        error: the message of a failed job, "" otherwise.
        exit_code: of that error's class (docs/cli.md), 0 otherwise.
        attempts: how often it was tried to an end.
        wall_s: seconds that the last try took.
        finished: when that ended, ISO 8601 in UTC; None before.
        measurement_id: of a job that is done.
        bit_exact: what its output check said.
    """

    state: State
    error: str
    exit_code: int
    attempts: int
    wall_s: float
    finished: str | None
    measurement_id: str | None
    bit_exact: bool | None


@dataclass(frozen=True)
class CampaignSummary:
    """How far a campaign is.

    Attributes:
        name: of the campaign.
        done, failed, open: numbers of jobs.
        last: when the last job ended, ISO 8601 in UTC; None when none has.
    """

    name: str
    done: int
    failed: int
    open: int
    last: str | None
