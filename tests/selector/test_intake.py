"""The catalogue of questions, valid answers, and files of answers."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings

from reports.errors import MissingError, SchemaError, UsageError
from reports.records.intake import Intake
from selector.intake import AXES, BY_NAME, QUESTIONS, make_fact, parse_answer, parse_fact, read_intake, relevant_questions
from selector.question import Question
from selector.situation import Situation
from selector.wording import answer
from tests.selector.any_intake import intakes
from tests.selector.scenarios import intake_of


def written(folder: Path, text: str, name: str = "facts.yaml") -> Path:
    """Write a file of facts."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_every_axis_has_questions_and_every_question_a_name_of_its_own() -> None:
    assert {question.axis for question in QUESTIONS} == set(AXES)
    assert len(BY_NAME) == len(QUESTIONS)


def test_the_situation_has_one_field_for_every_question() -> None:
    assert Situation.__struct_fields__ == tuple(BY_NAME)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_what_is_assumed_while_a_fact_is_unknown_is_a_valid_answer(question: Question) -> None:
    for value in (question.typical, question.hopeful):
        assert make_fact(question.name, value, "default").value == value
    if question.kind in ("number", "share"):
        low, middle, high = question.guess
        assert question.minimum <= low <= middle <= high <= question.maximum
    elif question.kind == "choice":
        assert len(question.guess) == len(question.choices) and sum(question.guess) == pytest.approx(1)
    else:
        assert [value for value, _ in question.choices] == ["yes", "no"] and 0 < question.guess[0] < 1


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("preference_pairs", "2k", 2000),
        ("preference_pairs", "1.5m", 1_500_000),
        ("preference_pairs", "1,200", 1200),
        ("preference_pairs", "3e3", 3000),
        ("model_parameters_b", "0.5", 0.5),
        ("model_parameters_b", "1e-5", 1e-5),
        ("prompt_pass_rate", "40 %", 0.4),
        ("prompt_pass_rate", "7%", 0.07),
        ("prompt_pass_rate", ".25", 0.25),
        ("sft_done", "Yes", True),
        ("sft_done", "off", False),
        ("goal", " Style ", "style"),
        ("team_experience", "none", "none"),
        ("gpu_count", "?", None),
        ("goal", "unknown", None),
        ("sft_done", "", None),
    ],
)
def test_answers_are_read_as_people_write_them(name: str, text: str, value: object) -> None:
    assert parse_fact(name, text, "flag").value == value


@pytest.mark.parametrize("text", ["300..900", "300-900", "300 to 900", "0.3k – 900"])
def test_an_interval_keeps_both_ends_and_a_middle_between_them(text: str) -> None:
    fact = parse_answer(BY_NAME["preference_pairs"], text)
    assert (fact.low, fact.high) == (300, 900)
    assert fact.value == 520  # counts are spread by ratio


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("preference_pairs", "many", "a whole number from 0 to 1,000,000,000"),
        ("preference_pairs", "1.5", "a whole number"),
        ("preference_pairs", "-3", "from 0"),
        ("preference_pairs", "900..300", "runs backwards"),
        ("prompt_pass_rate", "40", "Did you mean 40 %?"),
        ("prompt_pass_rate", "nan", "a share from 0 to 1"),
        ("sft_done", "perhaps", "yes or no"),
        ("goal", "styel", "one of style, format, domain, reasoning, knowledge, safety"),
        ("gpu_hours", "1..2..3", "a number from 0"),
    ],
)
def test_an_answer_that_is_not_allowed_names_what_is(name: str, text: str, told: str) -> None:
    with pytest.raises(UsageError, match=name) as caught:
        parse_fact(name, text, "flag")
    assert told in str(caught.value)


def test_a_misspelled_fact_names_the_nearest_known_one() -> None:
    with pytest.raises(UsageError, match="Did you mean 'preference_pairs'"):
        make_fact("prefernce_pairs", 3, "asked")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1.2, True, "much"])
def test_a_share_outside_zero_to_one_is_refused(value: float | bool | str) -> None:
    with pytest.raises(UsageError, match="prompt_pass_rate"):
        make_fact("prompt_pass_rate", value, "asked")


@pytest.mark.parametrize(("low", "high"), [(0.5, 0.9), (0.1, 0.3), (-0.1, 0.9), (0.1, 1.1)])
def test_an_interval_must_hold_its_value_and_stay_in_range(low: float, high: float) -> None:
    with pytest.raises(UsageError, match="must hold the value"):
        make_fact("prompt_pass_rate", 0.4, "probed", low=low, high=high)


def test_a_choice_carries_no_interval() -> None:
    with pytest.raises(UsageError, match="only numbers and shares"):
        make_fact("goal", "style", "asked", low=0.0)


