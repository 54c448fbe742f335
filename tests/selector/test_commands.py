"""The command line as its users and their scripts meet it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reports.records.run import RunRecord
from selector.cli import COMMANDS, main
from tests.reports.sample_run import build_sample_run


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run the command in this process; return exit code, stdout and stderr."""
    with pytest.raises(SystemExit) as stop:
        main(words)
    shown = capsys.readouterr()
    return int(stop.value.code or 0), shown.out, shown.err


def test_help_lists_every_command_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "--help")
    assert code == 0
    assert all(f"  {name}" in out for name in COMMANDS)
    assert err == ""


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help(capsys: pytest.CaptureFixture[str], name: str) -> None:
    code, out, _ = call(capsys, name, "--help")
    assert code == 0
    assert out.startswith(f"Usage: tunegate {name}")


def test_without_a_terminal_the_bare_command_prints_help() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "tunegate"], check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: tunegate")


def test_an_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "recomend")
    assert code == 2
    assert out == ""
    assert "recomend" in err


def test_errors_are_json_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = call(capsys, "report", str(tmp_path / "nowhere"), "--json")
    error = json.loads(out)["error"]
    assert (code, error["exit_code"], error["code"]) == (2, 2, "usage")
    assert "nowhere" in error["message"]
    assert "nowhere" in err


def test_runs_lists_newest_first_with_verdict(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run = build_sample_run(tmp_path, verdict="go")
    code, out, _ = call(capsys, "runs", "--runs", str(tmp_path), "--json")
    assert code == 0
    assert [row["run_id"] for row in json.loads(out)] == [run.path.name]
    assert json.loads(out)[0]["verdict"] == "go"


def test_no_runs_is_not_an_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = call(capsys, "runs", "--runs", str(tmp_path / "none"))
    assert (code, out) == (0, "")
    assert "tunegate demo" in err


def test_the_report_is_written_again_and_its_path_printed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run = build_sample_run(tmp_path)
    code, out, _ = call(capsys, "report", run.path.name, "--runs", str(tmp_path))
    assert code == 0
    assert Path(out.strip()) == run.report
    assert run.report.is_file()


def test_latest_names_the_newest_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    build_sample_run(tmp_path)
    code, out, _ = call(capsys, "watch", "latest", "--runs", str(tmp_path), "--json")
    assert code in (0, 1, 5)
    assert json.loads(out)["run_id"]


def test_a_run_of_a_newer_schema_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run = build_sample_run(tmp_path)
    path = run.path / "run.json"
    path.write_text(path.read_text().replace('"schema_version": 1', '"schema_version": 99'))
    code, _, err = call(capsys, "report", str(run.path))
    assert code == 2
    assert "schema version 99" in err
    assert "Upgrade" in err


def test_a_finished_run_is_not_run_again(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run = build_sample_run(tmp_path)
    run.update(status="done")
    run.report.touch()
    code, _, err = call(capsys, "run", str(run.path))
    assert code == 2
    assert "tunegate report" in err
    assert run.read(RunRecord).status == "done"


def test_a_continued_run_takes_no_new_options(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run = build_sample_run(tmp_path, upto="data", status="failed")
    code, _, err = call(capsys, "run", str(run.path), "--accept", "LEAK001", "--because", "known")
    assert code == 2
    assert "its own plan" in err


def test_recommend_prints_the_same_answer_twice(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    intake = tmp_path / "intake.yaml"
    intake.write_text("demonstrations: 800\ngoal: style\n")
    words = ("recommend", str(intake), "--no-machine", "--json")
    first, second = call(capsys, *words), call(capsys, *words)
    assert first == second
    assert first[0] == 0
    assert json.loads(first[1])["schema_version"] == 1


def test_a_misspelt_fact_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "recommend", "--fact", "preference_pair=800")
    assert code == 2
    assert "preference_pairs" in err


def test_a_policy_that_names_nothing_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("[threshold]\nno_such_limit = 1\n")
    code, _, err = call(capsys, "recommend", "--fact", "demonstrations=800", "--policy", str(policy))
    assert code == 2
    assert "policy.toml" in err


def test_accepting_a_check_needs_a_reason(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = call(capsys, "run", "--data", "pairs.jsonl", "--model", str(tmp_path), "--accept", "LEAK001")
    assert code == 2
    assert "--because" in err


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "nothing.jsonl"),
        (b"", "no usable row"),
        (b"\x00\x01\x02\xff\xfe" * 40, "binary"),
        (b'{"prompt": "a", "completion": "b"}\n' * 6 + b'{"prompt": \n', "7"),
        (b'{"asked": "a", "reply": "b"}\n' * 3, "asked"),
    ],
)
def test_bad_data_is_one_paragraph_and_leaves_no_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes | None, expected: str
) -> None:
    data = tmp_path / "nothing.jsonl"
    if content is not None:
        data.write_bytes(content)
    code, out, err = call(capsys, "run", "--data", str(data), "--model", "none", "--runs", str(tmp_path / "runs"))
    assert code in (2, 3)
    assert expected in err
    assert "nothing.jsonl" in err
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert not (tmp_path / "runs").exists()


def test_a_model_folder_without_weights_is_missing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    data, model = tmp_path / "sft.jsonl", tmp_path / "model"
    data.write_text('{"prompt": "a", "completion": "b"}\n' * 3)
    model.mkdir()
    (model / "config.json").write_text('{"model_type": "llama"}')
    code, _, err = call(capsys, "run", "--data", str(data), "--model", str(model), "--strategy", "sft")
    assert code == 3
    assert "weights" in err


def test_secrets_are_not_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    from reports.masking import mask_argv

    monkeypatch.setenv("HOME", "/home/somebody")
    masked = mask_argv(["tunegate", "--api-key", "abc", "--x=hf_abcdefghijkl", "token=zzz", "/home/somebody/data.jsonl"])
    assert masked == ("tunegate", "--api-key", "***", "--x=***", "token=***", "~/data.jsonl")


def test_settings_that_only_sound_secret_are_kept() -> None:
    from reports.masking import mask_argv

    words = ("--set", "evaluation.max_new_tokens=64", "--max-tokens", "5")
    assert mask_argv(words) == words


def test_an_intruding_package_is_named(tmp_path: Path) -> None:
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals" / "__init__.py").write_text('"""Somebody else\'s."""\n')
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from selector.cli import main; main(['runs'])"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert done.returncode == 3
    assert str(tmp_path / "evals") in done.stderr
