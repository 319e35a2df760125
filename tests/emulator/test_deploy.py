"""The deploy build is a working firmware: it loads its own model and computes what TFLM computes."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.engines.plan.compile import compile_model
from harness.engines.tflm_oracle import TflmOracle
from harness.link.messages import Space
from harness.link.session import Session
from harness.link.transcript import Transcript
from harness.measure.inputs import random_inputs
from harness.measure.job import Job
from harness.measure.prepare import concatenate, prepare
from targets.catalogue import load_catalogue
from targets.deadline import Deadline
from targets.drivers import driver_for

pytestmark = pytest.mark.emulator


@pytest.mark.parametrize("target", ["qemu-cortex-m4", "qemu-cortex-m55", "native"])
def test_deploy_image_runs_its_model(example: Path, target: str) -> None:
    data = example.read_bytes()
    model, oracle = compile_model(data, "example"), TflmOracle(data)
    job = Job(example, load_catalogue().target(target), check_inputs=0)
    prepared = prepare(job)
    deadline = Deadline.after(120)
    with driver_for(job.target).start(prepared.deploy.elf, None, deadline) as device:
        session = Session(device.stream, Transcript(), target=target)
        session.wait_ready(deadline)
        hello = session.hello(deadline)
        assert hello.model_linked_in
        assert hello.slot_bytes == 0
        assert session.load(0, deadline).model_sha256.hex() == model.sha256
        for arrays in random_inputs(model.inputs, 3, seed=5):
            session.write(Space.INPUT, 0, concatenate(arrays), deadline)
            session.run(0, 1, False, deadline)
            outputs = session.read(Space.OUTPUT, 0, model.output_bytes, deadline)
            assert outputs == concatenate(oracle.run(arrays))


def test_deploy_image_is_smaller_by_the_kernels_it_does_not_need(example: Path) -> None:
    from harness.build.sizes import measure_sizes

    prepared = prepare(Job(example, load_catalogue().target("qemu-cortex-m4"), check_inputs=0))
    bench, deploy = measure_sizes(prepared.image), prepared.sizes
    assert deploy.flash_parts["kernels"] < bench.flash_parts["kernels"]
    assert deploy.model_bytes == len(prepared.model.blob)
    assert deploy.arena_bytes >= prepared.model.arena_bytes
