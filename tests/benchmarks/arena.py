"""Working memory of the plan engine against TensorFlow Lite Micro's, bytes. The first table of docs/arena.md."""

from __future__ import annotations

from statistics import geometric_mean

from rich.console import Console
from rich.table import Table

from harness.engines.plan.compile import compile_model
from harness.engines.plan.kernels import REFERENCE, kernel_set
from harness.engines.tflm_oracle import tflm_arena
from models.arch.randomise import random_parameters
from models.arch.to_tflite import to_tflite
from models.zoo import ZOO
from tests.benchmarks.models import models

KERNELS = {
    "plan, reference": REFERENCE,
    "plan, cmsis-nn (DSP)": kernel_set("cmsis-nn", "dsp"),
    "plan, fast (DSP)": kernel_set("fast", "dsp"),
}
REBUILT = ("vww01", "ic01")


def show(console: Console) -> None:
    table = Table(title="Working memory, bytes", title_justify="left")
    columns = ("model", "lower bound", "as it stands", *KERNELS, "TFLM activations", "TFLM in all")
    for column in columns:
        table.add_column(column, justify="right")
    ratios: dict[str, list[float]] = {name: [] for name in KERNELS}
    for name, data in (models() | _rebuilt()).items():
        theirs = tflm_arena(data)
        stands = compile_model(data, name, optimise=False)
        ours = {kernels: compile_model(data, name, KERNELS[kernels]) for kernels in KERNELS}
        for kernels, model in ours.items():
            if name != "example":
                ratios[kernels].append(model.arena_bytes / theirs.total_bytes)
        numbers = (
            ours["plan, reference"].lower_bound_bytes,
            stands.arena_bytes,
            *(model.arena_bytes for model in ours.values()),
            theirs.activations_bytes,
            theirs.total_bytes,
        )
        table.add_row(name, *(f"{number:,}" for number in numbers))
    means = (f"{geometric_mean(ratios[name]):.2f}" for name in KERNELS)
    table.add_row(
        "without the example, geometric mean of ratios to TFLM in all", "", "", *means, "", "1"
    )
    console.print(table)


def _rebuilt() -> dict[str, bytes]:
    """Networks of MLPerf Tiny whose own files are not at hand, with random weights."""
    found = {}
    for name in REBUILT:
        arch = ZOO[name].build()
        found[name] = to_tflite(arch, random_parameters(arch, 0))
    return found
