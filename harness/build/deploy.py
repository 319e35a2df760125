"""Deploy images: firmware with one model linked in and only the kernels it uses.

Their size is the true flash size.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.build.images import Image, build
from harness.errors import BuildError, MemoryLimitError
from targets.deadline import Deadline
from targets.schema import Target

_OVERFLOW = re.compile(r"region [`'](\w+)' overflowed by (\d+) bytes")


@dataclass(frozen=True)
class DeployModel:
    """A compiled model to link in.

    Attributes:
        blob: the plan (firmware/engines/plan/plan_format.h).
        opcodes: names of the kernels it needs ("CONV_2D_S8"), without prefix.
        arena_bytes: planned activations.
        io_bytes: staging of inputs and outputs.
    """

    blob: bytes
    opcodes: frozenset[str]
    arena_bytes: int
    io_bytes: int


def build_deploy(
    target: Target, engine: str, kernels: str, model: DeployModel, deadline: Deadline
) -> Image:
    """Return the deploy image of `model`, building it if need be.

    Raises:
        MemoryLimitError: code and model exceed the target's flash, or arena and stack its RAM.
        MissingToolError: a compiler or build tool is missing.
        BuildError: it did not build, or the cache cannot be written.
    """
    extra = {
        "TINYHIL_DEPLOY_OPS": ";".join(sorted(model.opcodes)),
        "TINYHIL_DEPLOY_ARENA": str(model.arena_bytes),
        "TINYHIL_DEPLOY_IO": str(model.io_bytes),
    }
    try:
        return build(target, engine, kernels, extra, model.blob, deadline)
    except BuildError as error:
        raise _overflow(error.log, target) or error from None


def _overflow(log: str, target: Target) -> MemoryLimitError | None:
    """Read the linker's complaint about a region that is too small."""
    found = _OVERFLOW.search(log)
    if found is None:
        return None
    memory = target.memory
    if found[1] == "RAM":
        limit, what, region = memory.ram.length, "firmware with the model's arena", "RAM"
    else:
        limit, what, region = memory.code.length, "firmware with the model linked in", "flash"
        if memory.slot.origin == memory.code.end:
            limit += memory.slot.length
    return MemoryLimitError(what, limit + int(found[2]), region, limit, target.name)
