"""From measurements to facts of the scorecard."""

from pathlib import Path

import pytest

from reports.records.intake import Fact
from selector.intake import BY_NAME
from selector.probes import data_facts, facts_of_data, facts_of_findings
from tests.evals.data.rows import pair
from tests.evals.probing.files import write_rows
from tests.selector.sample_probe import COUNTED, finding, with_counts


def test_counts_of_all_rows_become_exact_facts() -> None:
    facts = facts_of_data(COUNTED)
    assert facts["preference_pairs"] == Fact(
        name="preference_pairs",
        value=800,
        origin="probed",
        because="counted in rows.jsonl: 900 rows read, taken out: 100 exact duplicates",
    )
    assert facts["demonstrations"].value == 0
    assert facts["demonstrations"].because == "no file given holds any"
    assert facts["duplicates_share"].value == pytest.approx(1 / 9)
    assert facts["duplicates_share"].low is None
    assert "synthetic_share" not in facts


def test_without_votes_clear_margins_stay_unknown_with_the_reason() -> None:
    fact = facts_of_data(COUNTED)["clear_margin_share"]
    assert fact.value is None
    assert "no votes" in fact.because


def test_votes_give_the_share_of_clear_margins() -> None:
    voted = with_counts(COUNTED, voted_pairs=400, clear_pairs=300)
    assert facts_of_data(voted)["clear_margin_share"].value == 0.75


@pytest.mark.parametrize(
    ("by_model", "by_people", "value", "limits"),
    [(200, 600, 0.25, (None, None)), (200, 400, 1 / 3, (0.25, 0.5)), (100, 100, None, (None, None))],
)
def test_rows_of_unknown_origin_widen_the_synthetic_share(
    by_model: int, by_people: int, value: float | None, limits: tuple[float | None, float | None]
) -> None:
    fact = facts_of_data(with_counts(COUNTED, by_model=by_model, by_people=by_people, origin_column="source"))["synthetic_share"]
    assert fact.value == (None if value is None else pytest.approx(value))
    assert (fact.low, fact.high) == limits


def test_findings_that_answer_questions_become_facts_with_their_intervals() -> None:
    facts = facts_of_findings(
        [
            finding("base_pass_rate", 0.4, 0.3, 0.5, because="26 of 64"),
            finding("sequence_tokens", 662, unit="tokens"),
            finding("loss_headroom", 1.0, unit="nats per token"),
        ],
        has_style_prompt=True,
    )
    assert facts["base_pass_rate"] == Fact(
        name="base_pass_rate", value=0.4, low=0.3, high=0.5, origin="probed", because="26 of 64"
    )
    assert facts["reward_computable"].value is True
    assert facts["sequence_tokens"].value == 662
    assert set(facts) <= set(BY_NAME)


def test_what_was_not_measured_stays_unknown_with_the_reason() -> None:
    facts = facts_of_findings([finding("base_pass_rate", None, because="no checker")], has_style_prompt=False)
    assert facts == {"base_pass_rate": Fact(name="base_pass_rate", value=None, origin="probed", because="no checker")}


def test_without_a_style_prompt_a_better_prompt_stays_possible() -> None:
    measured = [finding("prompt_pass_rate", 0.1, 0.05, 0.2)]
    given, untried = (facts_of_findings(measured, has_style_prompt=given)["prompt_pass_rate"] for given in (True, False))
    assert (given.low, given.high) == (0.05, 0.2)
    assert (untried.low, untried.high) == (0.05, BY_NAME["prompt_pass_rate"].guess[-1])
    assert "--style-prompt" in untried.because


def test_data_facts_of_no_files_are_none_and_of_files_are_effective_rows(sources: tuple[str, ...], tmp_path: Path) -> None:
    assert data_facts(()) == {}
    repeated = write_rows(tmp_path, [pair(1), pair(1), pair(2)])
    assert data_facts(repeated)["preference_pairs"].value == 2
    assert data_facts(sources)["demonstrations"].value == 10
