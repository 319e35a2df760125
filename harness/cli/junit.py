"""Results as JUnit XML, as Jenkins and GitLab, and actions for GitHub, read it.

The form is that of the Jenkins xUnit plugin's schema, junit-10.xsd: a test suite per target, a test case per model. A
test case of that schema holds no properties: the figures stand in its <system-out> as lines `name=value`, and as
properties `model.engine.kernels.name` of the suite.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from harness.records import Measurement

# What XML 1.0 (section 2.2) has no way to write, not even as a character reference.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Case:
    """One job as a test case.

    Attributes:
        model, target, engine, kernels: names.
        wall_s: seconds that it took.
        figures: name -> value, none for a job that failed.
        failure: how the outputs differ, "" when they do not.
        error: why there is no measurement, "" when there is one.
        kind: class of the failure or error.
    """

    model: str
    target: str
    engine: str
    kernels: str
    wall_s: float
    figures: tuple[tuple[str, str], ...] = ()
    failure: str = ""
    error: str = ""
    kind: str = ""


def measured_case(measurement: Measurement, wall_s: float) -> Case:
    """Return the test case of a job that was measured."""
    m = measurement
    check = m.check
    failure = ""
    if check.bit_exact is False:
        failure = (
            f"outputs differ from {check.reference} by up to {check.max_abs_diff:g} quantised steps"
            f" on {check.inputs} inputs"
        )
    return Case(
        model=m.model.name,
        target=m.target,
        engine=m.engine,
        kernels=m.kernels,
        wall_s=wall_s,
        figures=_figures(m),
        failure=failure,
        kind="OutputsDiffer" if failure else "",
    )


def junit_xml(cases: Iterable[Case]) -> bytes:
    """Return the document; suites in the order in which their targets first occur. UTF-8."""
    suites: dict[str, list[Case]] = {}
    for case in cases:
        suites.setdefault(case.target, []).append(case)
    everything = [case for suite in suites.values() for case in suite]
    root = ElementTree.Element("testsuites", {"name": "tinyhil", **_totals(everything)})
    for target, suite in suites.items():
        _add_suite(root, target, suite)
    ElementTree.indent(root)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _add_suite(root: ElementTree.Element, target: str, cases: Sequence[Case]) -> None:
    counts = {"name": _text(target), **_totals(cases), "skipped": "0"}
    suite = ElementTree.SubElement(root, "testsuite", counts)
    properties = ElementTree.SubElement(suite, "properties")
    for case in cases:
        for name, value in case.figures:
            full = _text(f"{case.model}.{case.engine}.{case.kernels}.{name}")
            attributes = {"name": full, "value": _text(value)}
            ElementTree.SubElement(properties, "property", attributes)
    for case in cases:
        _add_case(suite, case)


def _add_case(suite: ElementTree.Element, case: Case) -> None:
    attributes = {
        "name": _text(case.model),
        "classname": _text(f"tinyhil.{case.target}.{case.engine}.{case.kernels}"),
        "time": f"{case.wall_s:.3f}",
    }
    element = ElementTree.SubElement(suite, "testcase", attributes)
    for tag, message in (("failure", case.failure), ("error", case.error)):
        if message:
            told = {"type": _text(case.kind), "message": _text(message)}
            ElementTree.SubElement(element, tag, told).text = _text(message)
    if case.figures:
        lines = "\n".join(f"{name}={value}" for name, value in case.figures)
        ElementTree.SubElement(element, "system-out").text = _text(lines)


def _totals(cases: Sequence[Case]) -> dict[str, str]:
    return {
        "tests": str(len(cases)),
        "failures": str(sum(bool(case.failure) for case in cases)),
        "errors": str(sum(bool(case.error) for case in cases)),
        "time": f"{sum(case.wall_s for case in cases):.3f}",
    }


def _figures(m: Measurement) -> tuple[tuple[str, str], ...]:
    exact = {True: "yes", False: "no", None: "not compared"}[m.check.bit_exact]
    return (
        ("latency_us", f"{m.latency.us:.3f}"),
        ("latency_kind", m.latency.kind),
        (m.latency.unit, str(m.latency.cycles)),
        ("energy_uj", "" if m.energy.uj is None else f"{m.energy.uj:.3f}"),
        ("flash_bytes", str(m.memory.flash_bytes)),
        ("ram_bytes", str(m.memory.ram_bytes)),
        ("arena_bytes", str(m.memory.arena_bytes)),
        ("stack_bytes", str(m.memory.stack_bytes)),
        ("bit_exact", exact),
        ("model_sha256", m.model.sha256),
        ("measurement_id", m.id),
    )


def _text(raw: str) -> str:
    """Return `raw` with what XML cannot hold spelled out."""
    return _FORBIDDEN.sub(lambda found: f"\\u{{{ord(found[0]):x}}}", raw)
