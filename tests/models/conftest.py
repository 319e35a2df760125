"""The plan engine on this machine."""

from tests.operators.conftest import device  # noqa: F401
