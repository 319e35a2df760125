"""Deploy images: firmware with one model linked in and only the kernels it uses.

Their size is the true flash size.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from harness.build.images import Image, build
from harness.engines.engine import ImageParts
from harness.errors import BuildError, MemoryLimitError
from targets.deadline import Deadline
from targets.schema import Target

_OVERFLOW = re.compile(r"region [`'](\w+)' overflowed by (\d+) bytes")


@dataclass(frozen=True)
class DeployModel:
    """A compiled model to link in.

    Attributes:
        blob: as the engine packs it.
        arena_bytes: working memory.
        io_bytes: staging of inputs and outputs.
    """

    blob: bytes
    arena_bytes: int
    io_bytes: int


def build_deploy(
    target: Target,
    engine: str,
    kernels: str,
    model: DeployModel,
    deadline: Deadline,
    parts: ImageParts,
) -> Image:
    """Return the deploy image of `model` with the engine's `parts`, building it if need be.

    Raises:
        MemoryLimitError: code and model exceed the target's flash, or arena and stack its RAM.
        MissingToolError: a compiler or build tool is missing.
        BuildError: it did not build, or the cache cannot be written.
    """
    extra = {
        **parts.variables,
        "TINYHIL_DEPLOY_ARENA": str(model.arena_bytes),
        "TINYHIL_DEPLOY_IO": str(model.io_bytes),
    }
    try:
        return build(target, engine, kernels, replace(parts, variables=extra), model.blob, deadline)
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
