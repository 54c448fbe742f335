"""The profile: what was planted in the rows is what it says, and clean rows show none of it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from evals.data.check import CheckRequest, check_files
from evals.data.cost import token_costs
from evals.data.layouts import Layout
from evals.data.lengths import Lengths
from evals.data.profile import profile
from evals.data.reading import Source
from reports.records.data import Content, Profile
from reports.records.plan import ModelRef
from tests.evals.data.rows import demonstration, example, pair, transcript, write_lines

TURN = {"role": "user", "content": "Which tea goes with rain?"}
ANSWER = {"role": "assistant", "content": "A smoky one, such as lapsang souchong."}
SYSTEM = {"role": "system", "content": "You are a calm tea seller."}
CALL = {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "stock", "arguments": "{}"}}]}


def profile_of(path: Path, rows: Sequence[object], model: str | None = None) -> Profile:
    """Write rows to a file and return its profile."""
    return check_files(CheckRequest((str(write_lines(path, rows)),), model=model)).profile  # type: ignore[arg-type]


def content_of(path: Path, rows: Sequence[object]) -> Content:
    """Return what the rows of one file hold."""
    found = profile_of(path, rows).sources[0].content
    assert found is not None
    return found


def test_lengths_are_told_apart_by_column(tmp_path: Path, chat_model: ModelRef) -> None:
    rows = [{"prompt": f"{n:05}", "chosen": f"{n:010}", "rejected": f"{n:015}"} for n in range(50)]
    found = profile_of(tmp_path / "pairs.jsonl", rows, chat_model.name)
    content = found.sources[0].content
    assert content is not None
    assert {name: spread.p50 for name, spread in content.characters.items()} == {"prompt": 5, "chosen": 10, "rejected": 15}
    assert list(content.tokens) == ["prompt", "chosen", "rejected"]
    assert content.tokens["chosen"].p50 < content.tokens["rejected"].p50
    assert content.kinds == {"preference": 50}


def test_without_a_model_nothing_is_counted_in_tokens(tmp_path: Path) -> None:
    found = profile_of(tmp_path / "rows.jsonl", [demonstration(n) for n in range(5)])
    assert found.costs == ()
    assert found.sources[0].content is not None
    assert found.sources[0].content.tokens == {}


def test_turns_system_prompts_and_tools_are_counted(tmp_path: Path) -> None:
    plain = [{"messages": [TURN, {**ANSWER, "content": f"Smoky, {n}."}]} for n in range(6)]
    with_system = [{"messages": [SYSTEM, TURN, ANSWER, TURN, {**ANSWER, "content": f"Malty, {n}."}]} for n in range(3)]
    with_tool = [{"messages": [TURN, CALL, {"role": "tool", "content": "7 tins"}, ANSWER]}]
    found = content_of(tmp_path / "rows.jsonl", [*plain, *with_system, *with_tool])
    assert (found.turns.p50, found.turns.maximum) == (2, 4)
    assert (found.system_share, found.tool_share) == (0.3, 0.1)
    clean = content_of(tmp_path / "clean.jsonl", plain)
    assert (clean.turns.maximum, clean.system_share, clean.tool_share) == (2, 0, 0)


def test_turns_of_transcripts_are_counted_without_a_model(tmp_path: Path) -> None:
    found = content_of(tmp_path / "talks.jsonl", [transcript(n, turns=3) for n in range(10)])
    assert found.turns.p50 == 6


def test_repeated_prompts_lower_the_share_of_different_ones(tmp_path: Path) -> None:
    rows = [{"prompt": f"Question {n // 2}?", "completion": f"Answer {n}."} for n in range(10)]
    assert content_of(tmp_path / "twice.jsonl", rows).distinct_prompts == 0.5
    assert content_of(tmp_path / "once.jsonl", [demonstration(n) for n in range(10)]).distinct_prompts == 1.0


def test_topics_name_a_row_that_shows_them(tmp_path: Path) -> None:
    teas = [{"prompt": f"Steep the jasmine leaf slowly, kettle {n}.", "completion": "Yes."} for n in range(40)]
    taxes = [{"prompt": f"File the income audit receipt, form {n}.", "completion": "No."} for n in range(20)]
    first, second = content_of(tmp_path / "rows.jsonl", teas + taxes).topics
    assert (first.rows, second.rows) == (40, 20)
    assert 1 <= first.example_row <= 40 < second.example_row <= 60
    assert "jasmine" in first.words
    assert "audit" in second.words
    assert first.source == "rows.jsonl"


def test_shared_prompts_of_two_files_are_reported(tmp_path: Path) -> None:
    first = write_lines(tmp_path / "a.jsonl", [demonstration(n) for n in range(20)])
    second = write_lines(tmp_path / "b.jsonl", [pair(n) for n in range(15, 25)])
    other = write_lines(tmp_path / "c.jsonl", [demonstration(n) for n in range(100, 110)])
    found = check_files(CheckRequest((str(first), str(second), str(other)))).profile
    (overlap,) = found.overlaps
    assert (overlap.first, overlap.second, overlap.prompts, overlap.share) == ("a.jsonl", "b.jsonl", 5, 0.5)
    assert found.together is not None
    assert found.together.kinds == {"prompt-completion": 30, "preference": 10}
    assert found.together.distinct_prompts == 35 / 40


def test_one_file_has_no_overlap_and_is_not_described_twice(tmp_path: Path) -> None:
    found = profile_of(tmp_path / "rows.jsonl", [demonstration(n) for n in range(5)])
    assert (found.together, found.overlaps) == (None, ())


def source(kind: str, rows: int) -> Source:
    """Return a source whose rows do not matter."""
    layout = Layout(kind, "text", "planted", None)  # type: ignore[arg-type]
    return Source(f"{kind}.jsonl", "", layout, [example(demonstration(n)) for n in range(rows)], [])


def test_the_cost_counts_both_sides_of_pairs_and_padding_to_the_longest() -> None:
    lengths = [("preference.jsonl", Lengths(10, (30, 20)))] * 7 + [("preference.jsonl", Lengths(10, (60, 20)))]
    (cost,) = token_costs([source("preference", 8)], lengths)
    assert (cost.rows, cost.tokens, cost.trained) == (8, 7 * 50 + 80, 7 * 30 + 60)
    assert cost.padding_share == pytest.approx(1 - 430 / (16 * 60), abs=1e-4)


def test_equal_lengths_need_no_padding() -> None:
    (cost,) = token_costs([source("prompt-completion", 9)], [("prompt-completion.jsonl", Lengths(10, (30,)))] * 9)
    assert (cost.tokens, cost.trained, cost.padding_share) == (270, 180, 0)


def test_a_file_without_usable_rows_is_still_described() -> None:
    (found,) = profile([source("preference", 0)], [], ()).sources
    assert (found.rows, found.content) == (0, None)
