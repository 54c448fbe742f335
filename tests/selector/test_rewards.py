"""`tunegate rewards`."""

import json
import re
from pathlib import Path

import pytest

from evals.rewards.dry_run import dry_run
from evals.rewards.library import KINDS
from tests.evals.probing.files import write_rows
from tests.selector.test_commands import call
from tests.test_import_hygiene import HEAVY, loaded_by

QUICK = ("--prompts", "5", "--k", "2", "--new-tokens", "4")


@pytest.fixture
def data(tmp_path: Path) -> str:
    """Additions with their results."""
    rows = [{"prompt": f"What is {n} plus 2?", "completion": f"{n} and 2 make #### {n + 2}", "answer": n + 2} for n in range(8)]
    return write_rows(tmp_path, rows)[0]


def test_rewards_that_teach_nothing_end_in_no_go_and_say_why(
    capsys: pytest.CaptureFixture[str], model_folder: str, data: str
) -> None:
    words = ("rewards", "--data", data, "--model", model_folder, "--reward", "numeric-answer", *QUICK)
    code, out, err = call(capsys, *words)
    assert code == 1
    assert "fail: RWD002 must be mended before training" in out
    assert "✓ pass     RWD011   Empty answers lose" in out
    assert "numeric-answer (accuracy, weight 1)" in out
    assert "rewards: Sampling answers (train)" in err
    code, out, _ = call(capsys, *words, "--accept", "RWD002", "--because", "a first look")
    assert code == 0
    assert "a first look" in out


def test_rewards_that_tell_answers_apart_end_in_go(
    capsys: pytest.CaptureFixture[str], model_folder: str, data: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "import zlib\ndef f(completions, answer, **columns):\n    return [\n        1.0 if text.endswith(f'#### {right}') "
    body += "else zlib.crc32(text.encode()) / 2**33 if len(text) < 12 and text else 0.0\n"
    body += "        for text, right in zip(completions, answer)\n    ]\n"
    (tmp_path / "graded_rewards.py").write_text(body)
    monkeypatch.chdir(tmp_path)
    words = ("rewards", "--data", data, "--model", model_folder, "--reward", "graded_rewards:f", *QUICK)
    code, out, _ = call(capsys, *words, "--held-out", data, "--eval-reward", "graded_rewards:f;name=other", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["settings"]["samples"] == 2
    assert {check["code"]: check["state"] for check in found["checks"]}["RWD003"] == "pass"
    assert [split["split"] for split in found["splits"]] == ["train", "held-out"]


def test_the_library_is_listed_with_options(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "rewards", "--kinds")
    assert code == 0
    assert "numeric-answer   accuracy:" in out
    assert "strict=false" in out
    code, out, _ = call(capsys, "rewards", "--kinds", "--json")
    assert {"exact-answer", "tests", "endpoint-judge"} <= {kind["name"] for kind in json.loads(out)["kinds"]}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "--data and --model and --reward: needed"),
        (("--data", "x", "--model", "m", "--reward", "numeric-answer", "--accept", "RWD999"), "no check has this code"),
        (("--data", "x", "--model", "m", "--reward", "numeric"), "did you mean 'numeric-answer'"),
    ],
)
def test_what_is_missing_or_wrong_is_said(capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str) -> None:
    code, _, err = call(capsys, "rewards", *words)
    assert code == 2
    assert message in err


def test_the_documentation_lists_every_kind_and_every_check() -> None:
    text = (Path(__file__).parents[2] / "docs" / "rewards.md").read_text()
    assert re.findall(r"^\| `([a-z-]+)` \| (accuracy|safety|efficiency) ", text, re.MULTILINE) == [
        (kind.name, kind.component) for kind in KINDS.values()
    ]
    documented = re.findall(r"^\| (RWD\d{3}) .*\| (yes)? ?\|$", text, re.MULTILINE)
    checks = dry_run([], ()).checks
    assert documented == [(check.code, "yes" if check.blocking else "") for check in checks]


def test_the_library_loads_nothing_heavy() -> None:
    assert loaded_by("import selector.commands.rewards, evals.rewards.library, evals.rewards.contract") & HEAVY == set()
