"""Data folders: one where nothing is, and that of the real data."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.tasks.data import data_folder


@pytest.fixture
def nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that TINYHIL_DATA points to."""
    monkeypatch.setenv("TINYHIL_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real data: $TINYHIL_DATA or ../shared/data; skips where absent."""
    folder = data_folder(None)
    if folder is None or not (folder / "fsdd.npz").is_file():
        pytest.skip("the shared data are not at hand (TINYHIL_DATA)")
    return folder
