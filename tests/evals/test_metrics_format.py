"""Format: answers that look as they must, by expression or schema, and a gate only where it is asked for."""

from pathlib import Path

import pytest

from evals.logprobs import Drifts
from evals.metrics.format import format_gate, format_metric, format_plans
from evals.metrics.measured import Judged, Measured
from reports.errors import UsageError
from reports.records.evaluation import Completion, Side, Suite, SuiteItem

SCHEMA = '{"type": "object", "required": ["price"], "properties": {"price": {"type": "number"}}}'


def measured(baseline: list[str | None], candidate: list[str | None], suite: Suite = "target") -> Measured:
    items = [SuiteItem(id=f"t{at}", suite=suite, prompt=f"p{at}") for at in range(len(baseline))]
    sides: dict[Side, list[str | None]] = {"baseline": baseline, "candidate": candidate}
    lines: dict[Side, dict[str, Completion]] = {
        side: {
            item.id: Completion(key="", side=side, suite=suite, prompt_id=item.id, prompt="", completion=answer)
            for item, answer in zip(items, answers, strict=True)
        }
        for side, answers in sides.items()
    }
    return Measured(items, lines, Drifts({}, {}, ()), Judged({}, ()))


def test_the_share_of_answers_that_hold_the_expression() -> None:
    metric = format_metric(measured(["Tea.", "Tea", "Cup."], ["Tea.", "Tea.", "Cup"]), format_plans(r"\.$", None))

    assert [(pair.baseline, pair.candidate) for pair in metric.pairs] == [(1, 1), (0, 1), (1, 0)]
    assert (metric.name, metric.suite, metric.unit, metric.n) == ("format", "target", "rate", 3)


def test_a_schema_is_read_once_and_kept_in_the_plan(tmp_path: Path) -> None:
    file = tmp_path / "price.json"
    file.write_text(SCHEMA)
    plans = format_plans("", file)
    file.unlink()

    metric = format_metric(measured(['{"price": 3}', "3"], ['{"price": "3"}', 'Sure: {"price": 3}']), plans)

    assert [(pair.baseline, pair.candidate) for pair in metric.pairs] == [(1, 0), (0, 1)]
    assert "the JSON schema price.json" in metric.method


def test_expression_and_schema_must_both_hold(tmp_path: Path) -> None:
    file = tmp_path / "price.json"
    file.write_text(SCHEMA)

    metric = format_metric(measured(['{"price": 3}'], ['{"price": 30}']), format_plans("30", file))

    assert [(pair.baseline, pair.candidate) for pair in metric.pairs] == [(0, 1)]


def test_prompts_of_the_suite_format_go_before_the_target() -> None:
    metric = format_metric(measured(["a"], ["a"], suite="format"), format_plans("a", None))

    assert metric.suite == "format"


def test_a_missing_answer_is_missing_and_not_misshapen() -> None:
    metric = format_metric(measured(["a", None], ["a", "a"]), format_plans("a", None))

    assert (metric.n, metric.missing) == (1, 1)


@pytest.mark.parametrize(("regex", "schema", "says"), [("(", "", "--format-regex"), ("", '{"type": 3}', "--format-schema")])
def test_a_format_that_cannot_be_used_is_refused_beforehand(tmp_path: Path, regex: str, schema: str, says: str) -> None:
    file = tmp_path / "schema.json"
    file.write_text(schema)

    with pytest.raises(UsageError, match=says):
        format_plans(regex, file if schema else None)


def test_a_schema_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        format_plans("", tmp_path / "absent.json")


def test_the_gate_lets_no_more_answers_miss_the_format() -> None:
    assert (format_gate().kind, format_gate().margin, format_gate().required) == ("non-inferiority", 0.05, True)
