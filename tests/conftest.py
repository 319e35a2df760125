"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_models() -> Path:
    """Folder of the shared real models: $TINYHIL_SHARED/models or ../shared/models; skips where absent."""
    folder = Path(os.environ.get("TINYHIL_SHARED", ROOT.parent / "shared")) / "models"
    if not folder.is_dir():
        pytest.skip("the shared models are not at hand (TINYHIL_SHARED)")
    return folder


@pytest.fixture(autouse=True, scope="session")
def _private_data(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the tests out of the user's results; the image cache is shared, it is content-addressed."""
    os.environ["TINYHIL_DB"] = f"sqlite:///{tmp_path_factory.mktemp('db')}/results.sqlite"
    os.environ["XDG_DATA_HOME"] = str(tmp_path_factory.mktemp("data"))
    # Tests time nothing: those of two workers need not wait for each other.
    os.environ["TINYHIL_LOCKS"] = str(tmp_path_factory.mktemp("locks"))
