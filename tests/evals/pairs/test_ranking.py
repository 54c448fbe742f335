"""From a judge's comparisons to pairs, and the prompts that give none."""

import pytest

from evals.pairs.ranking import Compared, Group, Winner, group_answers, mean_leads, rank
from evals.pairs.samples import Sampled, StoredAnswer
from reports.records.pairs import RefusedSamples
from tests.evals.pairs.judging import group, row


def sampled(*answers: tuple[str, str], error: str = "") -> Sampled:
    """Return drawn answers, each with its finish."""
    return Sampled(row(), tuple(StoredAnswer(text, finish) for text, finish in answers), error)  # type: ignore[arg-type]


def reason_of(found: object) -> str:
    """Return why there is no pair."""
    assert isinstance(found, RefusedSamples), found
    return found.reason


def test_usable_answers_are_ended_filled_and_different() -> None:
    found = group_answers(sampled(("calm", "stop"), (" calm ", "stop"), ("cut of", "length"), (" ", "stop"), ("loud", "stop")))
    assert isinstance(found, Group)
    assert [(one.place, one.text) for one in found.answers] == [(0, "calm"), (4, "loud")]


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (sampled(("calm", "stop"), ("calm", "stop")), "all 2 answers are identical"),
        (sampled(("calm", "stop"), ("ca", "length"), ("c", "length")), "of 3, 2 cut at the token limit"),
        (sampled(("", "stop"), ("calm", "stop")), "of 2, 1 empty"),
        (sampled(error="the prompt is longer than 5 tokens"), "longer than 5 tokens"),
    ],
)
def test_a_prompt_without_two_usable_answers_is_refused(answers: Sampled, reason: str) -> None:
    assert reason in reason_of(group_answers(answers))


def test_best_meets_worst() -> None:
    three = group("mid", "best", "worst")
    leads = {(0, 1): -0.5, (0, 2): 0.5, (1, 2): 0.9}
    assert rank(three, Compared(leads), 0.2) == [Winner(three.answers[1], three.answers[2], 0.9)]


def test_every_clear_pair_can_be_kept() -> None:
    three = group("mid", "best", "worst")
    found = rank(three, Compared({(0, 1): -0.1, (0, 2): 0.5, (1, 2): 0.9}), 0.2, every=True)
    assert isinstance(found, list)
    assert [(one.chosen.text, one.rejected.text) for one in found] == [("mid", "worst"), ("best", "worst")]


def test_ties_and_small_margins_are_refused() -> None:
    two = group("a", "b")
    assert reason_of(rank(two, Compared({(0, 1): 0.0}), 0.0)) == "a tie"
    assert "margin is 0.150, and 0.2" in reason_of(rank(two, Compared({(0, 1): -0.15}), 0.2))
    assert isinstance(rank(two, Compared({(0, 1): -0.2}), 0.2), list)
    assert "0.150" in reason_of(rank(two, Compared({(0, 1): 0.15}), 0.2, every=True))


def test_a_judge_that_contradicts_itself_gives_no_pair() -> None:
    four = group("a", "b", "c", "d")
    leads = {(0, 1): 1.0, (0, 2): 1.0, (0, 3): -1.0, (1, 2): 0.0, (1, 3): 1.0, (2, 3): 1.0}
    means = mean_leads(leads)
    assert (max(means, key=means.__getitem__), min(means, key=means.__getitem__)) == (0, 3)
    assert "contradicts itself" in reason_of(rank(four, Compared(leads), 0.0))


def test_missing_verdicts_are_no_votes() -> None:
    assert "not judged: timeout" in reason_of(rank(group("a", "b"), Compared({}, "timeout"), 0.0))
    three = group("a", "b", "c")
    assert "best and worst were not compared" in reason_of(rank(three, Compared({(0, 1): 1.0, (1, 2): 1.0}, "x"), 0.0))
