"""How latency models and predictions look in a terminal, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.table import Table

from harness.cli import output
from harness.latency.model_file import ModelFile
from harness.latency.predict import Prediction
from harness.latency.validation import Validation


@contextmanager
def status() -> Iterator[Callable[[str], None]]:
    """Show what is being done: one line on a terminal, nothing elsewhere."""
    console = output.stderr()
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("starting") as shown:
        yield shown.update


def document(model: ModelFile) -> str:
    """Return the model file's text."""
    return json.dumps(model.model_dump(by_alias=True), indent=1) + "\n"


def percent(share: float | None) -> str:
    """0.0123 as '1.23 %'; three significant digits."""
    return "-" if share is None else f"{100.0 * share:.3g} %"


def calibration_lines(model: ModelFile, path: Path) -> Iterator[str]:
    """Yield what a calibration came to."""
    origin, identity = model.origin, model.identity
    networks = sum(origin.networks.values())
    spaces = ", ".join(f"{name} {count}" for name, count in origin.networks.items())
    yield (
        f"{identity.target}, kernels {identity.kernels}: {networks} networks {identity.kind} ({spaces}),"
        f" {origin.skipped} skipped (do not fit), {origin.failed} failed, {origin.repeated} repeated,"
        f" {origin.seconds:.0f} s"
    )
    for law in model.laws:
        layers = "" if law.layer_r2 is None else f"; single layers r2 {law.layer_r2:.3f}"
        yield (
            f"op-count law, {law.backbone}: {law.slope:.4g} {identity.unit} an operation"
            f" + {law.intercept:.4g}, r2 {law.r2:.4f}{layers}"
        )
    if model.validation is not None:
        yield errors_line(model.validation, "held out")
    if model.interval.factor is None:
        yield "no intervals: too few networks (10 or more must be fitted)"
    yield f"model: {path}"


def errors_line(check: Validation, which: str) -> str:
    """Return the figures of a check on networks that were not fitted; `which` they are."""
    return (
        f"{check.networks} networks {which}: median error {percent(check.median_error)},"
        f" worst {percent(check.worst_error)}, within 10 %: {percent(check.within_10)},"
        f" inside their 90 % interval: {percent(check.covered)}"
        f" (mean width +-{percent(check.mean_width)}), Kendall tau"
        f" {'-' if check.kendall_tau is None else f'{check.kendall_tau:.4f}'}"
    )


def prediction_table(names: list[str], predictions: list[Prediction], model: ModelFile) -> Table:
    """Return one row for each model."""
    identity = model.identity
    table = Table(
        title=f"Estimated on {identity.target}, kernels {identity.kernels}", title_justify="left"
    )
    for column in ("model", "latency", "90 % interval", output.UNIT_SHORT[identity.unit]):
        table.add_column(column, justify="left" if column == "model" else "right")
    table.add_column("arena", justify="right")
    table.add_column("energy", justify="right")
    for name, p in zip(names, predictions, strict=True):
        between = "-"
        if p.low_us is not None and p.high_us is not None:
            between = f"{output.duration(p.low_us)} to {output.duration(p.high_us)}"
        table.add_row(
            name,
            output.duration(p.us),
            between,
            output.count(round(p.cycles)),
            output.kib(p.arena_bytes),
            output.energy(p.energy_uj),
        )
    return table


def layer_table(name: str, prediction: Prediction) -> Table:
    """Return one row for each operator."""
    table = Table(title=f"{name}: layers, estimated", title_justify="left")
    for column in ("#", "operator", "latency", "share", "MACs"):
        table.add_column(column, justify="left" if column == "operator" else "right")
    for layer in prediction.layers:
        table.add_row(
            str(layer.index),
            layer.op,
            output.duration(layer.us),
            f"{100.0 * layer.cycles / prediction.cycles:.1f} %",
            f"{layer.macs:,}",
        )
    return table


def remarks(name: str, prediction: Prediction) -> Iterator[str]:
    """Yield what a reader must know of a prediction."""
    if prediction.unknown:
        kernels = ", ".join(prediction.unknown)
        yield (
            f"{name}: {kernels} not calibrated, guessed: {percent(prediction.unknown_share)} of the latency;"
            " calibrate with a space that has them"
        )
