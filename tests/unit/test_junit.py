"""JUnit XML: read back by another parser, and held against the rules of the Jenkins xUnit plugin's schema."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.cli.junit import Case, junit_xml, measured_case
from harness.records import Check
from tests.factories import make_measurement

# junit-10.xsd: element -> (attributes: required or not, children).
SCHEMA: dict[str, tuple[dict[str, bool], set[str]]] = {
    "testsuites": (
        {"name": False, "time": False, "tests": False, "failures": False, "errors": False},
        {"testsuite"},
    ),
    "testsuite": (
        {
            **dict.fromkeys(("name", "tests", "failures", "errors"), True),
            **dict.fromkeys(("group", "time", "skipped", "timestamp", "hostname", "id"), False),
        },
        {"properties", "testcase", "system-out", "system-err"},
    ),
    "properties": ({}, {"property"}),
    "property": ({"name": True, "value": True}, set()),
    "testcase": (
        {"name": True, "time": False, "classname": False, "group": False},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "error": ({"type": False, "message": False}, set()),
    "failure": ({"type": False, "message": False}, set()),
    "system-out": ({}, set()),
}
SUREFIRE_TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")


def parsed(xml: bytes) -> ElementTree.Element:
    root = ElementTree.fromstring(xml)
    assert root.tag == "testsuites"
    for element in root.iter():
        attributes, children = SCHEMA[element.tag]
        assert element.attrib.keys() <= attributes.keys()
        assert {name for name, required in attributes.items() if required} <= element.attrib.keys()
        assert {child.tag for child in element} <= children
        if "time" in element.attrib:
            assert SUREFIRE_TIME.fullmatch(element.attrib["time"])
    return root


def case(**fields: str | float) -> Case:
    plain = {"model": "kws", "target": "native", "engine": "plan", "kernels": "reference"}
    return Case(**{**plain, "wall_s": 1.5, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(8))
def test_a_measurement_becomes_a_test_case_with_its_figures(seed: int) -> None:
    m = make_measurement(seed)
    root = parsed(junit_xml([measured_case(m, 2.25)]))
    (suite,) = root
    assert suite.attrib["name"] == m.target
    (found,) = suite.iter("testcase")
    assert found.attrib["name"] == m.model.name and found.attrib["time"] == "2.250"
    assert found.attrib["classname"] == f"tinyhil.{m.target}.{m.engine}.{m.kernels}"
    out = found.findtext("system-out") or ""
    lines = dict(line.split("=", 1) for line in out.splitlines())
    assert int(lines["flash_bytes"]) == m.memory.flash_bytes
    assert float(lines["latency_us"]) == pytest.approx(m.latency.us, abs=1e-3)
    properties = {p.attrib["name"]: p.attrib["value"] for p in suite.iter("property")}
    prefix = f"{m.model.name}.{m.engine}.{m.kernels}."
    assert properties == {prefix + name: value for name, value in lines.items()}
    failed = m.check.bit_exact is False
    assert (found.find("failure") is not None) == failed
    assert suite.attrib["failures"] == str(int(failed)) and suite.attrib["errors"] == "0"


def test_a_mismatch_is_a_failure_and_an_error_an_error() -> None:
    check = Check(reference="TFLM 1", inputs=4, bit_exact=False, max_abs_diff=3.0)
    differs = make_measurement(1, target="native", check=check)
    broken = case(error="native: fell silent", kind="DeviceGoneError")
    root = parsed(junit_xml([measured_case(differs, 1.0), broken, case(target="m4")]))
    assert root.attrib["tests"] == "3"
    native, other = root
    assert (native.attrib["failures"], native.attrib["errors"]) == ("1", "1")
    assert (other.attrib["name"], other.attrib["tests"], other.attrib["errors"]) == ("m4", "1", "0")
    failure, error = native.find(".//failure"), native.find(".//error")
    assert failure is not None and "by up to 3 quantised steps" in failure.attrib["message"]
    assert error is not None
    assert (error.attrib["type"], error.text) == ("DeviceGoneError", "native: fell silent")


def test_no_jobs_make_a_valid_document() -> None:
    assert list(parsed(junit_xml([]))) == []


@given(st.text(st.characters(), max_size=40), st.text(st.characters(), max_size=40))
@settings(max_examples=300, deadline=None)
def test_every_name_and_message_comes_back(name: str, message: str) -> None:
    root = parsed(junit_xml([case(model=name, error="x" + message)]))
    found = root.find(".//testcase")
    assert found is not None
    error = found.find("error")
    assert error is not None
    for raw, back in ((name, found.attrib["name"]), ("x" + message, error.attrib["message"])):
        # What XML has no way to write is spelled out; the rest is the same.
        allowed = re.fullmatch("[\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*", raw)
        if allowed:
            assert back == raw
        else:
            assert "\\u{" in back


@pytest.mark.parametrize(
    "name", ["<x>&\"'", "]]>", "a\x00b", "\udc80", "\x1b[31m", "\ufffe", "ü漢🙂", "a\tb\nc"]
)
def test_hostile_names(name: str) -> None:
    xml = junit_xml([case(model=name, target=name, error=name, kind=name)])
    parsed(xml)
    xml.decode("utf-8")
