"""The plan engine on this machine, and one thread for PyTorch."""

from __future__ import annotations

import pytest
import torch

from tests.operators.conftest import device  # noqa: F401


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Threads cost small networks more than they bring, all the more beside other tests."""
    torch.set_num_threads(1)
