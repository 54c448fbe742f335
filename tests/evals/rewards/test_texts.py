"""Rewards that look at the text: equality, patterns, JSON, length and words."""

from pathlib import Path

import pytest

from reports.errors import UsageError
from tests.evals.rewards.material import built, scores


def test_an_exact_answer_ignores_spacing_case_and_final_stops() -> None:
    answers = ["  paris. ", "“PARIS”", "It is Paris", "Rome", "", "<think>Rome</think>Paris"]
    assert scores("exact-answer", answers, answer=["Paris"] * 6) == [1.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    assert scores("exact-answer:case=true", ["paris"], answer=["Paris"]) == [0.0]


def test_an_exact_answer_may_be_one_of_several_and_is_missing_where_the_row_has_none() -> None:
    assert scores("exact-answer:column=good", ["b", "c", "d"], good=[["a", "b"], [], None]) == [1.0, None, None]


def test_a_column_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(UsageError, match="columns are solution"):
        scores("exact-answer", ["a"], solution=["a"])


def test_turns_and_texts_get_the_same() -> None:
    turns = [[{"role": "assistant", "content": "Paris"}], [{"role": "assistant", "content": [{"type": "text", "text": "Rome"}]}]]
    assert scores("exact-answer", turns, answer=["Paris", "Rome"]) == [1.0, 1.0]
    assert scores("exact-answer", [[{"role": "assistant", "content": None}]], answer=["Paris"]) == [0.0]


def test_a_pattern_is_searched_or_must_match_the_whole() -> None:
    assert scores("regex:pattern=^Yes", ["Yes, sure", "No. Yes"]) == [1.0, 0.0]
    assert scores("regex:pattern=yes.no;ignore_case=true", ["YES\nNO"]) == [1.0]
    assert scores("regex:pattern=[0-9]{1,3};whole=true", ["123", "1234"]) == [1.0, 0.0]
    with pytest.raises(UsageError, match="not a regular expression"):
        built("regex:pattern=(")


SCHEMA = '{"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}'


@pytest.mark.parametrize(
    ("text", "reward"),
    [
        ('{"a": 1}', 1.0),
        ('Sure:\n```json\n{"a": 1}\n```\nDone.', 1.0),
        ('Here it is: {"a": 1}, as you asked.', 1.0),
        ('{"a": "1"}', 0.25),
        ('{"a": NaN}', 0.0),
        ("a: 1", 0.0),
        ("", 0.0),
        ("[" * 5000, 0.0),
        ("9" * 5000, 0.0),
    ],
)
def test_json_is_found_and_validated(text: str, reward: float) -> None:
    assert scores(f"json-schema:schema={SCHEMA};partial=0.25", [text]) == [reward]


def test_strict_json_has_nothing_around_it() -> None:
    assert scores(f"json-schema:schema={SCHEMA};strict=true", ['{"a": 1}', 'ok {"a": 1}']) == [1.0, 0.0]


def test_a_schema_comes_from_a_file_or_from_each_row(tmp_path: Path) -> None:
    (tmp_path / "shape.json").write_text(SCHEMA)
    (reward,) = built("json-schema:schema=shape.json", folder=str(tmp_path))
    assert reward.function(['{"a": 2}']) == [1.0]
    rows = [{"type": "array"}, '{"type": "string"}', None]
    assert scores("json-schema:column=shape", ["[]", "[]", "[]"], shape=rows) == [1.0, 0.0, None]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("schema=nowhere.json", "cannot be read"),
        ('schema={"type": 3}', "not a JSON schema"),
        ("schema={", "no JSON"),
        ("schema={};column=b", "either"),
        ("partial=0.5", "either"),
        ("schema={};partial=2", "0 to 1"),
    ],
)
def test_a_schema_that_is_none_is_refused(options: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        built(f"json-schema:{options}")


def test_a_schema_is_never_fetched() -> None:
    with pytest.raises(UsageError, match=r"refers to 'http://127\.0\.0\.1:9/x'"):
        scores('json-schema:schema={"$ref": "http://127.0.0.1:9/x"}', ["{}"])


def test_length_falls_off_in_a_straight_line() -> None:
    words = [" ".join(["word"] * count) for count in (0, 5, 10, 20, 30, 40, 90)]
    assert scores("length-band:low=10,high=20", words) == [0.0, 0.5, 1.0, 1.0, 0.5, 0.0, 0.0]
    assert scores("length-band:high=20", ["", "word"]) == [0.0, 1.0]
    assert scores("length-band:high=4;unit=characters", [" abcd ", "abcdef"]) == [1.0, 0.5]


def test_tokens_are_counted_where_they_are_known() -> None:
    assert scores("length-band:high=2;unit=tokens", ["a b", "a b c"], completion_ids=[[1, 2], [1, 2, 3]]) == [1.0, 0.5]
    assert scores("length-band:high=2;unit=tokens", ["a b"]) == [None]


@pytest.mark.parametrize("options", ["low=10", "low=10;high=5", "high=0", "high=5;unit=pages", "high=-1", "high=many"])
def test_a_band_that_is_none_is_refused(options: str) -> None:
    with pytest.raises(UsageError, match=r"high|unit"):
        built(f"length-band:{options}")


def test_forbidden_words_are_whole_words() -> None:
    answers = ["A class act", "You ass!", "Buy  now", "buyer nowhere", ""]
    assert scores("forbidden-words:words=ass,buy now", answers) == [1.0, 0.0, 0.0, 1.0, 1.0]
    assert scores("forbidden-words:words=Ass;case=true", ["ass"]) == [1.0]


def test_required_words_count_by_share(tmp_path: Path) -> None:
    rows = [["tea", "cup"], "tea, cup", None, []]
    assert scores("required-words:column=must", ["Tea time"] * 4, must=rows) == [0.5, 0.5, None, None]
    (tmp_path / "words.txt").write_text("tea\n\ngreen tea\n")
    (reward,) = built("required-words:file=words.txt", folder=str(tmp_path))
    assert reward.function(["green tea", "black tea"]) == [1.0, 0.5]


def test_a_word_list_needs_words() -> None:
    with pytest.raises(UsageError, match="words=…, file=… or column=…"):
        built("forbidden-words")
