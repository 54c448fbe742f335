"""JUnit XML that the common CI parsers read."""

from typing import Any

import pytest
from lxml import etree  # type: ignore[import-untyped]
from msgspec.structs import replace

from reports.contents import Contents, read_contents
from reports.records.gates import GateState, Verdict
from reports.rundir import RunDir
from reports.sharing.junit import junit_of
from tests.reports.conftest import RunFor
from tests.reports.sharing.hostile import SECRET, hostile_contents

COUNT = '<xs:attribute name="{}" type="xs:nonNegativeInteger" use="required"/>'
SCHEMA = f"""
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:simpleType name="seconds"><xs:restriction base="xs:decimal"><xs:minInclusive value="0"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="zoneless"><xs:restriction base="xs:dateTime">
    <xs:pattern value="\\d{{4}}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d"/></xs:restriction></xs:simpleType>
  <xs:complexType name="problem"><xs:simpleContent><xs:extension base="xs:string">
    <xs:attribute name="message" type="xs:string"/><xs:attribute name="type" type="xs:string" use="required"/>
  </xs:extension></xs:simpleContent></xs:complexType>
  <xs:complexType name="case">
    <xs:choice minOccurs="0">
      <xs:element name="skipped"><xs:complexType><xs:attribute name="message" type="xs:string"/></xs:complexType></xs:element>
      <xs:element name="failure" type="problem"/>
      <xs:element name="error" type="problem"/>
    </xs:choice>
    <xs:attribute name="name" type="xs:token" use="required"/>
    <xs:attribute name="classname" type="xs:token" use="required"/>
    <xs:attribute name="time" type="seconds" use="required"/>
  </xs:complexType>
  <xs:complexType name="properties"><xs:sequence>
    <xs:element name="property" minOccurs="0" maxOccurs="unbounded"><xs:complexType>
      <xs:attribute name="name" type="xs:token" use="required"/><xs:attribute name="value" type="xs:string" use="required"/>
    </xs:complexType></xs:element></xs:sequence></xs:complexType>
  <xs:complexType name="suite">
    <xs:sequence>
      <xs:element name="properties" type="properties"/>
      <xs:element name="testcase" type="case" minOccurs="0" maxOccurs="unbounded"/>
      <xs:element name="system-out" type="xs:string"/>
      <xs:element name="system-err" type="xs:string"/>
    </xs:sequence>
    <xs:attribute name="name" type="xs:token" use="required"/>
    <xs:attribute name="package" type="xs:token" use="required"/>
    <xs:attribute name="id" type="xs:int" use="required"/>
    <xs:attribute name="hostname" type="xs:token" use="required"/>
    <xs:attribute name="timestamp" type="zoneless" use="required"/>
    {COUNT.format("tests")}{COUNT.format("failures")}{COUNT.format("errors")}{COUNT.format("skipped")}
    <xs:attribute name="time" type="seconds" use="required"/>
  </xs:complexType>
  <xs:element name="testsuites"><xs:complexType><xs:sequence>
    <xs:element name="testsuite" type="suite" maxOccurs="unbounded"/>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>
"""
"""What both common schemas, Ant's and Jenkins', allow: the stricter of the two in each place."""


