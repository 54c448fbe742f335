"""Answers must be kept, read as people write them, and matter only while they matter."""

import pytest

from reports.errors import UsageError
from reports.records.intake import Fact
from selector.intake import BY_NAME, QUESTIONS, parse_answer
from selector.tui.scorecard import Scorecard, Sources, chosen_text, options_of, placeholder, read_sources

PAIRS, CLEAR, GPUS, MEMORY = (BY_NAME[n] for n in ("preference_pairs", "clear_margin_share", "gpu_count", "gpu_memory_gib"))
GOAL, REWARD = BY_NAME["goal"], BY_NAME["reward_computable"]


def scorecard() -> Scorecard:
    return Scorecard(QUESTIONS, parse_answer)


def test_an_answer_becomes_a_fact() -> None:
    card = scorecard()
    assert card.answer(PAIRS, "2k")
    assert card.intake().facts["preference_pairs"].value == 2000
    assert card.intake().facts["preference_pairs"].origin == "asked"


def test_a_range_becomes_an_interval() -> None:
    card = scorecard()
    card.answer(PAIRS, "300..900")
    fact = card.intake().facts["preference_pairs"]
    assert (fact.low, fact.high) == (300, 900)


def test_not_known_is_an_answer() -> None:
    card = scorecard()
    assert card.answer(PAIRS, "?")
    assert card.intake().facts["preference_pairs"].value is None
    assert card.note(PAIRS) == "not known; widens the answer"


def test_a_bad_answer_keeps_the_last_good_one_and_says_what_is_allowed() -> None:
    card = scorecard()
    card.answer(PAIRS, "800")
    assert not card.answer(PAIRS, "800x")
    assert card.intake().facts["preference_pairs"].value == 800
    assert card.texts["preference_pairs"] == "800x"
    assert "whole number" in card.note(PAIRS)
    assert card.first_error() == PAIRS
    card.answer(PAIRS, "801")
    assert card.first_error() is None


def test_an_emptied_field_takes_the_answer_back() -> None:
    card = scorecard()
    card.answer(PAIRS, "800")
    card.answer(PAIRS, "")
    assert "preference_pairs" not in card.intake().facts


def test_an_answer_wins_over_a_measurement_and_says_so() -> None:
    card = scorecard()
    card.take_measured(
        Sources(("a.jsonl",)), {"gpu_count": Fact(name="gpu_count", value=2, origin="probed", because="nvidia-smi")}
    )
    assert card.note(GPUS) == "measured: 2 GPUs, nvidia-smi"
    card.answer(GPUS, "1")
    assert card.intake().facts["gpu_count"].value == 1
    assert card.note(GPUS) == "replaces the measured 2 GPUs"


def test_a_question_that_stops_mattering_keeps_its_answer_out_of_the_intake() -> None:
    card = scorecard()
    card.answer(MEMORY, "24")
    card.answer(GPUS, "0")
    assert MEMORY not in card.relevant("compute")
    assert "gpu_memory_gib" not in card.intake().facts
    card.answer(GPUS, "1")
    assert card.intake().facts["gpu_memory_gib"].value == 24


def test_answers_are_counted_by_axis() -> None:
    card = scorecard()
    before = card.answered("data")
    card.answer(PAIRS, "800")
    card.answer(CLEAR, "?")
    assert card.answered("data") == (before.done + 1, before.total)


def test_an_error_in_a_question_that_does_not_matter_does_not_block() -> None:
    card = scorecard()
    card.answer(MEMORY, "much")
    card.answer(GPUS, "0")
    assert card.first_error() is None


def test_sources_may_hold_spaces_in_quotation_marks() -> None:
    assert read_sources('voice.jsonl "my data/pairs.jsonl"', " base ") == Sources(("voice.jsonl", "my data/pairs.jsonl"), "base")
    with pytest.raises(UsageError, match="quotation"):
        read_sources('"voice.jsonl', "")


def test_every_choice_offers_not_knowing() -> None:
    assert options_of(REWARD) == (("yes", "yes"), ("no", "no"), ("?", "unknown"))
    assert options_of(GOAL)[-1] == ("?", "unknown")
    card = scorecard()
    assert all(card.answer(question, text) for question in (GOAL, REWARD) for text, _ in options_of(question))


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q.kind in ("number", "share")], ids=lambda q: q.name)
def test_what_an_empty_field_suggests_is_allowed(question: object) -> None:
    asked = next(q for q in QUESTIONS if q is question)
    single, _, interval = placeholder(asked).partition(", or a range such as ")
    card = scorecard()
    assert card.answer(asked, single), card.errors
    assert card.answer(asked, interval), card.errors


def test_a_measured_choice_shows_as_chosen_until_it_is_answered() -> None:
    card = scorecard()
    card.take_measured(Sources(), {"reward_computable": Fact(name="reward_computable", value=True, origin="probed")})
    assert chosen_text(card, REWARD) == "yes"
    card.answer(REWARD, "no")
    assert chosen_text(card, REWARD) == "no"


def test_an_audit_survives_measuring_the_same_files_and_not_others() -> None:
    card = Scorecard(QUESTIONS, parse_answer, data_text="a.jsonl")
    fact = Fact(name="spot_audit_accuracy", value=0.97, origin="probed", low=0.91, high=0.99)
    card.take_audited("a.jsonl", fact)
    card.take_measured(card.sources(), {})
    assert card.facts()["spot_audit_accuracy"] == fact
    card.data_text = "b.jsonl"
    card.take_measured(card.sources(), {})
    assert "spot_audit_accuracy" not in card.facts()
