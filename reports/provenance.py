"""Everything needed to make each number again: what all share, then what differs."""

from __future__ import annotations

from collections.abc import Sequence

from harness.records import Measurement
from reports import units
from reports.markup import Markup, tag
from reports.tables import scrolling


def facts(m: Measurement) -> dict[str, str]:
    """Return every fact of a measurement's origin, by name."""
    latency = m.latency
    return {
        "id": m.id,
        "model sha256": m.model.sha256,
        "ops": units.count(m.model.ops),
        **{name: str(value) for name, value in m.provenance.model_dump().items()},
        "warm-up": str(latency.warmup),
        "repeats": str(latency.repeats),
        "min µs": f"{latency.min_us:.3f}",
        "max µs": f"{latency.max_us:.3f}",
        "arena lower bound": f"{m.memory.arena_bound_bytes:,} B",
        "memory figures": m.memory.kind,
    }


def provenance_section(measurements: Sequence[Measurement]) -> Markup:
    """Return the folded section: a list of the facts that all share, a table of the others."""
    every = [facts(m) for m in measurements]
    names = list(every[0])
    shared = [n for n in names if len(every) > 1 and len({f[n] for f in every}) == 1]
    differing = [n for n in names if n not in shared]
    head = tag("tr", (tag("th", n, scope="col") for n in ("measurement", *differing)))
    rows = (
        tag(
            "tr",
            tag("th", units.title_of(m), scope="row"),
            (tag("td", tag("code", found[n])) for n in differing),
        )
        for m, found in zip(measurements, every, strict=True)
    )
    common = [
        tag("div", tag("dt", n), tag("dd", tag("code", every[0][n] or units.NONE))) for n in shared
    ]
    return tag(
        "details",
        tag("summary", tag("b", "Provenance"), tag("span", "of every number on this page")),
        [tag("p", "The same for all:"), tag("dl", common)] if common else None,
        scrolling(
            tag(
                "table",
                tag("caption", "Provenance of each measurement", class_="hidden"),
                tag("thead", head),
                tag("tbody", rows),
                class_="provenance",
            ),
            "Provenance",
        ),
        class_="fold",
    )
