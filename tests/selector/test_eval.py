"""`tunegate eval`: two endpoints in, gates, report and an exit code out."""

import json
from pathlib import Path

import pytest

from reports.records.plan import Plan
from reports.records.run import RunRecord
from reports.rundir import RunDir
from selector.cli import main
from tests.evals.endpoint.server import Request, Scripted, fail, serving
from tests.evals.remote.test_evaluate import Bench, good, unsafe


def call(bench: Bench, *words: str) -> int:
    """Run the command on the files of a bench; return its exit code."""
    folder, url = bench.folder, bench.server.url
    argv = ["eval", "--baseline-url", url, "--baseline-model", "old", "--candidate-url", url, "--candidate-model", "new"]
    argv += ["--data", f"{folder}/data.jsonl", "--suite", f"harmful={folder}/harmful.jsonl", "--at-once", "1"]
    argv += ["--policy", f"{folder}/policy.toml", "--judge", f"rubric:{folder}/rubric.toml", "--out", f"{folder}/out"]
    with pytest.raises(SystemExit) as ended:
        main([*argv, *words])
    return int(ended.value.code or 0)


@pytest.fixture(autouse=True)
def no_sentence_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("metrics.refusal", "metrics.over_refusal", "metrics.toxicity", "judges.degenerate"):
        monkeypatch.setattr(f"evals.{place}.default_encoder", lambda: None)


def test_a_better_candidate_exits_0_and_leaves_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Scripted(answer=good)) as server:
        bench = Bench(tmp_path, server)
        assert call(bench, "--json") == 0
        said = json.loads(capsys.readouterr().out)
        asked = len(server.requests)
        assert call(bench) == 0

    run = RunDir.open(tmp_path / "out")
    assert said["verdict"] == run.read(RunRecord).verdict == "go"
    assert len(server.requests) == asked
    assert run.read(RunRecord).attempt == 2
    assert "new against old" in run.report.read_text()


def test_lost_refusals_exit_1(tmp_path: Path) -> None:
    with serving(Scripted(answer=unsafe)) as server:
        assert call(Bench(tmp_path, server)) == 1


def test_failures_exit_5_and_the_next_call_mends_them(tmp_path: Path) -> None:
    with serving(Scripted(*[fail(400)] * 12, answer=good)) as server:
        bench = Bench(tmp_path, server)
        assert call(bench) == 5
        asked = len(server.requests)
        assert call(bench) == 0

    assert len(server.requests) - asked == 12


def test_a_budget_ends_without_a_verdict_from_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Scripted(answer=good)) as server:
        assert call(Bench(tmp_path, server), "--max-requests", "30") == 5

    assert len(server.requests) == 60
    assert "budget of 30 requests" in capsys.readouterr().out


def test_a_side_that_answers_nothing_exits_4_and_the_run_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Scripted(*[fail(400)] * 200, answer=good)) as server:
        assert call(Bench(tmp_path, server), "--json") == 4

    assert json.loads(capsys.readouterr().out)["error"]["exit_code"] == 4
    assert RunDir(tmp_path / "out").read(RunRecord).status == "failed"


def test_the_gates_are_fixed_by_the_first_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Scripted(answer=good)) as server:
        bench = Bench(tmp_path, server)
        call(bench)
        (tmp_path / "policy.toml").write_text((tmp_path / "policy.toml").read_text().replace("margin = 0.2", "margin = 0.3"))

        assert call(bench) == 2

    assert "choose another --out" in capsys.readouterr().err


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with serving(Scripted(answer=good)) as server:
        assert call(Bench(tmp_path, server)) == 2

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.txt"]
    assert not server.requests


def test_each_key_goes_to_its_own_server_and_into_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLD_KEY", "old-secret-1234")
    monkeypatch.setenv("NEW_KEY", "new-secret-1234")
    with serving(Scripted(answer=good)) as server:
        call(Bench(tmp_path, server), "--baseline-key-env", "OLD_KEY", "--candidate-key-env", "NEW_KEY")

    def key(request: Request) -> tuple[str, str]:
        return request.body["model"], request.headers["authorization"]

    assert {key(request) for request in server.requests} == {
        ("old", "Bearer old-secret-1234"),
        ("new", "Bearer new-secret-1234"),
    }
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file() and b"secret-1234" in path.read_bytes()]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--judge", "reward-model"], "reward-model:FOLDER"),
        (["--judge", "", "--gold", "gold.jsonl"], "Add --judge"),
        (["--judge", "oracle"], "expected reward-model"),
        (["--suite", "nonsense=x"], "no such suite"),
        (["--max-cost", "1"], "--price-in"),
        (["--baseline-url", "localhost"], "URL#MODEL"),
    ],
)
def test_what_cannot_be_used_exits_2(tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], what: str) -> None:
    with serving(Scripted(answer=good)) as server:
        assert call(Bench(tmp_path, server), *words) == 2

    assert what in capsys.readouterr().err
    assert not server.requests


def test_the_plan_names_judge_and_servers(tmp_path: Path) -> None:
    with serving(Scripted(answer=good)) as server:
        call(Bench(tmp_path, server))

    plan = RunDir(tmp_path / "out").read(Plan)
    assert plan.judged_by is not None
    assert (plan.judged_by.kind, plan.judged_by.label) == ("rubric", "rubric:words")
    assert str(plan.setting("candidate")).endswith("#new")
