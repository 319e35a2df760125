"""The decoder, compiled once."""

from __future__ import annotations

import pytest

from tests.timing.decoder import Decoder


@pytest.fixture(scope="session")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Decoder:
    return Decoder.build(tmp_path_factory.mktemp("decoder"))
