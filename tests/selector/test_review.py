"""`tunegate review`: what people said, as text, as JSON and in the report; and errors that name the next step."""

import json
import sys
from pathlib import Path

import pytest

from reports.records.review import ReviewResult
from reports.rundir import RunDir
from selector.cli import main
from tests.evals.review.reviewed import make_run, review


def call(*words: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["review", *map(str, words)])
    return int(stop.value.code or 0)


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    found = make_run(tmp_path, prompts=30)
    review(found, "ada", skill=1.0, planned=40)
    return found


def test_the_result_is_told_and_stands_in_the_report(run: RunDir, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(run.path, "--result") == 0
    told = capsys.readouterr().out
    assert "candidate preferred    0.700" in told
    assert "✓ ada: 30 of 30 judged" in told
    assert "5 of 5 known pairs rated right" in run.report.read_text("utf-8")


def test_the_result_is_json_on_request(run: RunDir, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(run.path, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["win_rate"]["n"] == 30
    assert found["raters"][0]["counted"] is True


def test_leaving_before_the_end_shows_and_writes_no_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path, prompts=10)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("selector.tui.app.TunegateApp.run", lambda _: review(run, "ada", skill=1.0, planned=40, cards=4))
    assert call(run.path, "--rater", "ada") == 0
    assert "cards to go. Go on with `tunegate review run --rater ada`" in capsys.readouterr().out
    assert not run.report.exists()
    assert not run.has(ReviewResult)

    monkeypatch.setattr("selector.tui.app.TunegateApp.run", lambda _: review(run, "ada", skill=1.0, planned=40))
    assert call(run.path, "--rater", "ada") == 0
    assert "candidate preferred" in capsys.readouterr().out
    assert run.has(ReviewResult)


def test_without_a_terminal_or_a_rating_the_error_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path, prompts=10)
    assert call(run.path) == 2
    assert "--result" in capsys.readouterr().err
    assert call(run.path, "--json") == 2
    assert "nobody has reviewed" in capsys.readouterr().err