def test_an_unknown_fact_says_why() -> None:
    assert make_fact("gpu_count", None, "probed", because="no driver answers").because == "no driver answers"
    assert make_fact("gpu_count", None, "asked").because != ""


def test_a_short_file_and_a_long_file_hold_the_same_facts(tmp_path: Path) -> None:
    short = written(tmp_path, "preference_pairs: 800\ngoal: style\nsft_done: yes\nprompt_pass_rate: 40 %\n")
    long = written(
        tmp_path,
        json.dumps({name: {"value": fact.value, "origin": fact.origin} for name, fact in read_intake(short).facts.items()}),
        "facts.json",
    )
    assert read_intake(long) == read_intake(short)
    assert read_intake(short).facts["prompt_pass_rate"].value == 0.4


def test_interval_origin_and_evidence_are_kept(tmp_path: Path) -> None:
    path = written(tmp_path, "base_pass_rate: {value: 0.4, low: 30 %, high: 0.5, origin: probed, because: 80 rollouts}\n")
    fact = read_intake(path).facts["base_pass_rate"]
    assert (fact.value, fact.low, fact.high, fact.origin, fact.because) == (0.4, 0.3, 0.5, "probed", "80 rollouts")


@settings(max_examples=30, deadline=None)
@given(intakes())
def test_the_intake_of_a_run_reads_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, intake: Intake) -> None:
    path = tmp_path_factory.mktemp("run") / "intake.json"
    path.write_bytes(msgspec.json.encode(intake))
    assert read_intake(path) == intake


def test_an_empty_file_knows_nothing(tmp_path: Path) -> None:
    assert read_intake(written(tmp_path, "")) == Intake()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- preference_pairs", "expected a mapping of facts"),
        ("preference_pairs: [1, 2]", "preference_pairs"),
        ("preference_pairs: 1\npreference_pairs: 2", "given twice"),
        ("preference_pairs: {value: 1, lowest: 0}", "unexpected lowest"),
        ("preference_pairs: {value: 1, name: goal}", "unexpected name 'goal'"),
        ("preference_pairs: {value: 1, origin: hearsay}", "hearsay"),
        ("preference_pairs: {value: 1, low: few}", "its low is 'few'"),
        ("goal: 7", "one of style"),
        ("pairs_of_preference: 3", "not a known fact"),
        ("preference_pairs: 1: 2", "not readable as YAML"),
        ("1: 2", "not a known fact"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong(tmp_path: Path, text: str, told: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UsageError, match=told) as caught:
        read_intake(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["facts.json", "facts.yaml"])
def test_a_binary_file_is_refused_in_words(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x89PNG\xff\xfe\x00")
    with pytest.raises(UsageError, match="not readable as"):
        read_intake(path)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no such file"):
        read_intake(tmp_path / "absent.yaml")
    with pytest.raises(UsageError, match="cannot be read"):
        read_intake(tmp_path)


@pytest.mark.parametrize("version", ["2", "'new'"])
def test_a_newer_schema_asks_for_an_upgrade(tmp_path: Path, version: str) -> None:
    with pytest.raises(SchemaError, match="Upgrade tunegate"):
        read_intake(written(tmp_path, f"schema_version: {version}\nfacts: {{}}\n"))


@pytest.mark.parametrize(
    ("known", "skipped"),
    [
        ({"gpu_count": 0}, {"gpu_memory_gib"}),
        ({"gpu_count": 2}, {"ram_gib"}),
        ({"reward_computable": False}, {"reward_spread", "prompts_with_reward"}),
        ({"preference_pairs": 0, "ab_results": 0}, {"clear_margin_share"}),
        ({"goal": "reasoning"}, {"voices"}),
        ({"audience": "internal"}, {"human_review"}),
    ],
)
def test_questions_that_cannot_matter_are_skipped(known: dict[str, bool | int | str], skipped: set[str]) -> None:
    asked = {question.name for question in relevant_questions(intake_of(**known))}
    assert skipped.isdisjoint(asked)
    assert skipped <= {question.name for question in relevant_questions(Intake())}


def test_answers_are_shown_as_people_write_them() -> None:
    shown = {
        "preference_pairs": 2000,
        "base_pass_rate": 0.125,
        "gpu_memory_gib": 80.0,
        "model_parameters_b": 0.001,
        "sft_done": True,
    }
    assert [answer(BY_NAME[name], value) for name, value in shown.items()] == [
        "2,000",
        "12.5 %",
        "80 GiB",
        "0.001 billion parameters",
        "yes",
    ]
    assert answer(BY_NAME["goal"], None) == "not known"
