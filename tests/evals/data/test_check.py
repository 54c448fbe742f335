"""All checks on files: each planted defect is reported under its code, and clean files pass."""

import gzip
import json
from pathlib import Path

import pytest

from evals.data.check import CheckedData, CheckRequest, check_files
from reports.errors import MissingError, UsageError
from reports.records.data import Check
from reports.records.plan import Acceptance, ModelRef
from tests.evals.data.rows import demonstration, pair, prompt, transcript, write_lines


def checked(found: CheckedData, code: str) -> Check:
    """Return the one check with this code."""
    (check,) = (check for check in found.checks if check.code == code)
    return check


def states(found: CheckedData) -> dict[str, str]:
    """Return the state of every check that is not a pass."""
    return {check.code: check.state for check in found.checks if check.state != "pass"}


def test_clean_pairs_pass_without_a_model(tmp_path: Path) -> None:
    found = check_files(CheckRequest((str(write_lines(tmp_path / "pairs.jsonl", [pair(n) for n in range(600)])),)))
    assert found.passed
    assert (found.rows, found.left) == (600, 600)
    assert found.profile.sources[0].layout == "preference (text)"
    assert all(check.state == "pass" for check in found.checks if check.code in {"READ001", "DUP001", "PAIR001", "EMPTY001"})
    assert "--model" in checked(found, "TRUNC001").because
    assert "--model" in checked(found, "PAIR002").because
    assert checked(found, "LEAK001").state == "skipped"


def test_planted_defects_are_reported_and_do_not_block(tmp_path: Path) -> None:
    rows = [*(pair(n) for n in range(20)), pair(0), {**pair(21), "chosen": " "}, {**pair(22), "rejected": pair(22)["chosen"]}]
    path = write_lines(tmp_path / "pairs.jsonl", [*rows, {"prompt": "a"}])
    found = check_files(CheckRequest((str(path),)))
    assert found.passed
    assert (found.rows, found.left) == (24, 20)
    assert {"READ001", "EMPTY001", "PAIR001", "DUP001", "ROWS001"} <= states(found).keys()
    assert [checked(found, code).evidence[0].row for code in ("READ001", "EMPTY001", "PAIR001", "DUP001")] == [24, 22, 23, 21]


def test_the_tokenizer_finds_long_rows(tmp_path: Path, chat_model: ModelRef) -> None:
    long = "cup " * 80
    cut = {"prompt": f"{long}?", "chosen": " Slowly.", "rejected": " NOW!"}
    alike = [{"prompt": prompt(n), "chosen": f" {long}{n}", "rejected": f" {long}no {n}"} for n in range(10)]
    path = write_lines(tmp_path / "pairs.jsonl", [*(pair(n) for n in range(20)), cut, *alike])
    found = check_files(CheckRequest((str(path),), model=chat_model.name, max_length=128))
    truncation = checked(found, "TRUNC001")
    assert (truncation.state, truncation.value) == ("warn", 11 / 31)
    assert found.profile.sources[0].prompt_tokens is not None


def test_prompts_alone_have_lengths_and_no_answers(tmp_path: Path, chat_model: ModelRef) -> None:
    path = write_lines(tmp_path / "prompts.jsonl", [{"prompt": prompt(n)} for n in range(9)] + [{"prompt": "cup " * 200}])
    found = check_files(CheckRequest((str(path),), model=chat_model.name, max_length=128))
    (source,) = found.profile.sources
    assert source.prompt_tokens is not None
    assert source.completion_tokens is None
    assert checked(found, "TRUNC001").value == 0.1


def test_leaked_prompts_block_until_they_are_accepted(tmp_path: Path) -> None:
    train = str(write_lines(tmp_path / "train.jsonl", [demonstration(n) for n in range(10)]))
    test = str(write_lines(tmp_path / "test.jsonl", [{"question": prompt(n).upper(), "answer": "?"} for n in (3, 40)]))
    found = check_files(CheckRequest((train,), against=(test,)))
    leak = checked(found, "LEAK001")
    assert not found.passed
    assert (leak.state, leak.value, [row.row for row in leak.evidence]) == ("fail", 0.1, [4])
    assert leak.because.endswith("in test.jsonl")
    assert check_files(CheckRequest((train,), against=(test,), accepted=(Acceptance(code="LEAK001", because="public"),))).passed


def test_a_transcript_leaks_into_the_same_question_elsewhere(tmp_path: Path) -> None:
    train = str(write_lines(tmp_path / "train.jsonl", [transcript(n) for n in range(5)]))
    test = str(write_lines(tmp_path / "test.jsonl", [{"prompt": prompt(200), "completion": "?"}]))
    assert checked(check_files(CheckRequest((train,), against=(test,))), "LEAK001").value == 0.2


def test_a_question_leaks_behind_a_system_turn(tmp_path: Path) -> None:
    system, answer = {"role": "system", "content": "Be brief and kind."}, {"role": "assistant", "content": "Gladly."}
    rows = [{"messages": [system, {"role": "user", "content": prompt(n)}, answer]} for n in range(4)]
    train = str(write_lines(tmp_path / "train.jsonl", rows))
    test = str(write_lines(tmp_path / "test.jsonl", [{"prompt": prompt(2)}]))
    assert checked(check_files(CheckRequest((train,), against=(test,))), "LEAK001").value == 0.25


def test_disjoint_files_do_not_leak(tmp_path: Path) -> None:
    train = str(write_lines(tmp_path / "train.jsonl", [demonstration(n) for n in range(10)]))
    test = str(write_lines(tmp_path / "test.jsonl", [demonstration(n) for n in range(10, 20)]))
    assert checked(check_files(CheckRequest((train,), against=(test,))), "LEAK001").state == "pass"


def test_the_shorter_answer_and_the_transcript_layout_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "talks.jsonl.gz"
    path.write_bytes(gzip.compress("".join(json.dumps(transcript(n, 2)) + "\n" for n in range(40)).encode()))
    found = check_files(CheckRequest((str(path),)))
    assert found.profile.sources[0].layout == "preference (transcript)"
    assert "share up to the last 'Assistant:'" in found.profile.sources[0].because
    assert (
        checked(found, "LEN001").value == sum(len(f" Steep it slowly, {n}.") < len(f" BUY BUY BUY {n}!") for n in range(40)) / 40
    )


def test_a_code_that_no_check_has_is_refused(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [demonstration(1)])
    with pytest.raises(UsageError, match="--accept LEAK9: no check has this code"):
        check_files(CheckRequest((str(path),), accepted=(Acceptance(code="LEAK9", because="x"),)))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"absent\.jsonl"):
        check_files(CheckRequest((str(tmp_path / "absent.jsonl"),)))
