"""An image and its model, without all that a measurement needs besides."""

from __future__ import annotations

from dataclasses import dataclass

from harness.build.images import Image
from harness.engines.engine import PackedModel
from harness.errors import UsageError
from harness.measure.job import Job
from harness.measure.prepare import BUILD_TIMEOUT_S, bench_image, check_fits, deploy_image, pack
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
    model: PackedModel
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
    if job.target.driver.kind == "tflite_micro":
        raise UsageError(
            f"{job.target.name} has no firmware and no serial port; `tinyhil run` measures it"
        )
    model = pack(job, job.read_model())
    check_fits(job, model)
    deadline = Deadline.after(BUILD_TIMEOUT_S)
    if deploy and model.arena_bytes is None:
        raise UsageError(
            f"engine {job.engine} tells only on the device what RAM it needs: --deploy is not for it"
        )
    if deploy:
        assert model.arena_bytes is not None
        image = deploy_image(job, model, model.arena_bytes, deadline)
    else:
        image = bench_image(job, model, deadline)
    return Firmware(
        job.target, image, model, linked=deploy, cycle_model=cycle_model(job.target, job.timing)
    )
