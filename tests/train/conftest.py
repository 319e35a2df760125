"""The plan engine on this machine: with reference kernels, and with fast ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from tests.kernels.bench import Bench, started_bench
from tests.operators.conftest import device  # noqa: F401


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Threads cost small networks more than they bring, all the more beside other tests."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def fast_bench() -> Iterator[Bench]:
    with started_bench("native", "fast") as running:
        yield running
