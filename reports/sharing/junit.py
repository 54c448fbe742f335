"""A run as JUnit XML, so that any CI shows its gates as tests."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from xml.etree import ElementTree

from reports.charts import evidence
from reports.contents import Contents
from reports.headline import headline_of
from reports.masking import mask_text
from reports.records.gates import GateResult
from reports.wording import NOT_MEASURED, margin, visible

_NOT_XML: Final = dict.fromkeys((0xFFFE, 0xFFFF), "\ufffd")
_PROBLEMS: Final = {"fail": "failure", "broken": "error", "unresolved": "skipped"}


def junit_of(contents: Contents) -> str:
    """Return the run as JUnit XML: the verdict as one test, and one test for each gate.

    A required gate that fails is a failure, a broken one an error, an unresolved one skipped; a gate that is not required
    never turns a build red and is skipped with its reason. The verdict's own test is a failure for no-go and an error
    where nothing was decided, so that skipped gates never make an inconclusive run green.
    """
    root = ElementTree.Element("testsuites")
    verdict = _suite(root, contents, "tunegate.verdict", 0)
    _verdict_case(verdict, contents)
    gates = _suite(root, contents, "tunegate.gates", 1)
    for result in contents.gates.results if contents.gates else ():
        _gate_case(gates, result)
    if contents.gates is None:
        for plan in contents.plan.gates if contents.plan else ():
            _problem(_case(gates, plan.name), "skipped", f"Not decided: {contents.absent.get('gates', contents.pending)}")
    for suite in (verdict, gates):
        _close(suite, contents)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _suite(root: ElementTree.Element, contents: Contents, name: str, position: int) -> ElementTree.Element:
    record = contents.record
    suite = ElementTree.SubElement(
        root, "testsuite", {"name": name, "package": "tunegate", "id": str(position), "hostname": "localhost"}
    )
    suite.set("timestamp", _seconds(record.finished_at or record.created_at))
    properties = ElementTree.SubElement(suite, "properties")
    for key, value in (
        ("run", record.run_id),
        ("title", record.title),
        ("model", record.model),
        ("strategy", record.strategy),
        ("seed", str(record.seed)),
    ):
        ElementTree.SubElement(properties, "property", {"name": key, "value": _text(value)})
    return suite


def _close(suite: ElementTree.Element, contents: Contents) -> None:
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
    is_first = suite.get("id") == "0"
    suite.set("time", f"{sum(contents.record.seconds.values()) if is_first else 0:.3f}")
    lines = [] if is_first or contents.gates is None else [_line(result) for result in contents.gates.results]
    ElementTree.SubElement(suite, "system-out").text = _text("\n".join(lines))
    ElementTree.SubElement(suite, "system-err")


def _verdict_case(suite: ElementTree.Element, contents: Contents) -> None:
    headline, case = headline_of(contents), _case(suite, "verdict")
    verdict = contents.gates.verdict if contents.gates else None
    if verdict != "go":
        details = f"{headline.because}\nNext: {headline.next_step}"
        kind = verdict or "no verdict"
        _problem(case, "failure" if verdict == "no-go" else "error", f"{headline.word}: {headline.because}", kind, details)


def _gate_case(suite: ElementTree.Element, result: GateResult) -> None:
    case = _case(suite, result.name)
    if result.state == "pass":
        return
    if not result.required:
        _problem(case, "skipped", f"Not required, {result.state}: {result.because}")
        return
    details = [_line(result), result.because, result.resolve, result.fragility, f"Method: {result.method}"]
    message = f"{result.title}: {result.because} {result.resolve}".rstrip()
    _problem(case, _PROBLEMS[result.state], message, result.state, "\n".join(filter(None, details)))


def _case(suite: ElementTree.Element, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(
        suite, "testcase", {"classname": _text(str(suite.get("name"))), "name": _text(name), "time": "0.000"}
    )


def _problem(case: ElementTree.Element, tag: str, message: str, kind: str = "", details: str = "") -> None:
    found = ElementTree.SubElement(case, tag, {"message": _text(message)})
    if tag != "skipped":
        found.set("type", kind)
        found.text = _text(details)


def _seconds(moment: str) -> str:
    """Return a moment as the schemas want it: UTC, to the second, without zone; the epoch for what is none."""
    try:
        return datetime.fromisoformat(moment).replace(tzinfo=None).isoformat(timespec="seconds")
    except ValueError:
        return "1970-01-01T00:00:00"


def _line(result: GateResult) -> str:
    values: Sequence[str] = (result.title, result.state, evidence(result), f"demanded: {margin(result)}", f"n = {result.n}")
    return ", ".join(value for value in values if value != NOT_MEASURED)


def _text(text: str) -> str:
    """Return a masked text that XML can hold: controls, surrogates and direction marks are named."""
    return visible(mask_text(text)).translate(_NOT_XML)
