"""Measures one network after another with one image.

It is the conversation of harness/measure/conversation.py without the output check, and without a deploy image for each
network: start (or upload), load, timed inferences, one profiled inference. An emulator is started anew for every
network, with the network in its slot: that takes a fifth of a second, an upload through its serial port several. A
device whose driver cannot place a network is started once. What is said is written down, one transcript for each start.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from harness.build.images import Image, build_image
from harness.build.sizes import measure_sizes
from harness.engines.plan.compile import CompiledModel, compile_program, pack_program
from harness.engines.plan.kernels import kernel_set
from harness.errors import DeviceError, LinkError, ModelError
from harness.latency.networks import Network, Sample
from harness.latency.steps import steps_of
from harness.link.messages import MAX_EVENTS, RunReply, Space
from harness.link.session import Session
from harness.link.transcript import Header, Transcript
from harness.measure.bench import transcript_path
from harness.measure.conversation import SLOWEST_MACS_PER_S
from harness.measure.firmware import Firmware
from harness.measure.inputs import random_inputs
from harness.measure.job import Job
from harness.measure.loaded import LoadedDevice, loaded_device
from harness.measure.prepare import BUILD_TIMEOUT_S, check_fits, check_ram, concatenate
from harness.timing.model import CycleModel, timed_driver
from targets.deadline import Deadline
from targets.drivers.protocol import Capability, Driver


class NetworkBench:
    """A device that measures networks; a context manager, to be used by one thread.

    Args:
        job: its target, kernels, repeats and so on are those of every network; its model is not looked at.
        cycle_model: what an emulator counts with; None for a real clock.
        driver: starts the device; None for the target's own.
        image: what it runs; None for the one that is built for the job.
    """

    def __init__(
        self,
        job: Job,
        cycle_model: CycleModel | None,
        driver: Driver | None = None,
        image: Image | None = None,
    ) -> None:
        self.job = job
        self.cycle_model = cycle_model
        self._driver = driver or timed_driver(job.target, cycle_model)
        self._kernels = kernel_set(job.kernels, job.target.core.simd)
        self._image = image
        self._static_bytes = 0
        self._running: tuple[LoadedDevice, ExitStack] | None = None
        self.starts = 0

    @property
    def image(self) -> Image:
        """The bench image, built when it is first asked for. Raises MissingToolError, BuildError."""
        if self._image is None:
            deadline = Deadline.after(BUILD_TIMEOUT_S)
            self._image = build_image(self.job.target, "plan", self.job.kernels, deadline)
            self._static_bytes = measure_sizes(self._image).static_bytes
        return self._image

    def __enter__(self) -> NetworkBench:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop the device, if it runs."""
        if self._running is not None:
            self._running[1].close()
            self._running = None

    def compile(self, network: Network) -> tuple[CompiledModel, Sample]:
        """Return the packed network, and its sample without figures.

        Raises:
            ModelError: it cannot be run.
            MemoryLimitError: it does not fit the target.
        """
        job = replace(self.job, model=Path(f"{network.name}.tflite"))
        try:
            program, done = compile_program(
                network.data, network.name, self._kernels, optimise=job.optimise
            )
        except ModelError as error:
            raise error.named(network.name) from None
        model = pack_program(program, network.name, self._kernels, done)
        check_fits(job, model)
        _ = self.image
        check_ram(job, model, self._static_bytes)
        sample = Sample(
            name=network.name,
            sha256=model.sha256,
            index=-1,
            cycles=(),
            unit="cycles" if self.cycle_model else job.target.timing.unit,
            step_cycles=(),
            steps=steps_of(program),
            arena_bytes=model.arena_bytes,
            wall_s=0.0,
        )
        return model, sample

    def measure(self, network: Network, index: int = -1) -> Sample:
        """Measure one network; a device that fails for good is stopped, and the next network gets a new one.

        Raises:
            ModelError: it cannot be run.
            MemoryLimitError: it does not fit the target.
            DeviceError: the device failed.
        """
        begin_s = time.monotonic()
        model, sample = self.compile(network)
        deadline = Deadline.after(self.job.timeout_s)
        firmware = Firmware(self.job.target, self.image, model, cycle_model=self.cycle_model)
        try:
            device = self._loaded(firmware, deadline)
            cycles, step_cycles = device.carry_out(_inferences(self.job, model, deadline), deadline)
        except DeviceError:
            self.stop()
            raise
        return replace(
            sample,
            index=index,
            cycles=cycles,
            step_cycles=step_cycles,
            wall_s=time.monotonic() - begin_s,
        )

    def _loaded(self, firmware: Firmware, deadline: Deadline) -> LoadedDevice:
        preloads = Capability.PRELOAD in self._driver.capabilities
        if self._running is not None and self.job.target.memory.slot.writable and not preloads:
            self._running[0].change(firmware, deadline)
            return self._running[0]
        self.stop()
        with ExitStack() as stack:
            path = transcript_path(str(uuid.uuid4()))
            path.parent.mkdir(parents=True, exist_ok=True)
            header = Header.now(self.job.target.name, firmware.image.image_id)
            transcript = stack.enter_context(Transcript.create(path, header))
            device = stack.enter_context(
                loaded_device(firmware, transcript, deadline, driver=self._driver)
            )
            self.starts += 1
            self._running = (device, stack.pop_all())
        return device


def _inferences(
    job: Job, model: CompiledModel, deadline: Deadline
) -> Callable[[Session], tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return the step that times and profiles: cycles of the repeats, and of each step of the plan."""
    inputs = concatenate(random_inputs(model.inputs, 1, seed=job.seed)[0])
    one_s = model.macs / SLOWEST_MACS_PER_S
    warmup, repeats = job.timed
    if job.target.kind == "emulator":
        # Every inference takes the same cycles: none is run for nothing.
        warmup, repeats = job.warmup or 0, job.repeats or 1
    anew = model.state_bytes > 0

    def run(session: Session, count: int, profile: bool) -> RunReply:
        session.write(Space.INPUT, 0, inputs, deadline)
        return session.run(
            warmup,
            count,
            profile,
            deadline,
            expected_s=(warmup + count) * one_s,
            reset_state=anew,
        )

    def step(session: Session) -> tuple[tuple[int, ...], tuple[int, ...]]:
        timed = run(session, repeats, False)
        profiled = run(session, 1, True)
        events = session.events(min(profiled.events, MAX_EVENTS), deadline)
        if not session.status(deadline).loaded:
            raise LinkError("the device restarted unseen", target=job.target.name)
        if profiled.dropped or [event.op for event in events] != list(range(len(model.steps))):
            return timed.cycles, ()  # more steps than its ring holds
        return timed.cycles, tuple(event.cycles for event in events)

    return step
