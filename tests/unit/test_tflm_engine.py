"""The tflm engine's host side. What needs TFLM itself runs where TFLM_DIR names one."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from harness.engines.registry import engine_named
from harness.engines.tflm.library import ENVIRONMENT, find_libraries
from harness.engines.tflm.operators import parse_methods
from harness.engines.tflm.pack import ALIGN, HEADER, pack_model
from harness.errors import MissingToolError, UnsupportedModelError, UsageError
from harness.measure.bench import measure
from harness.measure.choice import choices
from harness.measure.job import Job
from harness.measure.prepare import prepare
from models.example import example_model
from targets.catalogue import load_catalogue

MICRO = "tensorflow/lite/micro"
DOWNLOADS = f"{MICRO}/tools/make/downloads"
HEADERS = (
    f"{MICRO}/micro_interpreter.h",
    f"{DOWNLOADS}/flatbuffers/include/flatbuffers/flatbuffers.h",
    f"{DOWNLOADS}/gemmlowp/fixedpoint/fixedpoint.h",
    f"{DOWNLOADS}/ruy/ruy/profiler/instrumentation.h",
)


def checkout(root: Path, *builds: str) -> Path:
    """A folder laid out as TFLM's, with libraries that hold only their folder's name."""
    for name in HEADERS:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    for build in builds:
        folder = root / "gen" / build / "lib"
        folder.mkdir(parents=True)
        (folder / "libtensorflow-microlite.a").write_text(build)
    return root


def failure(monkeypatch: pytest.MonkeyPatch, where: str, target: str = "qemu-cortex-m4") -> str:
    monkeypatch.setenv(ENVIRONMENT, where)
    with pytest.raises(MissingToolError) as caught:
        find_libraries(load_catalogue().target(target))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_without_the_variable_the_error_names_it_and_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = failure(monkeypatch, "")
    assert "set TFLM_DIR" in text
    assert "TARGET=cortex_m_generic TARGET_ARCH=cortex-m4+fp" in text and "microlite" in text


def test_a_wrong_folder_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = failure(monkeypatch, str(tmp_path))
    assert str(tmp_path) in text and "micro_interpreter.h" in text


def test_missing_downloads_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (checkout(tmp_path) / HEADERS[1]).unlink()
    text = failure(monkeypatch, str(tmp_path))
    assert "flatbuffers/flatbuffers.h" in text and "make -f" in text


def test_a_library_for_another_core_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    checkout(tmp_path, "cortex_m_generic_cortex-m4_default_gcc")  # without the FPU
    text = failure(monkeypatch, str(tmp_path))
    assert "cortex_m_generic_cortex-m4_default_gcc" in text
    assert "cortex_m_generic_cortex-m4+fp_*" in text


@pytest.mark.parametrize(
    ("target", "arch"),
    [
        ("qemu-cortex-m0", "TARGET_ARCH=cortex-m0 "),
        ("qemu-cortex-m7", "TARGET_ARCH=cortex-m7+fp "),
        ("qemu-cortex-m33", "TARGET_ARCH=cortex-m33 "),
        ("qemu-cortex-m55", "TARGET_ARCH=cortex-m55 "),
        ("qemu-riscv32", "TARGET=riscv32_generic "),
    ],
)
def test_the_command_suits_the_core(
    monkeypatch: pytest.MonkeyPatch, target: str, arch: str
) -> None:
    assert arch in failure(monkeypatch, "", target)


def test_the_best_build_of_each_kernels_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    head = "cortex_m_generic_cortex-m4+fp"
    checkout(
        tmp_path,
        f"{head}_default_gcc",
        f"{head}_release_gcc",
        f"{head}_release_with_logs_cmsis_nn_gcc",
        f"{head}_default_cmsis_nn",
        "cortex_m_generic_cortex-m4_release_with_logs_gcc",
    )
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path))
    found = find_libraries(load_catalogue().target("qemu-cortex-m4"))
    assert [(x.kernels, x.build) for x in found] == [
        ("tflm+cmsis-nn", "release_with_logs"),
        ("tflm", "default"),
    ]
    assert "CMSIS_NN" in found[0].defines and "NDEBUG" in found[0].defines
    assert "CMSIS_NN" not in found[1].defines and "NDEBUG" not in found[1].defines


def test_the_resolver_is_read_from_its_header() -> None:
    text = """
      TfLiteStatus AddCustom(const char* name) { return kTfLiteOk; }
      TfLiteStatus AddConv2D(const R& registration = Register_CONV_2D()) {
        return AddBuiltin(BuiltinOperator_CONV_2D, registration, ParseConv2D);
      }
      TfLiteStatus AddUnidirectionalSequenceLSTM(const R& r = Register()) {
        return AddBuiltin(
            BuiltinOperator_UNIDIRECTIONAL_SEQUENCE_LSTM, r, Parse);
      }
    """
    assert parse_methods(text) == {
        "CONV_2D": "AddConv2D",
        "UNIDIRECTIONAL_SEQUENCE_LSTM": "AddUnidirectionalSequenceLSTM",
    }


class _Any(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return key

    def __contains__(self, key: object) -> bool:
        return True


def test_the_blob_holds_the_file_aligned() -> None:
    data = example_model()
    blob = pack_model(data, "exämple", _Any()).blob
    _, _, variables, total, name_at, model_at, model_bytes, sha = HEADER.unpack_from(blob)
    assert (total, model_bytes, variables, model_at % ALIGN) == (len(blob), len(data), 0, 0)
    assert blob[model_at:] == data and blob[name_at:].startswith(b"ex?mple\0")
    assert sha.hex() == pack_model(data, "other", _Any()).sha256


def test_an_operator_that_tflm_lacks_is_named() -> None:
    with pytest.raises(UnsupportedModelError, match="no operator ADD"):
        pack_model(example_model(), "example", {"CONV_2D": "AddConv2D"})


def test_kernel_sets_apply_to_their_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    m4, host = (load_catalogue().target(name) for name in ("qemu-cortex-m4", "tflm-host"))
    assert choices(m4, (), ()) == [("plan", "reference")]
    assert choices(host, (), ()) == [("tflm", "tflm")]
    both = choices(m4, ("plan", "tflm"), ("reference", "tflm", "tflm+cmsis-nn"))
    assert both == [("plan", "reference"), ("tflm", "tflm"), ("tflm", "tflm+cmsis-nn")]
    assert choices(host, ("plan", "tflm"), ("reference",)) == [("tflm", "tflm")]
    for engines, kernels in (
        (("plan",), ("tflm",)),
        (("tflm",), ("reference",)),
        (("none",), ()),
        (("plan",), ("none",)),
    ):
        with pytest.raises(UsageError):
            choices(m4, engines, kernels)
    with pytest.raises(UsageError, match="runs engine tflm only"):
        choices(host, ("plan",), ())


def test_the_interpreter_on_the_host_is_a_target(tmp_path: Path) -> None:
    pytest.importorskip("tflite_micro")
    file = tmp_path / "example.tflite"
    file.write_bytes(example_model())
    host = load_catalogue().target("tflm-host")
    m = measure(Job(file, host, engine="tflm", kernels="tflm", repeats=5))
    assert m.latency.kind == "measured" and len(m.latency.cycles_all) == 5 and m.latency.us > 0
    assert m.memory.arena_bytes > m.memory.arena_bound_bytes > 0
    assert 0 < m.memory.arena_persistent_bytes < m.memory.arena_bytes
    assert m.memory.flash_bytes is None and m.memory.stack_bytes is None
    assert "tflite-micro" in m.provenance.engine_origin


def with_tflm(name: str) -> str:
    """Return kernels of the library for target `name`; skips where there is none."""
    if not os.environ.get(ENVIRONMENT):
        pytest.skip("TFLM_DIR is not set: the engine tflm needs a built TFLite Micro")
    try:
        return engine_named("tflm").kernel_sets(load_catalogue().target(name))[0]
    except MissingToolError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(
    "name", ["native", pytest.param("qemu-cortex-m4", marks=pytest.mark.emulator)]
)
def test_tflm_measures_as_the_wheel_computes(name: str, tmp_path: Path) -> None:
    kernels = with_tflm(name)
    file = tmp_path / "example.tflite"
    file.write_bytes(example_model())
    job = Job(file, load_catalogue().target(name), engine="tflm", kernels=kernels, repeats=2)
    m = measure(job)
    assert m.check.bit_exact and "TFLM" in m.check.reference
    assert [layer.index for layer in m.latency.layers] == list(range(len(prepare(job).model.steps)))
    assert sum(layer.cycles for layer in m.latency.layers) <= 1.2 * m.latency.cycles
    assert m.memory.flash_parts["tflm"] > 10_000
    assert m.memory.arena_persistent_bytes < m.memory.arena_bytes
    assert re.fullmatch("[0-9a-f]{64}", m.provenance.engine_sha256)
