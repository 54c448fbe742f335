"""The doorway must lead to the real pipeline."""

import inspect
from pathlib import Path

import pytest

from reports.errors import SchemaError
from reports.records.intake import Intake
from reports.rundir import RunDir
from selector.tui.verbs import PipelineVerbs, Verbs
from tests.reports.sample_run import build_sample_run
from tests.selector.tui.fakes import FakeVerbs


@pytest.mark.parametrize("kind", [PipelineVerbs, FakeVerbs])
def test_every_verb_is_there_with_its_arguments(kind: type) -> None:
    for name, verb in inspect.getmembers(Verbs, inspect.isfunction):
        if not name.startswith("_"):
            assert list(inspect.signature(getattr(kind, name)).parameters) == list(inspect.signature(verb).parameters), name


def test_a_run_without_its_process_is_listed_as_vanished(tmp_path: Path) -> None:
    build_sample_run(tmp_path, upto="train")
    assert [run.status for run in PipelineVerbs(tmp_path).runs()] == ["vanished"]


def test_a_damaged_run_is_listed_and_opening_it_is_an_error(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path)
    (run.path / "run.json").write_text("{")
    verbs = PipelineVerbs(tmp_path)
    assert [found.status for found in verbs.runs()] == ["damaged"]
    with pytest.raises(SchemaError):
        verbs.open_run(run.path.name)


def test_advice_comes_from_the_engine() -> None:
    assert PipelineVerbs(Path("runs")).recommend(Intake()).ranking


def test_a_decision_is_written_under_a_free_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    verbs = PipelineVerbs(tmp_path)
    found = verbs.recommend(Intake())
    first, second = verbs.export_decision(Intake(), found), verbs.export_decision(Intake(), found)
    assert first != second
    assert first.read_text().startswith("# Decision record")


def test_without_a_display_nothing_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not PipelineVerbs(tmp_path).open_path(tmp_path / "report.html")


def test_a_desktop_program_is_started_away_from_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opener = tmp_path / "xdg-open"
    opener.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    opener.chmod(0o755)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("DISPLAY", ":0")
    assert PipelineVerbs(tmp_path).open_path(RunDir(tmp_path).report)
