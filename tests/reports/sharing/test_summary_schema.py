"""The published schema of the summary."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from reports.contents import read_contents
from reports.records.gates import Verdict
from reports.records.run import RunStatus
from reports.rundir import RunDir
from reports.summary import SCHEMA_FILE, summary_of, summary_schema, summary_text
from tests.reports.conftest import RunFor
from tests.reports.sample_run import Upto
from tests.reports.sharing.hostile import SECRET, hostile_contents

REFRESH = "tunegate report --schema > reports/summary.schema.json"


@pytest.fixture(scope="module")
def validator() -> Any:
    """Return a validator of the published file."""
    published = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(published)
    return Draft202012Validator(published)


def test_the_published_file_is_the_schema_of_the_code() -> None:
    assert json.loads(SCHEMA_FILE.read_text(encoding="utf-8")) == summary_schema(), f"write it again: {REFRESH}"


@pytest.mark.parametrize("verdict", ["go", "no-go", "inconclusive"])
@pytest.mark.parametrize(
    ("upto", "status"), [("plan", "created"), ("data", "failed"), ("train", "running"), ("measure", "stopped"), ("report", None)]
)
def test_every_summary_fulfils_it(
    run_for: RunFor, validator: Any, verdict: Verdict, upto: Upto, status: RunStatus | None
) -> None:
    validator.validate(json.loads(summary_text(read_contents(run_for(verdict, upto, status)))))


def test_a_hostile_summary_fulfils_it_and_holds_no_prompt(go: RunDir, validator: Any) -> None:
    text = summary_text(hostile_contents(go))

    validator.validate(json.loads(text))
    assert SECRET not in text


def test_it_finds_planted_defects(go: RunDir, validator: Any) -> None:
    clean: dict[str, Any] = json.loads(json.dumps(summary_of(go)))
    defects = (
        {**clean, "verdict": "maybe"},
        {**clean, "schema_version": 2},
        {**clean, "seed": "0"},
        {name: value for name, value in clean.items() if name != "gates"},
        {**clean, "gates": [{**clean["gates"][0], "state": "passed"}]},
    )

    assert validator.is_valid(clean)
    assert not any(validator.is_valid(defect) for defect in defects)


def test_later_versions_may_add_keys(go: RunDir, validator: Any) -> None:
    assert validator.is_valid({**json.loads(json.dumps(summary_of(go))), "added": 1})
