"""From the engines and kernel sets that were asked for to those that a target is measured with."""

from __future__ import annotations

from collections.abc import Sequence

from harness.engines.plan.kernels import KERNEL_SETS
from harness.engines.registry import ENGINES, engine_named
from harness.engines.tflm.library import PLAIN
from harness.errors import MissingToolError, UsageError
from targets.schema import Target


def choices(
    target: Target, engines: Sequence[str], kernels: Sequence[str]
) -> list[tuple[str, str]]:
    """Return (engine, kernel set) of every measurement on `target`, in the order asked for, each once.

    A kernel set applies to the engine that has it: "tflm" and "tflm+..." to tflm, all others to plan. An engine that
    none applies to has its default: plan "reference", tflm the fastest library that was built for the core.

    Args:
        target: where.
        engines: names; none: plan, or tflm on a target that runs nothing else. Of several, a target takes those that
            it can run.
        kernels: names.

    Raises:
        UsageError: an engine or kernel set is not known, a kernel set belongs to none of the engines, or the target
            runs none of the engines.
    """
    only_tflm = target.driver.kind == "tflite_micro"
    asked = tuple(dict.fromkeys(engines)) or (("tflm",) if only_tflm else ("plan",))
    for name in asked:
        if name not in ENGINES:
            raise UsageError(f"engine '{name}' is not known; there is: {', '.join(ENGINES)}")
    for word in kernels:
        owner = engine_of(word)
        if owner not in asked:
            raise UsageError(
                f"kernel set '{word}' is of engine {owner}, which is not asked for (--engine {owner})"
            )
    runs = [name for name in asked if not only_tflm or name == "tflm"]
    if not runs:
        raise UsageError(f"{target.name} runs engine tflm only, not {', '.join(asked)}")
    pairs = []
    for name in runs:
        own = [word for word in kernels if engine_of(word) == name and not only_tflm]
        pairs += [(name, word) for word in dict.fromkeys(own or [default_kernels(target, name)])]
    return pairs


def engine_of(kernels: str) -> str:
    """Return the engine whose kernel set this is.

    Raises:
        UsageError: no engine's.
    """
    if kernels == PLAIN or kernels.startswith(PLAIN + "+"):
        return "tflm"
    if kernels in KERNEL_SETS:
        return "plan"
    raise UsageError(
        f"kernel set '{kernels}' is not in this version; there is: {', '.join(KERNEL_SETS)};"
        f" {PLAIN}, {PLAIN}+cmsis-nn for engine tflm"
    )


def default_kernels(target: Target, engine: str) -> str:
    """Return what `engine` runs with when nothing is asked for; a missing library is told when it is needed."""
    if target.driver.kind == "tflite_micro":
        return PLAIN
    try:
        return engine_named(engine).kernel_sets(target)[0]
    except MissingToolError:
        return PLAIN
