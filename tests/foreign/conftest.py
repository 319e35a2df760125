"""The command line and the example, as the emulator tests have them."""

from tests.emulator.conftest import example, tinyhil

__all__ = ["example", "tinyhil"]
