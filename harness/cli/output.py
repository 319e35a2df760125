"""How results look in a terminal. Data goes to stdout, progress and remarks to stderr."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Table

from harness.records import Latency, Measurement
from harness.store.codec import document

TABLE_WIDTH = 132
LAYER_NAMES_WIDTH, LAYER_TARGET_WIDTH = 36, 28
UNIT_SHORT = {"cycles": "cycles", "instructions": "instr.", "nanoseconds": "ns"}


def stdout() -> Console:
    """Console of results; wide when piped, so that no column is cut."""
    return Console(width=None if sys.stdout.isatty() else 160, highlight=False)


def stderr() -> Console:
    """Console of progress and remarks."""
    return Console(stderr=True, highlight=False)


def waiting_line(console: Console) -> Callable[[], None]:
    """Return what says, once, however often and by however many threads it is called, that this machine is taken."""
    untold = threading.Lock()

    def tell() -> None:
        if untold.acquire(blocking=False):
            console.print(
                "tinyhil: waiting for other measurements on this machine to end", soft_wrap=True
            )

    return tell


def print_json(measurements: Sequence[Measurement]) -> None:
    """Write the JSON document of docs/results.md to stdout."""
    sys.stdout.write(document(measurements))


def print_results(measurements: Sequence[Measurement]) -> None:
    """Show figures, layers and provenance on stdout."""
    console = stdout()
    for part in (
        *results(measurements, console.width),
        *comparison_tables(measurements),
        *layer_tables(measurements, console.width),
    ):
        console.print(part)
    for line in provenance_lines(measurements):
        console.print(line, soft_wrap=True)


def count(value: int) -> str:
    """1234567 -> '1.23 M'; below 10,000 exact."""
    for limit, divisor, suffix in (
        (10**9, 10**9, " G"),
        (10**6, 10**6, " M"),
        (10**4, 10**3, " k"),
    ):
        if value >= limit:
            return (
                f"{value / divisor:.3g}{suffix}"
                if value / divisor < 999.5
                else f"{value / divisor:.0f}{suffix}"
            )
    return f"{value:,}"


def duration(us: float) -> str:
    """Microseconds as '12.3 us', '4.56 ms' or '1.23 s'."""
    for limit, divisor, unit in ((1e6, 1e6, "s"), (1e3, 1e3, "ms")):
        if us >= limit:
            return f"{us / divisor:.4g} {unit}"
    return f"{us:.3g} us"


def kib(size_bytes: int | None) -> str:
    """Bytes as '12.3 KiB'; '-' when unknown."""
    if size_bytes is None:
        return "-"
    return f"{size_bytes / 1024:.1f} KiB"


def energy(microjoules: float | None) -> str:
    """Microjoules as '12.3 uJ' or '4.56 mJ'; '-' when unknown."""
    if microjoules is None:
        return "-"
    return f"{microjoules / 1000:.3g} mJ" if microjoules >= 1000 else f"{microjoules:.3g} uJ"


def check_mark(measurement: Measurement) -> str:
    """One phrase for the output check."""
    check = measurement.check
    if check.bit_exact is None:
        return "not compared"
    if check.bit_exact:
        return f"bit-exact ({check.inputs})"
    return f"[bold red]differs by {check.max_abs_diff:g}[/]"


def latency_text(latency: Latency) -> str:
    """Median, with the spread where there is one."""
    spread = f" ±{latency.spread * 50:.1f} %" if latency.spread >= 0.001 else ""
    return f"{duration(latency.us)}{spread}"


def results(measurements: Sequence[Measurement], width: int) -> list[RenderableType]:
    """The figures of all measurements: one table where `width` columns allow, else a card each."""
    if width >= TABLE_WIDTH:
        return [_results_table(measurements)]
    return [_card(m) for m in measurements]


def with_error(latency: Latency) -> str:
    """The kind of a latency, with the error that a model claims: "modelled -20 to +10 %"."""
    return f"{latency.kind} {latency.error_text}".rstrip()


def _figures(m: Measurement) -> list[tuple[str, str, str]]:
    """(name, figure, remark) of everything a measurement says."""
    memory, latency = m.memory, m.latency
    counted = (
        f"{latency.repeats} runs"
        if latency.unit == "nanoseconds"
        else f"{count(latency.cycles)} {UNIT_SHORT[latency.unit]}"
    )
    return [
        ("latency", latency_text(latency), f"{with_error(latency)}, {counted}"),
        ("energy", energy(m.energy.uj), m.energy.kind if m.energy.uj is not None else "no figure"),
        ("flash", kib(memory.flash_bytes), f"{kib(memory.model_bytes)} model"),
        (
            "RAM",
            kib(memory.ram_bytes),
            f"{kib(memory.arena_bytes)} arena"
            + ("" if memory.stack_bytes is None else f", {memory.stack_bytes} B stack"),
        ),
        ("outputs", check_mark(m), f"{m.check.reference.split(' ')[0] or 'no'} reference"),
    ]


def _results_table(measurements: Sequence[Measurement]) -> Table:
    table = Table(box=SIMPLE_HEAD, header_style="bold", title="Results", title_justify="left")
    table.add_column("model, target", overflow="fold", min_width=30)
    for name, _, _ in _figures(measurements[0]):
        table.add_column(name, no_wrap=True, justify="left" if name == "outputs" else "right")
    for m in measurements:
        table.add_row(
            f"[bold]{escape(m.model.name)}[/]\n{m.target} [dim]{m.engine}/{m.kernels}[/]",
            *(f"{figure}\n[dim]{remark}[/]" for _, figure, remark in _figures(m)),
        )
    return table


def _card(m: Measurement) -> Table:
    table = Table(
        box=None,
        show_header=False,
        title=f"{escape(m.model.name)} on {m.target}, {m.engine}/{m.kernels}",
        title_justify="left",
        title_style="bold",
    )
    for name, figure, remark in _figures(m):
        table.add_row(name, figure, f"[dim]{remark}[/]")
    return table


def layer_tables(measurements: Sequence[Measurement], width: int) -> list[Table]:
    """One table per model, one pair of columns per target, as many targets as `width` holds."""
    models: dict[str, list[Measurement]] = {}
    for m in measurements:
        if m.latency.layers:
            models.setdefault(m.model.sha256, []).append(m)
    at_once = max(1, (width - LAYER_NAMES_WIDTH) // LAYER_TARGET_WIDTH)
    return [
        _layer_table(group[begin : begin + at_once])
        for group in models.values()
        for begin in range(0, len(group), at_once)
    ]


def _layer_table(group: Sequence[Measurement]) -> Table:
    table = Table(
        box=SIMPLE_HEAD,
        title=f"Layers of {escape(group[0].model.name)}",
        title_justify="left",
        title_style="bold",
        header_style="bold",
        show_footer=True,
    )
    table.add_column("#", justify="right")
    table.add_column("operator", footer="total", no_wrap=True)
    table.add_column("MACs", justify="right", footer=count(group[0].model.macs))
    for m in group:
        total_us = sum(layer.us for layer in m.latency.layers)
        table.add_column(
            f"{m.target}\n[dim]{m.engine}/{m.kernels}[/]",
            justify="right",
            footer=duration(total_us),
        )
        table.add_column("share", justify="right", footer="100 %")
    # Engines differ in which operators take time: a reshape may be folded away.
    every = {layer.index: layer for m in reversed(group) for layer in m.latency.layers}
    of_each = [{layer.index: layer for layer in m.latency.layers} for m in group]
    for index, layer in sorted(every.items()):
        cells = [str(index), layer.op, f"{layer.macs:,}" if layer.macs else "-"]
        for layers in of_each:
            total_us = sum(one.us for one in layers.values()) or 1.0
            own = layers.get(index)
            cells += [duration(own.us), f"{100 * own.us / total_us:.1f} %"] if own else ["-", "-"]
        table.add_row(*cells)
    return table


def comparison_tables(measurements: Sequence[Measurement]) -> list[Table]:
    """One table per model and target that several engines or kernel sets ran: figures, and ratios to the first."""
    groups: dict[tuple[str, str], list[Measurement]] = {}
    for m in measurements:
        groups.setdefault((m.model.sha256, m.target), []).append(m)
    return [_comparison(group) for group in groups.values() if len(group) > 1]


def _comparison(group: Sequence[Measurement]) -> Table:
    first = group[0]
    table = Table(
        box=SIMPLE_HEAD,
        title=f"{escape(first.model.name)} on {first.target}: ratios to {first.engine}/{first.kernels}",
        title_justify="left",
        title_style="bold",
        header_style="bold",
    )
    table.add_column("engine/kernels", no_wrap=True)
    for name in ("latency", "flash without model", "RAM", "arena"):
        table.add_column(name, justify="right")
        table.add_column("x", justify="right")
    for m in group:
        pairs = [
            (duration(m.latency.us), m.latency.us, first.latency.us),
            (kib(m.memory.code_bytes), m.memory.code_bytes, first.memory.code_bytes),
            (kib(m.memory.ram_bytes), m.memory.ram_bytes, first.memory.ram_bytes),
            (kib(m.memory.arena_bytes), m.memory.arena_bytes, first.memory.arena_bytes),
        ]
        cells = [f"{m.engine}/{m.kernels}"]
        for text, own, base in pairs:
            cells += [text, f"{own / base:.2f}" if own is not None and base else "-"]
        table.add_row(*cells)
    return table


def provenance_lines(measurements: Sequence[Measurement]) -> list[str]:
    """One line per measurement: what made the numbers."""
    lines = []
    for m in measurements:
        p = m.provenance
        check = m.check.reference or m.check.note
        parts = [
            p.timing_model,
            p.driver,
            p.compiler,
            f"image {p.image_id[:12]}" if p.image_id else "",
            p.engine_origin,
            f"outputs against {check}" if m.check.reference else f"outputs not compared: {check}",
            f"energy {m.energy.source}",
            optimised(m) if m.engine == "plan" else "",
            f"tinyhil {p.tinyhil}",
        ]
        head = f"[bold]{escape(m.model.name)}[/] ({m.model.sha256[:12]}) on [bold]{m.target}[/]: "
        lines.append(head + "; ".join(part for part in parts if part))
    return lines


def optimised(measurement: Measurement) -> str:
    """What was done to the file's graph, in words."""
    provenance = measurement.provenance
    if not provenance.optimise:
        return "graph as it stands in the file"
    return f"optimised: {provenance.optimised or 'nothing to do'}"


