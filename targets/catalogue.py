"""Finds and reads the target and core files; each only when it is asked for.

A user's own files lie in folders named by TINYHIL_TARGETS (colon-separated): targets as NAME.toml,
cores as cores/NAME.toml. A file there replaces one of the same name that comes with tinyhil.
"""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from targets.errors import CatalogueError, UnknownTargetError
from targets.schema import Core, Target

# tomli is the same code under the name it had before Python 3.11 took it in.
_toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

ENVIRONMENT = "TINYHIL_TARGETS"
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Entry:
    """One target as it was found: `target` when its file is right, else `error`."""

    name: str
    path: Path
    target: Target | None = None
    error: CatalogueError | None = None


@dataclass
class Catalogue:
    """All targets by name; files are read when asked for, once.

    Attributes:
        files: target files by name.
        core_files: core files by name.
        problems: folders that could not be listed.
    """

    files: Mapping[str, Path]
    core_files: Mapping[str, Path]
    problems: tuple[CatalogueError, ...] = ()
    _targets: dict[str, Target] = field(default_factory=dict, repr=False)
    _cores: dict[str, Core] = field(default_factory=dict, repr=False)

    def names(self) -> tuple[str, ...]:
        """Names of all targets, sorted; nothing is read."""
        return tuple(sorted(self.files))

    def target(self, name: str) -> Target:
        """Return the target of that name.

        Raises:
            UnknownTargetError: there is none; suggests the nearest names.
            CatalogueError: its file is wrong; every fault of it is named.
        """
        if name not in self._targets:
            if name not in self.files:
                raise UnknownTargetError(name, difflib.get_close_matches(name, self.names(), 3))
            self._targets[name] = self._read_target(name)
        return self._targets[name]

    def core(self, name: str) -> Core:
        """Return the core of that name.

        Raises:
            CatalogueError: there is none, or its file is wrong.
        """
        if name not in self._cores:
            path = self.core_files.get(name)
            if path is None:
                known = ", ".join(sorted(self.core_files))
                raise CatalogueError(f"core '{name}'", [f"no such core (there are {known})"])
            raw = _read_toml(path)
            try:
                core = Core.model_validate(raw)
            except ValidationError as error:
                raise CatalogueError(str(path), _problems(error)) from None
            _check_stem(core.name, path)
            self._cores[name] = core
        return self._cores[name]

    def entries(self) -> Iterator[Entry]:
        """Read every file; yields one entry per target, broken ones too, sorted by name."""
        for name in self.names():
            try:
                yield Entry(name, self.files[name], target=self.target(name))
            except CatalogueError as error:
                yield Entry(name, self.files[name], error=error)

    def _read_target(self, name: str) -> Target:
        path = self.files[name]
        raw = _read_toml(path)
        try:
            target = Target.model_validate(raw, context={"core": self._core_or_value_error})
        except ValidationError as error:
            raise CatalogueError(str(path), _problems(error)) from None
        _check_stem(target.name, path)
        return target

    def _core_or_value_error(self, name: str) -> Core:
        try:
            return self.core(name)
        except CatalogueError as error:
            raise ValueError(str(error)) from None


def load_catalogue(extra_dirs: Sequence[Path] = ()) -> Catalogue:
    """List the targets that come with tinyhil, those of TINYHIL_TARGETS and those of `extra_dirs`.

    Reads no file yet, so that a broken one hurts only who asks for it. A later folder wins over an
    earlier one.
    """
    named = [Path(part) for part in os.environ.get(ENVIRONMENT, "").split(":") if part]
    files = _toml_files(_HERE / "catalog")
    core_files = _toml_files(_HERE / "cores")
    problems = []
    for folder in (*named, *extra_dirs):
        try:
            files.update(_toml_files(folder))
            if (folder / "cores").is_dir():
                core_files.update(_toml_files(folder / "cores"))
        except OSError as error:
            problems.append(CatalogueError(str(folder), [error.strerror or str(error)]))
    return Catalogue(files, core_files, tuple(problems))


def _toml_files(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.iterdir()) if path.suffix == ".toml"}


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        raw: dict[str, Any] = _toml.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CatalogueError(str(path), [error.strerror or str(error)]) from None
    except ValueError as error:  # TOMLDecodeError, UnicodeDecodeError
        raise CatalogueError(str(path), [f"not TOML: {error}"]) from None
    return raw


def _check_stem(name: str, path: Path) -> None:
    if name != path.stem:
        raise CatalogueError(str(path), [f"name: is '{name}', but the file is {path.name}"])


def _problems(error: ValidationError) -> list[str]:
    """One line per fault, each with its path.

    A validator of schema.py puts several faults into one message, a line each.
    """
    lines = []
    for fault in error.errors(include_url=False, include_input=False):
        keys = [str(part) for part in fault["loc"]]
        # Inside a tagged union pydantic repeats the tag, which is no key of the file.
        if len(keys) > 1 and keys[0] in ("uart", "counter", "driver"):
            del keys[1]
        path = ".".join(keys)
        for text in fault["msg"].removeprefix("Value error, ").splitlines():
            joint = "." if text.split(":")[0].isidentifier() and ":" in text else ": "
            lines.append(f"{path}{joint}{text}" if path else text)
    return lines
