"""Data folders: one where nothing is, and that of the real data; and one thread for each worker."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models.tasks.data import data_folder


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    """Tests run in as many processes as there are cores; threads of torch beside them only wait."""
    torch.set_num_threads(1)


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
