"""The plot of engines and kernel sets."""

from __future__ import annotations

from harness.records import Measurement
from reports.engines import engine_figure
from tests.factories import make_measurement


def ran(engine: str, kernels: str, us: float) -> Measurement:
    one = make_measurement(1)
    latency = one.latency.model_copy(update={"us": us})
    changes = {"engine": engine, "kernels": kernels, "latency": latency, "id": engine + kernels}
    return one.model_copy(update=changes)


def test_slowest_first_with_ratios() -> None:
    figure = engine_figure(
        [ran("plan", "fast", 500.0), ran("tflm", "tflm", 2000.0), ran("plan", "reference", 1000.0)]
    )
    assert figure is not None
    text = str(figure)
    places = [text.index(name) for name in ("tflm/tflm", "plan/reference", "plan/fast")]
    assert places == sorted(places)
    assert ">4.00<" in text and ">2.00<" in text and ">1.00<" in text


def test_one_engine_is_no_comparison() -> None:
    assert engine_figure([ran("plan", "fast", 500.0), ran("plan", "fast", 600.0)]) is None


def test_a_measurement_without_an_image_has_no_flash() -> None:
    one = ran("tflm", "tflm", 10.0)
    memory = one.memory.model_copy(update={"flash_bytes": None})
    figure = engine_figure([one.model_copy(update={"memory": memory}), ran("plan", "fast", 5.0)])
    assert figure is not None and "–" in str(figure)
