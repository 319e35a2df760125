"""The log of a calibration: one JSON line for each network as soon as it was measured, so that a killed one resumes.

{"tinyhil_latency_log": 1, "identity": {...}}
{"space": NAME, "sample": {...}}
{"space": NAME, "failed": NETWORK, "index": N, "error": TEXT}
{"space": NAME, "skipped": NETWORK, "index": N, "error": TEXT}      does not fit the target
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from harness.errors import StoreError
from harness.latency.identity import Identity
from harness.latency.networks import Sample

SCHEMA = 1


@dataclass
class Entries:
    """What a log holds.

    Attributes:
        samples: by space, in order of measurement; of a network measured again, the last one.
        failed, skipped: (space, index) -> why.
    """

    samples: dict[str, list[Sample]] = field(default_factory=dict)
    failed: dict[tuple[str, int], str] = field(default_factory=dict)
    skipped: dict[tuple[str, int], str] = field(default_factory=dict)

    def of(self, spaces: Collection[str]) -> list[Sample]:
        """Return the samples of these spaces, those of the first one measured first."""
        return [s for name, own in self.samples.items() if name in spaces for s in own]

    def add(self, space: str, sample: Sample) -> None:
        """Add a sample, in place of an earlier one of the same network."""
        known = self.samples.setdefault(space, [])
        for position, other in enumerate(known):
            if other.sha256 == sample.sha256:
                known[position] = sample
                return
        known.append(sample)

    def take(self, record: Mapping[str, object]) -> None:
        """Add what a line holds.

        Raises:
            ValueError, KeyError, TypeError, AssertionError, AttributeError: it is no line of a log.
        """
        space = str(record["space"])
        if "sample" in record:
            sample = record["sample"]
            assert isinstance(sample, Mapping)
            self.add(space, Sample.from_json(sample))
            return
        index = record["index"]
        assert isinstance(index, int)
        kind = self.failed if "failed" in record else self.skipped
        kind[space, index] = str(record["error"])


class Log:
    """A file of such lines.

    Args:
        path: made if it is not there.
        identity: of what is measured now.

    Raises:
        StoreError: it cannot be read or written, is no log, or was made with something else.
    """

    def __init__(self, path: Path, identity: Identity) -> None:
        self.path = path
        self.identity = identity
        self.entries = Entries()
        lines = _lines(path)
        if lines:
            _same(path, _identity(path, lines[0]), identity)
            self.entries = _entries(path, lines[1:])
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # A last line that was not written whole would spoil the next one.
            self._file = path.open("r+b" if lines else "wb", buffering=0)
            self._file.seek(sum(len(line) + 1 for line in lines))
            self._file.truncate()
        except OSError as error:
            raise StoreError(f"cannot write {path}: {error.strerror or error}") from error
        if not lines:
            self._write({"tinyhil_latency_log": SCHEMA, "identity": identity.model_dump()})

    def __enter__(self) -> Log:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def sample(self, space: str, sample: Sample) -> None:
        """Keep a measured network; once this returns it survives a crash."""
        self._write({"space": space, "sample": sample.to_json()})
        self.entries.add(space, sample)

    def failed(self, space: str, index: int, name: str, error: str) -> None:
        """Keep that a network could not be measured."""
        self._write({"space": space, "failed": name, "index": index, "error": error})
        self.entries.failed[space, index] = error

    def skipped(self, space: str, index: int, name: str, error: str) -> None:
        """Keep that a network does not fit the target."""
        self._write({"space": space, "skipped": name, "index": index, "error": error})
        self.entries.skipped[space, index] = error

    def _write(self, record: Mapping[str, object]) -> None:
        line = json.dumps(record, separators=(",", ":"), allow_nan=False).encode() + b"\n"
        try:
            self._file.write(line)
            os.fsync(self._file.fileno())
        except OSError as error:
            raise StoreError(f"cannot write {self.path}: {error.strerror or error}") from error


def read_log(path: Path) -> tuple[Identity, Entries]:
    """Return what the log at `path` was measured with, and what it holds; a last line that is not whole counts for
    nothing.

    Raises:
        StoreError: it cannot be read, or is no log.
    """
    lines = _lines(path)
    if not lines:
        raise StoreError(f"{path} is no log of a calibration (it is missing or empty)")
    return _identity(path, lines[0]), _entries(path, lines[1:])


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror or error}") from error


def _identity(path: Path, line: bytes) -> Identity:
    try:
        head = json.loads(line)
        if head["tinyhil_latency_log"] != SCHEMA:
            raise ValueError(f"schema {head['tinyhil_latency_log']}")
        return Identity.model_validate(head["identity"])
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise StoreError(f"{path} is no log of a calibration ({error})") from None


def _same(path: Path, found: Identity, identity: Identity) -> None:
    # What was measured has nothing of the features: a log outlives their versions.
    same_features = found.model_copy(update={"features_version": identity.features_version})
    differences = same_features.differences(identity)
    if found.target != identity.target:
        differences.insert(0, f"target {found.target}, not {identity.target}")
    if differences:
        raise StoreError(
            f"{path} was measured with {differences[0]}; delete it, or write to another file (-o)"
        )


def _entries(path: Path, lines: list[bytes]) -> Entries:
    entries = Entries()
    for number, line in enumerate(lines, 2):
        try:
            entries.take(json.loads(line))
        except (ValueError, KeyError, TypeError, AssertionError, AttributeError) as error:
            raise StoreError(f"{path}: line {number} is wrong ({error})") from None
    return entries
