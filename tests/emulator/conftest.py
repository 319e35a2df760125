"""The command line as a user types it, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from models.example import example_model

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ran:
    """What a command said."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def tinyhil(tmp_path: Path) -> Callable[..., Ran]:
    """Run `tinyhil ARGS...` in a folder of its own, with its own results; `env` is added to the environment."""

    def run(*arguments: str | Path, env: Mapping[str, str] | None = None, code: str = "") -> Ran:
        program = code or "from harness.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", program, *map(str, arguments)],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "XDG_DATA_HOME": str(tmp_path / "data"),
                "TINYHIL_DB": f"sqlite:///{tmp_path}/results.sqlite",
                "COLUMNS": "200",
                **(env or {}),
            },
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's example model as a file."""
    path = tmp_path_factory.mktemp("models") / "example.tflite"
    path.write_bytes(example_model())
    return path
