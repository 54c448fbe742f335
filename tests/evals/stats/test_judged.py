"""Judgements from a file: orders, retries, lengths, families."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from evals.stats.judged import by_prompt, read_judgements, read_lengths, summarise
from evals.stats.winrate import win_rate
from reports.errors import DataError, MissingError, UsageError


def write(path: Path, rows: Sequence[object]) -> Path:
    """Write JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def verdict(prompt: str, preference: float | None, order: str = "pointwise", **more: object) -> dict[str, object]:
    """Return one line of judgements."""
    return {"prompt_id": prompt, "preference": preference, "order": order, **more}


def test_both_orders_count_as_one_prompt_and_a_disagreement_is_a_tie(tmp_path: Path) -> None:
    rows = [verdict("a", 1, "baseline_first"), verdict("a", 0, "candidate_first")]
    rows += [verdict("b", 0.9, "baseline_first"), verdict("b", 0.7, "candidate_first")]
    prompts = by_prompt(read_judgements(write(tmp_path / "j.jsonl", rows)))
    assert [(prompt.preference, prompt.agrees) for prompt in prompts] == [(0.5, False), (1.0, True)]
    found = summarise("judge", prompts)
    assert (found.wins, found.ties, found.losses) == (1, 1, 0)
    assert found.orders_agree is not None and found.orders_agree.value == 0.5


def test_one_order_alone_is_missing_where_the_judge_was_asked_in_both(tmp_path: Path) -> None:
    rows = [verdict("a", 1, "baseline_first"), verdict("a", None, "candidate_first"), verdict("b", 1, "baseline_first")]
    rows += [verdict("c", 1, "baseline_first"), verdict("c", 1, "candidate_first")]
    found = summarise("judge", by_prompt(read_judgements(write(tmp_path / "j.jsonl", rows))))
    assert (found.win_rate.n, found.missing) == (1, 2)
    assert "missing, not ties" in found.notes[0]


def test_a_retry_replaces_the_failure(tmp_path: Path) -> None:
    rows = [verdict("a", None), verdict("b", 0), verdict("a", 1)]
    found = summarise("judge", by_prompt(read_judgements(write(tmp_path / "j.jsonl", rows))))
    assert (found.wins, found.losses, found.missing) == (1, 1, 0)


def test_soft_preferences_are_probabilities_and_hard_ones_verdicts(tmp_path: Path) -> None:
    rows = read_judgements(write(tmp_path / "j.jsonl", [verdict(f"p{i}", 0.75) for i in range(20)]))
    assert summarise("judge", by_prompt(rows)).win_rate.value == 1.0
    assert summarise("judge", by_prompt(rows, soft=True)).win_rate.value == pytest.approx(0.75)


def test_lengths_are_joined_by_prompt_id_not_by_row(tmp_path: Path) -> None:
    ledger = [
        {"key": "k", "side": side, "suite": "target", "prompt_id": prompt, "prompt": "?", "completion": "x" * length}
        for prompt, side, length in [("b", "candidate", 9), ("a", "candidate", 4), ("a", "baseline", 1), ("b", "baseline", 2)]
    ]
    lengths = read_lengths(write(tmp_path / "c.jsonl", [*ledger, {**ledger[0], "prompt_id": "lonely"}]))
    rows = read_judgements(write(tmp_path / "j.jsonl", [verdict("a", 1), verdict("b", 0)]))
    assert [prompt.extra_length for prompt in by_prompt(rows, lengths)] == [3.0, 7.0]
    assert "lonely" not in lengths


def test_length_control_without_every_length_is_refused(tmp_path: Path) -> None:
    rows = [verdict("a", 1, baseline_length=10, candidate_length=20), verdict("b", 0)]
    prompts = by_prompt(read_judgements(write(tmp_path / "j.jsonl", rows)))
    with pytest.raises(DataError, match="1 of 2 judged prompts have no lengths"):
        summarise("judge", prompts, length_controlled=True)


def test_length_control_is_reported_beside_the_raw_rate(tmp_path: Path) -> None:
    rows = [
        verdict(f"p{i}", float(i % 3 > 0), baseline_length=100, candidate_length=100 + (40 if i % 3 else -10)) for i in range(60)
    ]
    found = summarise("judge", by_prompt(read_judgements(write(tmp_path / "j.jsonl", rows))), length_controlled=True)
    assert found.length_controlled is not None and found.length_effect is not None and found.length_effect > 0
    assert found.length_controlled.value is not None and found.win_rate.value is not None
    assert found.length_controlled.value < found.win_rate.value
    assert found.longer == pytest.approx(2 / 3)


def test_families_count_once_whether_one_looks_once_or_often(tmp_path: Path) -> None:
    rows = [verdict(f"p{i}", float(i // 10 % 2), family=f"f{i // 5}") for i in range(60)]
    prompts = by_prompt(read_judgements(write(tmp_path / "j.jsonl", rows)))
    once, often = summarise("judge", prompts), summarise("judge", prompts, sequential=True)
    alone = win_rate([prompt.preference or 0.0 for prompt in prompts])
    assert once.win_rate.low is not None and once.win_rate.low < alone.low
    assert often.win_rate.n == 60
    assert often.win_rate.low is not None and often.win_rate.low < once.win_rate.low


def test_several_judges_are_not_mixed(tmp_path: Path) -> None:
    path = write(tmp_path / "j.jsonl", [verdict("a", 1, judge="kind"), verdict("a", 0, judge="strict")])
    with pytest.raises(UsageError, match="kind, strict"):
        read_judgements(path)
    assert [row.preference for row in read_judgements(path, "strict")] == [0]
    with pytest.raises(UsageError, match="no judgements of `other`"):
        read_judgements(path, "other")


@pytest.mark.parametrize("line", ['{"prompt_id": "b"}', '{"prompt_id": "b", "preference": 3}', "{", '{"preference": 1}'])
def test_a_line_that_is_no_judgement_is_named(tmp_path: Path, line: str) -> None:
    path = write(tmp_path / "j.jsonl", [verdict("a", 1)])
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(DataError, match=r"j\.jsonl:2: "):
        read_judgements(path)


def test_an_absent_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        read_judgements(tmp_path / "none.jsonl")
