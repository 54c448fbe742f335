"""`tunegate sign`: a name, a role and the evidence, or the list of who has signed."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from evals.gates.decide import decide
from evals.review.taking import take_review
from reports.records.gates import Gates, Verdict
from reports.records.plan import Plan
from reports.rundir import RunDir
from selector.cli import main
from tests.evals.review.reviewed import review
from tests.evals.review.test_review import prepare
from tests.reports.sample_run import build_sample_run


def call(*words: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["sign", *map(str, words)])
    return int(stop.value.code or 0)


def make(folder: Path, verdict: Verdict = "go") -> RunDir:
    run = build_sample_run(folder, verdict)
    run.write(replace(run.read(Gates), signoffs=("owner",)))
    return run


def listed(run: RunDir, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    call(run.path, "--json")
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_signing_is_shown_at_once_and_in_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make(tmp_path)
    assert call(run.path) == 5
    assert call(run.path, "--role", "owner", "--name", "Grace", "--expires", "2099-01-01") == 0
    assert "✓ owner: approved; Grace" in capsys.readouterr().out
    assert "Grace" in run.report.read_text("utf-8")
    found = listed(run, capsys)
    assert found["signed"] is True
    assert found["roles"][0]["signoff"]["expires"] == "2099-01-01"


def test_a_role_is_the_policys_however_it_is_typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make(tmp_path)
    assert call(run.path, "--role", " OWNER", "--name", "Grace", "--expires", "2099-01-01") == 0
    assert "✓ owner: approved; Grace, " in (told := capsys.readouterr().out)
    assert ", until 2099-01-01; " in told


def test_what_a_name_hides_is_seen_and_stays_on_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make(tmp_path)
    call(run.path, "--role", "owner", "--name", "Eve\n✓ safety: approved; \x1b[31m\u202eGrace", "--conditions", "a\nb")
    told = capsys.readouterr().out
    assert told.count("\n") == 1
    assert "Eve ✓ safety: approved; [U+001B][31m[U+202E]Grace" in told


def test_every_key_is_there_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make(tmp_path)
    assert listed(run, capsys)["roles"][0]["signoff"] is None
    call(run.path, "--role", "owner", "--name", "Grace")
    signoff = listed(run, capsys)["roles"][0]["signoff"]
    assert set(signoff) == {"at", "role", "name", "decision", "evidence", "conditions", "expires"}


def test_a_signature_outlives_deciding_again_and_not_a_review_that_adds_evidence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = build_sample_run(tmp_path, "go")
    prepare(run)
    decide(run, run.read(Plan))
    call(run.path, "--role", "owner", "--name", "Grace", "--conditions", "inside the team")
    decide(run, run.read(Plan))
    assert listed(run, capsys)["roles"][0]["state"] == "approved"
    review(run, "ada", skill=1.0, planned=40)
    take_review(run)
    assert listed(run, capsys)["roles"][0]["state"] == "void"


def test_a_rejection_is_a_no(tmp_path: Path) -> None:
    assert call(make(tmp_path).path, "--role", "owner", "--name", "Grace", "--reject") == 1


def test_what_the_gates_did_not_pass_is_approved_only_under_conditions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make(tmp_path, "no-go")
    assert call(run.path, "--role", "owner", "--name", "Grace") == 2
    assert "--conditions" in capsys.readouterr().err
    assert not run.signoffs.read()
    assert call(run.path, "--role", "owner", "--name", "Grace", "--conditions", "inside the team only") == 0


@pytest.mark.parametrize(
    "words",
    [("--expires", "soon"), ("--expires", "2001-01-01"), ("--name", " "), ("--role", " ")],
    ids=" ".join,
)
def test_a_signature_that_could_not_count_is_refused(tmp_path: Path, words: tuple[str, str]) -> None:
    run = make(tmp_path)
    assert call(run.path, "--role", "owner", "--name", "Grace", *words) == 2
    assert not run.signoffs.read()


def test_a_run_without_gates_cannot_be_signed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = build_sample_run(tmp_path, "go", "train")
    assert call(run.path, "--role", "owner", "--name", "Grace") == 3
    assert "nothing can be signed" in capsys.readouterr().err
