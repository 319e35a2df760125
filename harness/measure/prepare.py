"""Everything that needs no device: compile the model, check limits, build images, ask the reference interpreter."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from harness.build.deploy import DeployModel, build_deploy
from harness.build.images import Image, build_image
from harness.build.sizes import Sizes, measure_sizes
from harness.engines.engine import PackedModel
from harness.engines.registry import engine_named
from harness.engines.tflm_oracle import make_oracle
from harness.errors import ModelError
from harness.measure.inputs import random_inputs
from harness.measure.job import Job
from harness.tflite.outputs import with_outputs
from harness.timing.model import CycleModel, cycle_model
from targets.deadline import Deadline
from targets.errors import MemoryLimitError

BUILD_TIMEOUT_S = 600.0
ALIGN = 16


@dataclass(frozen=True)
class Reference:
    """What the reference interpreter says.

    Attributes:
        name: interpreter and version; "" when none is at hand.
        note: why nothing is compared; "" otherwise.
        outputs: per input set, all outputs one after another as bytes (docs/link.md, output space).
    """

    name: str
    note: str
    outputs: tuple[bytes, ...]


@dataclass(frozen=True)
class Prepared:
    """A job ready for the device.

    Attributes:
        deploy, sizes: the image with the model linked in; None while the arena is not known, see `with_deploy`.
        inputs: per input set, all inputs one after another as bytes (docs/link.md, input space).
        cycle_model: what an emulator counts with; None on a board, a host, or where instructions are counted.
    """

    job: Job
    model: PackedModel
    image: Image
    deploy: Image | None
    sizes: Sizes | None
    inputs: tuple[bytes, ...]
    reference: Reference
    cycle_model: CycleModel | None = None


def prepare(job: Job) -> Prepared:
    """Compile, check and build everything for `job`.

    Raises:
        ModelError: the model cannot be measured.
        MemoryLimitError: it does not fit slot, flash or RAM of the target.
        MissingToolError: a compiler or build tool is missing.
        BuildError: the firmware did not build.
    """
    data = job.read_model()
    model = pack(job, data)
    check_fits(job, model)
    model_of_cycles = cycle_model(job.target, job.timing)
    deadline = Deadline.after(BUILD_TIMEOUT_S)
    image = bench_image(job, model, deadline)
    check_ram(job, model, measure_sizes(image).static_bytes)
    deploy = None
    if model.arena_bytes is not None:
        deploy = deploy_image(job, model, model.arena_bytes, deadline)
    sets = random_inputs(model.inputs, max(1, job.check_inputs), job.seed)
    return Prepared(
        job=job,
        model=model,
        image=image,
        deploy=deploy,
        sizes=measure_sizes(deploy) if deploy else None,
        inputs=tuple(concatenate(arrays) for arrays in sets),
        reference=_ask_reference(_as_compiled(job, model, data), sets[: job.check_inputs]),
        cycle_model=model_of_cycles,
    )


def with_deploy(prepared: Prepared, arena_bytes: int) -> Prepared:
    """Return `prepared` with a deploy image, built for `arena_bytes` unless it has one. Raises as `prepare`."""
    if prepared.deploy is not None:
        return prepared
    deadline = Deadline.after(BUILD_TIMEOUT_S)
    deploy = deploy_image(prepared.job, prepared.model, arena_bytes, deadline)
    return replace(prepared, deploy=deploy, sizes=measure_sizes(deploy))


def pack(job: Job, data: bytes) -> PackedModel:
    """Return the model as the job's engine takes it; errors name its file. Raises as Engine.pack."""
    try:
        return engine_named(job.engine).pack(
            data,
            job.name,
            job.target,
            job.kernels,
            optimise=job.optimise,
            without_softmax=job.drop_softmax,
        )
    except ModelError as error:
        raise error.named(str(job.model)) from None


def bench_image(job: Job, model: PackedModel, deadline: Deadline) -> Image:
    """Return the image that takes `model` into its slot. Raises as `prepare`."""
    parts = engine_named(job.engine).bench_parts(job.target, job.kernels, model)
    return build_image(job.target, job.engine, job.kernels, deadline, parts)


def deploy_image(job: Job, model: PackedModel, arena_bytes: int, deadline: Deadline) -> Image:
    """Return the image with `model` linked in and `arena_bytes` of working memory. Raises as `prepare`."""
    parts = engine_named(job.engine).deploy_parts(job.target, job.kernels, model)
    linked = DeployModel(model.blob, arena_bytes, io_bytes(model))
    return build_deploy(job.target, job.engine, job.kernels, linked, deadline, parts)


def check_fits(job: Job, model: PackedModel) -> None:
    """Raise MemoryLimitError when the model's blob exceeds the slot, or its working memory the RAM."""
    memory = job.target.memory
    if len(model.blob) > memory.slot.length:
        raise MemoryLimitError(
            f"model '{job.name}'",
            len(model.blob),
            "the model slot",
            memory.slot.length,
            job.target.name,
        )
    check_ram(job, model, static_bytes=0)  # before anything is built


def check_ram(job: Job, model: PackedModel, static_bytes: int) -> None:
    """Raise MemoryLimitError when stack, `static_bytes`, arena, inputs and outputs exceed the RAM."""
    ram = job.target.memory.ram.length
    fixed = job.target.stack_bytes
    if job.target.family != "native":  # there, static data is not in the RAM that is imitated
        fixed += static_bytes
    arena = model.arena_bytes
    if arena is None:
        arena = model.lower_bound_bytes  # the least; the device itself refuses what does not fit
    need = arena + io_bytes(model) + -(-fixed // ALIGN) * ALIGN
    if need > ram:
        static = ", static data" if static_bytes else ""
        raise MemoryLimitError(
            f"arena, input, output{static} and stack of model '{job.name}'",
            need,
            "RAM",
            ram,
            job.target.name,
        )


def io_bytes(model: PackedModel) -> int:
    """Bytes of the staging of inputs and outputs, each rounded up to 16."""
    spaces = (sum(t.size_bytes for t in model.inputs), sum(t.size_bytes for t in model.outputs))
    return sum(-(-space // ALIGN) * ALIGN for space in spaces)


def concatenate(arrays: list[npt.NDArray[np.generic]]) -> bytes:
    """Return the arrays' bytes one after another, little endian."""
    return b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)


def _as_compiled(job: Job, model: PackedModel, data: bytes) -> bytes:
    """The file whose outputs are the model's: without SOFTMAX, those that it would have been given."""
    return with_outputs(data, model.output_tensors) if job.drop_softmax else data


def _ask_reference(data: bytes, sets: list[list[npt.NDArray[np.generic]]]) -> Reference:
    if not sets:
        return Reference("", "not asked for (--check-inputs 0)", ())
    oracle = make_oracle(data)
    if oracle is None:
        return Reference("", "no reference interpreter for this model (see `tinyhil doctor`)", ())
    outputs = tuple(concatenate(list(oracle.run(arrays))) for arrays in sets)
    return Reference(oracle.name, "", outputs)
