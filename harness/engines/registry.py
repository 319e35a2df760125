"""The engines by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from harness.engines.engine import Engine
from harness.errors import UsageError

_PLACES: Mapping[str, str] = {
    "plan": "harness.engines.plan.engine:PlanEngine",
    "tflm": "harness.engines.tflm.engine:TflmEngine",
}
ENGINES = tuple(_PLACES)
"""Names, as users write them."""


def engine_named(name: str) -> Engine:
    """Return the engine `name`.

    Raises:
        UsageError: there is none.
    """
    if name not in _PLACES:
        raise UsageError(f"engine '{name}' is not known; there is: {', '.join(ENGINES)}")
    module, _, attribute = _PLACES[name].partition(":")
    make: Callable[[], Engine] = getattr(import_module(module), attribute)
    return make()