def parsed(contents: Contents) -> Any:
    """Return the document after holding it against the schema and its own counts."""
    root = etree.fromstring(junit_of(contents).encode("utf-8"))
    etree.XMLSchema(etree.fromstring(SCHEMA)).assertValid(root)
    for suite in root:
        cases = suite.findall("testcase")
        counts = [len(cases), *(sum(case.find(tag) is not None for case in cases) for tag in ("failure", "error", "skipped"))]
        assert [int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")] == counts
    return root


def outcome(root: Any, name: str) -> str:
    (case,) = root.xpath(f"//testcase[@name='{name}']")
    return str(case[0].tag) if len(case) else "passed"


def with_state(contents: Contents, state: GateState, required: bool) -> Contents:
    """Return the contents with the first gate changed."""
    assert contents.gates is not None
    first, *rest = contents.gates.results
    changed = replace(first, name="first", state=state, required=required, because="Seen.", resolve="Ask 20 more.")
    return contents._replace(gates=replace(contents.gates, results=(changed, *rest)))


@pytest.mark.parametrize(("verdict", "found"), [("go", "passed"), ("no-go", "failure"), ("inconclusive", "error")])
def test_the_verdict_is_a_test_that_only_go_passes(run_for: RunFor, verdict: Verdict, found: str) -> None:
    assert outcome(parsed(read_contents(run_for(verdict, "report", None))), "verdict") == found


@pytest.mark.parametrize(
    ("state", "required", "found"),
    [
        ("pass", True, "passed"),
        ("fail", True, "failure"),
        ("broken", True, "error"),
        ("unresolved", True, "skipped"),
        ("fail", False, "skipped"),
        ("broken", False, "skipped"),
    ],
)
def test_each_gate_is_one_test_by_its_state(go: RunDir, state: GateState, required: bool, found: str) -> None:
    contents = read_contents(go)
    root = parsed(with_state(contents, state, required))

    assert outcome(root, "first") == found
    assert contents.gates is not None
    assert len(root.xpath("//testcase[@classname='tunegate.gates']")) == len(contents.gates.results)


def test_a_failure_says_why_and_what_was_demanded(go: RunDir) -> None:
    (failure,) = parsed(with_state(read_contents(go), "fail", True)).xpath("//testcase[@name='first']/failure")

    assert failure.get("message").endswith("Seen. Ask 20 more.")
    assert "demanded: " in failure.text
    assert failure.get("type") == "fail"


def test_a_run_that_decided_nothing_is_an_error_and_its_gates_are_skipped(run_for: RunFor) -> None:
    root = parsed(read_contents(run_for("go", "train", "failed")))

    assert outcome(root, "verdict") == "error"
    assert {outcome(root, str(name)) for name in root.xpath("//testcase[@classname='tunegate.gates']/@name")} == {"skipped"}


def test_hostile_text_stays_text(go: RunDir) -> None:
    contents = hostile_contents(go)
    root = parsed(contents)
    tags = {str(element.tag) for element in root.iter()}

    assert tags <= {
        "testsuites",
        "testsuite",
        "properties",
        "property",
        "testcase",
        "skipped",
        "failure",
        "error",
        "system-out",
        "system-err",
    }
    assert "<script>alert(1)</script>" in root.xpath("//property[@name='title']/@value")[0]
    assert "[U+0000]" in root.xpath("//property[@name='title']/@value")[0]
    assert SECRET not in junit_of(contents)


@pytest.mark.parametrize("moment", ["", "soon", "2026-13-01T00:00:00Z", "2026-11-20T21:45:00.123456+00:00", "]]>\x00"])
def test_a_moment_that_is_none_leaves_a_valid_document(go: RunDir, moment: str) -> None:
    contents = read_contents(go)

    parsed(contents._replace(record=replace(contents.record, created_at=moment, finished_at=None)))


def test_what_xml_cannot_hold_is_named_or_replaced_in_every_place(go: RunDir) -> None:
    unseen = "]]> <![CDATA[ \x00\x08\x0b\x1f\x7f\x85\ufffe\uffff\ud800 \u202e\u2066\u200f\r\n\t\U0010ffff &lt;"
    contents = read_contents(go)
    assert contents.gates is not None
    results = tuple(
        replace(
            result,
            name=f"{unseen}{place}",
            title=unseen,
            because=unseen,
            resolve=unseen,
            method=unseen,
            state="fail",
            required=True,
        )
        for place, result in enumerate(contents.gates.results)
    )
    root = parsed(contents._replace(gates=replace(contents.gates, verdict="no-go", because=unseen, results=results)))
    told = [failure.text for failure in root.iter("failure")]

    assert len(told) == len(results) + 1
    assert all("]]> <![CDATA[ [U+0000][U+0008]" in text and "[U+202E][U+2066][U+200F]" in text for text in told)


def test_the_schema_of_these_tests_finds_a_planted_defect(go: RunDir) -> None:
    schema = etree.XMLSchema(etree.fromstring(SCHEMA))
    text = junit_of(read_contents(go))

    assert schema.validate(etree.fromstring(text.encode()))
    for defect in (
        text.replace('time="', 'seconds="', 1),
        text.replace("T21:59:52", "T21:59:52Z"),
        text.replace("<system-err />", ""),
    ):
        assert defect != text
        assert not schema.validate(etree.fromstring(defect.encode()))
