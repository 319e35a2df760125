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


def test_importing_models_loads_no_training_library() -> None:
    sources = [p for p in (ROOT / "models").rglob("*.py")]
    modules = sorted(
        ".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for p in sources
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
    assert done.stdout.strip() == ""
