"""`tinyhil run` on the real emulators and the host: figures, outputs, provenance."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.emulator.conftest import Ran

pytestmark = pytest.mark.emulator

EMULATED = ["qemu-cortex-m4", "qemu-cortex-m7", "qemu-cortex-m55"]
TARGETS = [*EMULATED, "native"]


def on_all_targets() -> list[str]:
    return [word for target in TARGETS for word in ("--target", target)]


def test_example_is_bit_exact_on_every_target(tinyhil: Callable[..., Ran], example: Path) -> None:
    ran = tinyhil("run", example, *on_all_targets(), "--check-inputs", "20", "--json")
    assert ran.code == 0, ran.err
    measurements = ran.json()["measurements"]
    assert [m["target"] for m in measurements] == TARGETS
    for m in measurements:
        assert m["check"]["bit_exact"] is True
        assert m["check"]["inputs"] == 20
        assert m["check"]["reference"].startswith("TFLM")


@pytest.mark.shared
@pytest.mark.parametrize("model", ["kws_ref_model", "ad01_int8"])
def test_shared_model_is_bit_exact_on_100_inputs_on_every_target(
    tinyhil: Callable[..., Ran], shared_models: Path, model: str
) -> None:
    ran = tinyhil(
        "run",
        shared_models / f"{model}.tflite",
        *on_all_targets(),
        "--check-inputs",
        "100",
        "--json",
    )
    assert ran.code == 0, ran.err
    measurements = ran.json()["measurements"]
    assert [m["target"] for m in measurements] == TARGETS
    assert all(m["check"]["bit_exact"] and m["check"]["inputs"] == 100 for m in measurements)


def test_figures_agree_with_each_other(tinyhil: Callable[..., Ran], example: Path) -> None:
    ran = tinyhil("run", example, *on_all_targets(), "--json")
    assert ran.code == 0, ran.err
    for m in ran.json()["measurements"]:
        latency, memory = m["latency"], m["memory"]
        layers = latency["layers"]
        assert sum(layer["macs"] for layer in layers) == m["model"]["macs"] > 0
        assert m["model"]["ops"] == 2 * m["model"]["macs"]
        assert latency["us"] == pytest.approx(
            latency["cycles"] * 1e6 / m["provenance"]["clock_hz"], rel=1e-12
        )
        assert latency["min_us"] <= latency["us"] <= latency["max_us"]
        assert memory["flash_bytes"] == memory["code_bytes"] + memory["model_bytes"]
        assert sum(memory["flash_parts"].values()) == memory["flash_bytes"]
        assert memory["arena_bound_bytes"] <= memory["arena_bytes"]
        assert memory["ram_bytes"] == (
            memory["static_bytes"]
            + memory["arena_bytes"]
            + memory["io_bytes"]
            + memory["stack_bytes"]
        )
        assert memory["stack_bytes"] > 0


@pytest.mark.parametrize(("timing", "unit"), [("auto", "cycles"), ("none", "instructions")])
def test_emulated_latency_is_the_same_every_time(
    tinyhil: Callable[..., Ran], example: Path, timing: str, unit: str
) -> None:
    words = ["--timing", timing]
    words += [word for target in EMULATED for word in ("--target", target)]
    first, second = (tinyhil("run", example, *words, "--json") for _ in range(2))
    assert first.code == second.code == 0, first.err + second.err
    for a, b in zip(first.json()["measurements"], second.json()["measurements"], strict=True):
        assert a["latency"] == b["latency"]
        assert a["latency"]["unit"] == unit
        assert a["latency"]["kind"] == "modelled"
        assert a["latency"]["spread"] <= 1e-4
        # A multiply-accumulate takes at least a load and a multiply, and reference loops well under 100.
        assert 2 < a["latency"]["cycles"] / a["model"]["macs"] < 100
        layers = sum(layer["cycles"] for layer in a["latency"]["layers"])
        assert layers == pytest.approx(a["latency"]["cycles"], rel=0.01)


def test_host_latency_is_measured(tinyhil: Callable[..., Ran], example: Path) -> None:
    ran = tinyhil("run", example, "--target", "native", "--repeat", "7", "--json")
    assert ran.code == 0, ran.err
    (m,) = ran.json()["measurements"]
    assert m["latency"]["kind"] == "measured"
    assert m["latency"]["unit"] == "nanoseconds"
    assert m["latency"]["repeats"] == 7
    assert m["energy"]["uj"] is None
    assert m["energy"]["source"]


def test_energy_is_power_times_time_and_says_estimated(
    tinyhil: Callable[..., Ran], example: Path
) -> None:
    ran = tinyhil("run", example, "--target", "qemu-cortex-m4", "--json")
    assert ran.code == 0, ran.err
    (m,) = ran.json()["measurements"]
    assert m["energy"]["kind"] == "estimated"
    assert m["energy"]["uj"] == pytest.approx(m["latency"]["us"] * m["energy"]["power_mw"] / 1000)


def test_run_loads_neither_torch_nor_tensorflow(tinyhil: Callable[..., Ran], example: Path) -> None:
    code = """
