"""The import rules of the design: targets <- harness <- models, reports; heavy libraries under models only."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN = {
    "targets": {"harness", "models", "reports", "torch", "tensorflow", "keras"},
    "harness": {"models", "reports", "torch", "tensorflow", "keras"},
    "reports": {"models", "torch", "tensorflow", "keras"},
    "models": {"reports"},
}
# Packages of models that are imported only to train.
TRAINING = {"train", "search"}


def imported_packages(source: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", sorted(FORBIDDEN))
def test_package_imports_only_downwards(package: str) -> None:
    sources = list((ROOT / package).rglob("*.py"))
    assert sources
    bad = {
        str(source.relative_to(ROOT)): wrong
        for source in sources
        if (wrong := imported_packages(source) & FORBIDDEN[package])
    }
    assert not bad


@pytest.mark.parametrize(
    ("training", "allowed"), [(False, set()), (True, {"torch"})], ids=["others", "training"]
)
def test_importing_models_loads_no_training_library(training: bool, allowed: set[str]) -> None:
    """Only packages that train import PyTorch, and none imports TensorFlow before it is used."""
    sources = [
        path.relative_to(ROOT)
        for path in (ROOT / "models").rglob("*.py")
        if (path.relative_to(ROOT).parts[1] in TRAINING) is training
    ]
    assert sources
    modules = sorted(
        ".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in sources
    )
    code = f"""
import importlib, sys
for name in {modules!r}:
    importlib.import_module(name)
print(*sorted({{m.split('.')[0] for m in sys.modules}} & {{'torch', 'tensorflow', 'keras'}}))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) == allowed
