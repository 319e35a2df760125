"""An image and its model, without all that a measurement needs besides."""

from __future__ import annotations

from dataclasses import dataclass

from harness.build.deploy import DeployModel, build_deploy
from harness.build.images import Image, build_image
from harness.engines.plan.compile import CompiledModel, compile_model
from harness.errors import ModelError
from harness.measure.job import Job
from harness.measure.prepare import BUILD_TIMEOUT_S, check_fits, io_bytes
from harness.timing.model import CycleModel, cycle_model
from targets.deadline import Deadline
from targets.schema import Target


@dataclass(frozen=True)
class Firmware:
    """What runs on a device.

    Attributes:
        linked: the model is linked into the image (a deploy image), else it goes to the slot.
        cycle_model: what an emulator counts with, if not instructions.
    """

    target: Target
    image: Image
    model: CompiledModel
    linked: bool = False
    cycle_model: CycleModel | None = None


def prepare_firmware(job: Job, *, deploy: bool = False) -> Firmware:
    """Compile `job`'s model and build the image that runs it.

    Args:
        job: its model, target, engine and kernels count.
        deploy: link the model in, instead of leaving it to the slot.

    Raises:
        ModelError: the model cannot be measured.
        MemoryLimitError: it does not fit slot, flash or RAM of the target.
        MissingToolError: a compiler or build tool is missing.
        BuildError: the firmware did not build.
    """
    try:
        model = compile_model(job.read_model(), job.name, job.kernel_set, optimise=job.optimise)
    except ModelError as error:
        raise error.named(str(job.model)) from None
    check_fits(job, model)
    deadline = Deadline.after(BUILD_TIMEOUT_S)
    if deploy:
        parts = DeployModel(model.blob, model.opcodes, model.arena_bytes, io_bytes(model))
        image = build_deploy(job.target, job.engine, job.kernels, parts, deadline)
    else:
        image = build_image(job.target, job.engine, job.kernels, deadline)
    return Firmware(
        job.target, image, model, linked=deploy, cycle_model=cycle_model(job.target, job.timing)
    )
