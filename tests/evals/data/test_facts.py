"""What counting says about data, against files whose content is known."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from evals.data.facts import has_clear_winner, measure_data, read_effective
from reports.records.probe import DataFacts
from tests.evals.data.rows import demonstration, pair


def measured(folder: Path, *files: Iterable[Mapping[str, object]]) -> DataFacts:
    """Write one JSON lines file for each set of rows, each in a folder of its own and under one name, and measure all."""
    sources = []
    for number, rows in enumerate(files):
        path = folder / str(number) / "rows.jsonl"
        path.parent.mkdir()
        path.write_text("\n".join(json.dumps(row) for row in rows))
        sources.append(str(path))
    return measure_data(sources)


def test_rows_are_counted_after_cleaning(tmp_path: Path) -> None:
    rows = [pair(number) for number in range(10)]
    undecided = {**pair(11), "rejected": pair(11)["chosen"]}
    blank = {**pair(12), "chosen": " "}
    found = measured(tmp_path, [*rows, rows[0], rows[0], undecided, blank])
    assert found.preference_pairs == 10
    assert found.removed == {"empty fields": 1, "identical answers": 1, "exact duplicates": 2}
    assert found.duplicates_share == pytest.approx(2 / 12)
    assert [(source.rows, source.effective) for source in found.sources] == [(14, 10)]


def test_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    found = measured(tmp_path, [demonstration(number) for number in range(6)], [pair(number) for number in range(4)])
    assert (found.demonstrations, found.preference_pairs) == (6, 4)
    assert [source.effective for source in found.sources] == [6, 4]


def test_a_repeat_in_another_file_is_a_repeat(tmp_path: Path) -> None:
    rows = [demonstration(number) for number in range(5)]
    found = measured(tmp_path, rows, rows[:2])
    assert found.demonstrations == 5
    assert [source.effective for source in found.sources] == [5, 0]


def test_prompts_are_counted_without_case_and_spacing(tmp_path: Path) -> None:
    found = measured(
        tmp_path, [{"prompt": "Name  our shop", "completion": "Leaf"}, {"prompt": "name our SHOP", "completion": "Cup"}]
    )
    assert (found.demonstrations, found.prompts) == (2, 1)


def test_a_true_or_false_label_makes_a_row_a_single_rating(tmp_path: Path) -> None:
    rows = [{**demonstration(number), "label": number % 2 == 0} for number in range(6)]
    found = measured(tmp_path, rows, [demonstration(7)])
    assert (found.unpaired_ratings, found.demonstrations) == (6, 1)


def test_labels_written_as_words_count_and_class_numbers_do_not(tmp_path: Path) -> None:
    words = [{**demonstration(number), "label": "False"} for number in range(3)]
    classes = [{**demonstration(number), "label": number} for number in range(3, 6)]
    found = measured(tmp_path, words, classes)
    assert (found.unpaired_ratings, found.demonstrations) == (3, 3)


def test_length_bias_counts_longer_and_shorter_and_leaves_ties_out(tmp_path: Path) -> None:
    prompts = [f"Question {number}?" for number in range(4)]
    answers = [("longer answer", "short"), ("a", "bbb"), ("cc", "dd"), ("much longer", "x")]
    found = measured(tmp_path, [{"prompt": p, "chosen": a, "rejected": b} for p, (a, b) in zip(prompts, answers, strict=True)])
    assert (found.chosen_longer, found.chosen_shorter) == (2, 1)


@pytest.mark.parametrize(
    ("chosen", "rejected", "clear"),
    [
        (3, 0, True),
        (2, 0, False),
        (2, 1, False),
        (5, 1, True),
        (51, 49, False),
        (5100, 4900, False),
        (60, 40, True),
        (1, 3, False),
    ],
)
def test_a_winner_is_clear_when_most_people_would_agree(chosen: int, rejected: int, clear: bool) -> None:
    assert has_clear_winner(chosen, rejected) is clear


def test_votes_are_read_as_numbers_or_text(tmp_path: Path) -> None:
    votes: list[dict[str, object]] = [
        {"chosen_votes": 9, "rejected_votes": 1},
        {"chosen_votes": "5", "rejected_votes": "4"},
        {},
        {"chosen_votes": 0},
    ]
    found = measured(tmp_path, [{**pair(number), **one} for number, one in enumerate(votes)])
    assert (found.voted_pairs, found.clear_pairs) == (2, 1)


@pytest.mark.parametrize(
    ("column", "values", "by_model", "by_people"),
    [
        ("synthetic", [True, False, False, True], 2, 2),
        ("is_synthetic", ["yes", "no", "no", "?"], 1, 2),
        ("source", ["human-written", "gpt model", "crawl", "Expert"], 1, 2),
    ],
)
def test_who_wrote_the_rows_is_read_from_a_column(
    tmp_path: Path, column: str, values: list[object], by_model: int, by_people: int
) -> None:
    found = measured(tmp_path, [{**demonstration(number), column: value} for number, value in enumerate(values)])
    assert (found.origin_column, found.by_model, found.by_people) == (column, by_model, by_people)


def test_a_source_column_about_something_else_says_nothing(tmp_path: Path) -> None:
    found = measured(tmp_path, [{**demonstration(number), "source": "wikipedia"} for number in range(3)])
    assert (found.origin_column, found.by_model, found.by_people) == ("", 0, 0)


def test_formats_are_counted(tmp_path: Path) -> None:
    found = measured(tmp_path, [{**demonstration(number), "format": "slogan" if number else "email"} for number in range(3)])
    assert found.formats == {"slogan": 2, "email": 1}


def test_transcripts_become_messages_only_for_a_chat_model(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    start = "\n\nHuman: Which tea?\n\nAssistant:"
    path.write_text(json.dumps({"chosen": f"{start} Sencha.", "rejected": f"{start} TEA!"}))
    forms = [read_effective([str(path)], chat_template).rows[0].example.form for chat_template in (False, True)]
    assert forms == ["transcript", "messages"]
