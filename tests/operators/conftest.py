"""The kernels under test, built once per session."""

from __future__ import annotations

import pytest

from tests.operators.device import Device, build_library


@pytest.fixture(scope="session")
def device(tmp_path_factory: pytest.TempPathFactory) -> Device:
    return Device(build_library(tmp_path_factory.mktemp("kernels")))
