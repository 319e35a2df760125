"""A point in time that is handed down, so that nested calls share one limit."""

from __future__ import annotations

import time
from dataclasses import dataclass

from targets.errors import DeadlineExceededError


@dataclass(frozen=True)
class Deadline:
    """An absolute limit on the monotonic clock.

    Attributes:
        at_s: value of `time.monotonic()` at which time is up.
        limit_s: the span it was made with, for messages.
    """

    at_s: float
    limit_s: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """Return the deadline `seconds` from now."""
        return cls(time.monotonic() + seconds, seconds)

    def remaining_s(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.at_s - time.monotonic())

    def expired(self) -> bool:
        """Whether time is up."""
        return time.monotonic() >= self.at_s

    def sooner(self, seconds: float) -> Deadline:
        """Return the earlier of this deadline and `seconds` from now."""
        other = Deadline.after(seconds)
        return other if other.at_s < self.at_s else self

    def check(self, what: str, *, target: str = "", phase: str = "") -> None:
        """Raise DeadlineExceededError naming `what` when time is up."""
        if self.expired():
            raise DeadlineExceededError(
                f"no answer within {self.limit_s:g} s: {what}", target=target, phase=phase
            )
