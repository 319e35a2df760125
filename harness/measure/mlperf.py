"""Measures any device that speaks the MLPerf Tiny text language: latency, and whether outputs are right.

The text language tells neither cycles, layers nor memory, so this is a smaller record than a
measurement. Times are the device's own time stamps.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from harness.engines.plan.compile import CompiledModel, compile_model
from harness.engines.tflm_oracle import make_oracle
from harness.errors import LinkError, UnsupportedModelError
from harness.link.mlperf import MlperfClient
from harness.link.transcript import Transcript
from harness.measure.dataset import to_real
from harness.measure.inputs import random_inputs
from harness.records import Kind
from targets.deadline import Deadline
from targets.drivers.protocol import Stream

TOLERANCE = 0.001
"""Outputs come with three decimals: each side may be off by half of the last one."""


@dataclass(frozen=True)
class Request:
    """What to do.

    Attributes:
        inferences, warmup: of each timed window; at least one inference.
        windows: how often; the median counts.
        check_inputs: random inputs whose outputs are compared with the reference interpreter's.
        seed: of those.
        kind: what the device's time stamps are: measured by a clock, or modelled by an emulator.
    """

    inferences: int = 10
    warmup: int = 1
    windows: int = 3
    check_inputs: int = 4
    seed: int = 1
    kind: Kind = "measured"


@dataclass(frozen=True)
class TextMeasurement:
    """What a device said.

    Attributes:
        device, vendor, firmware, device_model: its own words.
        latency_us: median over the windows of the mean time of one inference.
        windows_us: of each window.
        kind: measured or modelled.
        reference: interpreter and version; "" when nothing was compared.
        inputs: how many were compared.
        outputs_agree: within TOLERANCE; None when nothing was compared.
        max_abs_diff: the greatest difference of any output.
        predicted_alike: inputs for which the highest output is the same.
    """

    device: str
    vendor: str
    firmware: str
    device_model: str
    latency_us: float
    windows_us: tuple[float, ...]
    inferences: int
    warmup: int
    kind: Kind
    reference: str
    inputs: int
    outputs_agree: bool | None
    max_abs_diff: float | None
    predicted_alike: int


def measure_text(
    stream: Stream,
    model: bytes,
    name: str,
    request: Request,
    transcript: Transcript,
    deadline: Deadline,
    phase: Callable[[str], None] = lambda _: None,
) -> TextMeasurement:
    """Measure the device behind `stream`, which runs the .tflite `model` called `name`.

    Raises:
        UnsupportedModelError: the model has several inputs or outputs, or cannot be read.
        LinkError: an answer lacks something or makes no sense.
        DeviceError: the device failed, refused a command or was too slow.
    """
    compiled = compile_model(model, name)
    if len(compiled.inputs) != 1 or len(compiled.outputs) != 1:
        raise UnsupportedModelError("the text language has one input and one output", model=name)
    client = MlperfClient(stream, transcript, target=name)
    phase("waiting for the device")
    client.wait_ready(deadline)
    identity, profile = client.name(deadline), client.profile(deadline)
    sets = random_inputs(compiled.inputs, max(1, request.check_inputs), request.seed)
    images = [arrays[0] for arrays in sets]
    oracle = make_oracle(model) if request.check_inputs else None
    differences: list[float] = []
    alike = 0
    for index, image in enumerate(images if oracle else []):
        phase(f"checking outputs {index + 1}/{len(images)}")
        assert oracle is not None
        client.db_load(image.tobytes(), deadline)
        ours = _outputs(client.infer(1, 0, deadline).results, compiled)
        theirs = to_real(oracle.run([image])[0].tobytes(), compiled.outputs[0])
        differences.append(float(np.max(np.abs(ours - theirs))))
        alike += int(np.argmax(ours) == np.argmax(theirs))
    client.db_load(images[0].tobytes(), deadline)
    windows = []
    for index in range(request.windows):
        phase(f"timing {index + 1}/{request.windows}")
        windows.append(_window(client, request, deadline))
    return TextMeasurement(
        device=identity.device,
        vendor=identity.vendor,
        firmware=profile.firmware,
        device_model=profile.model,
        latency_us=statistics.median(windows),
        windows_us=tuple(windows),
        inferences=request.inferences,
        warmup=request.warmup,
        kind=request.kind,
        reference=oracle.name if oracle else "",
        inputs=len(differences),
        outputs_agree=max(differences) <= TOLERANCE if differences else None,
        max_abs_diff=max(differences) if differences else None,
        predicted_alike=alike,
    )


def _window(client: MlperfClient, request: Request, deadline: Deadline) -> float:
    result = client.infer(request.inferences, request.warmup, deadline)
    if result.latency_us is None:
        raise LinkError("infer reports no time stamps (m-lap-us-)")
    if result.latency_us <= 0:
        raise LinkError("the device's clock stood still while it ran")
    return result.latency_us


def _outputs(results: Sequence[float], model: CompiledModel) -> np.ndarray:
    wanted = int(np.prod(model.outputs[0].shape))
    if len(results) != wanted:
        raise LinkError(f"m-results- has {len(results)} values, the model {wanted} outputs")
    return np.array(results)
