"""How the results of `tinyhil timing` look in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from harness.cli.output import UNIT_SHORT
from harness.microbench.document import Document
from harness.microbench.expected import Count, checksums, titles
from harness.microbench.figures import Figure
from harness.microbench.fit import Fit, Status
from harness.microbench.suite import Kind


@dataclass(frozen=True)
class Row:
    """A benchmark's figure beside the count by hand, if there is one."""

    figure: Figure
    expected: Count | None
    tolerance: float

    @property
    def difference(self) -> float | None:
        """Relative; None without a count by hand."""
        if self.expected is None:
            return None
        return self.expected.difference(self.figure.benchmark, self.figure.count)

    @property
    def differs(self) -> bool:
        """Whether by more than the tolerance, and than a noisy counter explains."""
        noise = 3 * self.figure.spread / max(self.figure.count, 1e-9)
        return abs(self.difference or 0.0) > max(self.tolerance, noise)


def number(value: float) -> str:
    """A count: whole where it is, else with up to four digits behind the point; large ones with commas."""
    if abs(value - round(value)) < 5e-5:
        return f"{round(value):,}"
    return f"{value:,.4f}".rstrip("0")


def by_hand(count: Count) -> str:
    """A count by hand: one figure, or the ends of its range; what each turn of the loop adds."""
    least, most = count.cycles
    text = number(least) if least == most else f"{number(least)} to {number(most)}"
    return f"{text} ({count.loop:+d}/turn)" if count.loop else text


def wrong_checksums(figures: Sequence[Figure]) -> list[str]:
    """Names of the kernels whose solution is wrong."""
    return [
        figure.benchmark.name
        for figure in figures
        if figure.benchmark.kind is Kind.KERNEL
        and figure.checksum != checksums().get(figure.benchmark.name)
    ]


def benchmark_table(
    document: Document, rows: Sequence[Row], board: Document | None, found: Fit | None
) -> Table:
    """One line for each benchmark."""
    unit = UNIT_SHORT[document.unit]
    table = Table(
        box=SIMPLE_HEAD,
        title=f"{document.target}: {unit} of one unit ({escape(document.timing_model)})",
        title_justify="left",
        title_style="bold",
        header_style="bold",
    )
    table.add_column("benchmark", no_wrap=True)
    table.add_column("one unit", overflow="fold")
    table.add_column(unit, justify="right", no_wrap=True)
    table.add_column("by hand", justify="right", no_wrap=True)
    table.add_column("off", justify="right", no_wrap=True)
    boards = board.counts() if board else {}
    fitted = {residual.name: residual.after for residual in found.residuals} if found else {}
    if board is not None:
        table.add_column(f"{board.target}", justify="right", no_wrap=True)
        table.add_column("ratio", justify="right", no_wrap=True)
    if found is not None:
        table.add_column("fitted", justify="right", no_wrap=True)
    for row in rows:
        name = row.figure.benchmark.name
        cells = [
            name,
            f"[dim]{escape(titles().get(name, ''))}[/]",
            number(row.figure.count),
            by_hand(row.expected) if row.expected else "",
            _off(row),
        ]
        if board is not None:
            other = boards.get(name)
            cells.append("" if other is None else number(other))
            cells.append(f"{row.figure.count / other:.3f}" if other else "")
        if found is not None:
            cells.append(number(fitted[name]) if name in fitted else "")
        table.add_row(*cells)
    return table


def _off(row: Row) -> str:
    if row.difference is None:
        return ""
    text = f"{100 * row.difference:+.1f} %" if row.difference else "="
    return f"[bold red]{text}[/]" if row.differs else text


def summary(rows: Sequence[Row]) -> list[str]:
    """How many counts are as by hand."""
    known = [row for row in rows if row.expected is not None]
    if not known:
        return ["No counts by hand for this target: docs/timing-benchmarks.md says for which."]
    differ = [row.figure.benchmark.name for row in known if row.differs]
    within = f" within {100 * known[0].tolerance:g} %" if known[0].tolerance else ""
    line = f"{len(known) - len(differ)} of {len(known)} counts are as by hand{within}"
    return [line + (f"; not {', '.join(differ)}" if differ else "")]


def parameter_table(found: Fit) -> Table:
    """What the fit changed."""
    table = Table(
        box=SIMPLE_HEAD,
        title="Fitted parameters",
        title_justify="left",
        title_style="bold",
        header_style="bold",
    )
    for name in ("parameter", "catalogue", "fitted", "benchmarks say"):
        table.add_column(name, justify="right" if name in ("catalogue", "fitted") else "left")
    for each in found.parameters:
        if each.before != each.after:
            table.add_row(each.key, str(each.before), str(each.after), each.status.value)
    return table


def fit_summary(found: Fit) -> list[str]:
    """What is left, and what cannot be known."""
    off = [r for r in found.residuals if abs(r.after - r.board) > 1e-3 * max(abs(r.board), 1.0)]
    of = {status: [p.key for p in found.parameters if p.status is status] for status in Status}
    lines = [
        f"{len(of[Status.IDENTIFIED])} parameters identified, {len(of[Status.CONFOUNDED])} confounded with others; "
        f"{len(found.residuals) - len(off)} of {len(found.residuals)} benchmarks as on the board, "
        f"greatest difference {100 * found.worst:.1f} % ({found.asked} runs)"
    ]
    if off:
        lines.append("left: " + ", ".join(f"{r.name} {number(r.after - r.board)}" for r in off))
    groups = {tuple(sorted((p.key, *p.together_with))) for p in found.parameters if p.together_with}
    lines += [f"cannot be told apart: {', '.join(group)}" for group in sorted(groups)]
    if of[Status.INSENSITIVE]:
        lines.append(
            "not identifiable, no benchmark depends on them: " + ", ".join(of[Status.INSENSITIVE])
        )
    return lines