def layer_profile(measurement: Measurement) -> Table:
    """The layers of one measurement, with bars of their shares."""
    latency = measurement.latency
    unit = UNIT_SHORT[latency.unit]
    total_us = sum(layer.us for layer in latency.layers) or 1.0
    total_cycles = sum(layer.cycles for layer in latency.layers)
    table = Table(
        box=SIMPLE_HEAD,
        title=f"{escape(measurement.model.name)} on {measurement.target}, "
        f"{measurement.engine}/{measurement.kernels} ({with_error(latency)}; {measurement.provenance.timing_model})",
        title_justify="left",
        title_style="bold",
        header_style="bold",
        show_footer=True,
    )
    table.add_column("#", justify="right")
    table.add_column("operator", footer="total")
    table.add_column("MACs", justify="right", footer=f"{measurement.model.macs:,}")
    table.add_column(unit, justify="right", footer=f"{total_cycles:,}")
    table.add_column("time", justify="right", footer=duration(total_us))
    table.add_column("share", justify="right", footer="100 %")
    table.add_column("", no_wrap=True)
    table.add_column(f"{unit} per MAC", justify="right")
    for layer in latency.layers:
        share = layer.us / total_us
        table.add_row(
            str(layer.index),
            layer.op,
            f"{layer.macs:,}" if layer.macs else "-",
            f"{layer.cycles:,}",
            duration(layer.us),
            f"{100 * share:.1f} %",
            "█" * round(30 * share),
            f"{layer.cycles / layer.macs:.2f}" if layer.macs else "-",
        )
    return table