import atexit, sys
def show():
    heavy = {"torch", "tensorflow", "keras", "pandas", "models", "reports"}
    print("HEAVY", *sorted({m.split(".")[0] for m in sys.modules} & heavy), file=sys.stderr)
atexit.register(show)
from harness.cli import main
main()
"""
    ran = tinyhil("run", example, "--target", "native", "--json", code=code)
    assert ran.code == 0, ran.err
    assert "HEAVY\n" in ran.err


def test_table_names_every_figure(tinyhil: Callable[..., Ran], example: Path) -> None:
    ran = tinyhil("run", example, "--target", "qemu-cortex-m4", "--target", "native")
    assert ran.code == 0, ran.err
    for word in ("latency", "energy", "flash", "RAM", "arena", "stack", "outputs", "bit-exact"):
        assert word in ran.out
    for word in ("DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "modelled", "measured", "QEMU", "TFLM"):
        assert word in ran.out


def test_layers_profiles_one_model(tinyhil: Callable[..., Ran], example: Path) -> None:
    table = tinyhil("layers", example, "--target", "qemu-cortex-m4")
    assert table.code == 0, table.err
    assert "CONV_2D" in table.out
    as_json = tinyhil("layers", example, "--target", "qemu-cortex-m4", "--json")
    layers = as_json.json()["layers"]
    assert [layer["index"] for layer in layers] == sorted(layer["index"] for layer in layers)
    assert sum(layer["macs"] for layer in layers) == as_json.json()["model"]["macs"]


def test_softmax_is_dropped_on_request_and_the_result_says_so(
    tinyhil: Callable[..., Ran], example: Path
) -> None:
    ran = tinyhil("run", example, "-t", "native", "--drop-softmax", "--json")
    assert ran.code == 0, ran.err
    (measurement,) = ran.json()["measurements"]
    assert measurement["check"]["bit_exact"] is True
    assert "SOFTMAX" not in {layer["op"] for layer in measurement["latency"]["layers"]}
    assert "softmax" in {one["name"] for one in measurement["optimisations"]}
    assert "1 SOFTMAX dropped on request" in measurement["provenance"]["optimised"]


def test_results_are_kept_and_reported(
    tinyhil: Callable[..., Ran], example: Path, tmp_path: Path
) -> None:
    assert tinyhil("run", example, "--target", "native").code == 0
    ran = tinyhil("report", "-o", tmp_path / "report.html")
    assert ran.code == 0, ran.err
    page = (tmp_path / "report.html").read_text()
    assert "example" in page
    assert "native" in page


@pytest.mark.parametrize("suffix", [".csv", ".json", ".parquet"])
def test_results_are_exported(
    tinyhil: Callable[..., Ran], example: Path, tmp_path: Path, suffix: str
) -> None:
    assert tinyhil("run", example, "--target", "native", "--check-inputs", "0").code == 0
    ran = tinyhil("export", "-o", tmp_path / f"results{suffix}", "--json")
    assert ran.code == 0, ran.err
    assert ran.json()["rows"] == 1
    assert (tmp_path / f"results{suffix}").stat().st_size > 0


def test_transcript_is_kept_and_named(
    tinyhil: Callable[..., Ran], example: Path, tmp_path: Path
) -> None:
    ran = tinyhil("run", example, "--target", "native", "--json")
    (m,) = ran.json()["measurements"]
    assert Path(m["provenance"]["transcript"]).is_file()
    assert Path(m["provenance"]["transcript"]).is_relative_to(tmp_path)
