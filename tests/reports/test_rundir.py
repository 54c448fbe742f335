"""The run directory: documents are whole or absent, and damage is named."""

import errno
import os
import stat
from pathlib import Path

import msgspec
import pytest

from reports.errors import MissingError, SchemaError, StorageError, UsageError
from reports.records.gates import Gates
from reports.records.intake import Fact, Intake
from reports.records.run import Progress, RunRecord, StageResult
from reports.rundir import DOCUMENTS, RunDir, list_runs, write_text
from tests.reports.sample_run import build_sample_run

OPTIONAL = {"Progress", "ProcessRecord", "Seeds", "ReviewResult", "NumericNoise"}
"""Documents that a finished run may lack."""


def intake(value: int) -> Intake:
    """Return an intake with one fact."""
    return Intake(facts={"pairs": Fact(name="pairs", value=value, origin="asked")})


def test_every_document_comes_back_as_it_was_written(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path)
    written = [kind for kind in DOCUMENTS if run.has(kind)]
    copies = RunDir(tmp_path / "copy")
    for kind in written:
        copies.write(run.read(kind))

    assert {kind.__name__ for kind in DOCUMENTS} - {kind.__name__ for kind in written} == OPTIONAL
    assert [copies.read(kind) for kind in written] == [run.read(kind) for kind in written]


def test_runs_of_the_same_second_get_different_names(tmp_path: Path) -> None:
    names = {RunDir.create(tmp_path / "runs", "DPO on Qwen/3 1B!").path.name for _ in range(20)}

    assert len(names) == 20
    assert all("-dpo-on-qwen-3-1b" in name for name in names)


def test_a_label_without_letters_still_makes_a_run(tmp_path: Path) -> None:
    assert RunDir.create(tmp_path, "日本語").path.is_dir()


def test_a_run_below_a_file_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")

    with pytest.raises(StorageError, match="could not be made"):
        RunDir.create(tmp_path / "runs", "x")


def test_a_folder_without_run_json_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a run directory"):
        RunDir.open(tmp_path)


def test_a_document_not_written_yet_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"gates\.json"):
        RunDir(tmp_path).read(Gates)


def test_a_newer_schema_is_refused_with_both_versions(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path)
    path = run.path / "run.json"
    path.write_text(path.read_text().replace('"schema_version": 1', '"schema_version": 7', 1))

    with pytest.raises(SchemaError, match="schema version 7, and this tunegate reads up to 1"):
        RunDir.open(run.path)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"schema_version": "1"}', '{"schema_version": 1}', "\udc00", '{"x":' * 20_000]
)
def test_a_damaged_document_is_a_schema_error_that_names_the_file(tmp_path: Path, text: str) -> None:
    run = build_sample_run(tmp_path)
    (run.path / "gates.json").write_bytes(text.encode("utf-8", "surrogatepass"))

    with pytest.raises(SchemaError, match=r"gates\.json: not a readable Gates document"):
        run.read(Gates)


def test_another_document_under_the_name_is_a_schema_error(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path)
    (run.path / "gates.json").write_bytes((run.path / "plan.json").read_bytes())

    with pytest.raises(SchemaError, match="not a readable Gates document"):
        run.read(Gates)


def test_a_crash_between_writing_and_renaming_leaves_the_old_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = RunDir(tmp_path)
    run.write(intake(1))
    monkeypatch.setattr(Path, "replace", crash)

    with pytest.raises(KeyboardInterrupt):
        run.write(intake(2))
    assert run.read(Intake) == intake(1)


def test_a_full_disk_keeps_the_old_document_and_leaves_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = RunDir(tmp_path)
    run.write(intake(1))
    monkeypatch.setattr(os, "fsync", disk_full)

    with pytest.raises(StorageError, match=r"intake\.json: could not be written \(the disk is full\)"):
        run.write(intake(2))
    assert run.read(Intake) == intake(1)
    assert [path.name for path in tmp_path.iterdir()] == ["intake.json"]


def test_documents_get_the_permissions_that_the_users_mask_allows(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        write_text(tmp_path / "report.html", "text")
    finally:
        os.umask(mask)

    assert stat.S_IMODE((tmp_path / "report.html").stat().st_mode) == 0o644


def test_a_lone_surrogate_in_a_document_is_replaced(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    run.write(Intake(facts={"voice": Fact(name="voice", value="a\ud800", origin="asked")}))

    assert run.read(Intake).facts["voice"].value == "a\ufffd"


def test_updating_a_run_changes_only_the_named_fields(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path, upto="train")
    before = run.read(RunRecord)
    after = run.update(status="stopped", stage="train/2-dpo")

    assert after == run.read(RunRecord) == msgspec.structs.replace(before, status="stopped", stage="train/2-dpo")


def test_a_stage_is_finished_by_its_result(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    result = StageResult(stage="judge", method="reward", steps=3, seconds=1.5, values={"eval_accuracy": None})
    before = run.stage_result("judge")
    run.finish_stage(result)

    assert (before, run.stage_result("judge")) == (None, result)
    assert (tmp_path / "evals" / "judge" / "result.json").is_file()


def test_progress_is_replaced_without_waiting_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", disk_full)
    progress = Progress(stage="data", title="Reading", done=1, total=None, unit="rows", started_at=1.0, updated_at=2.0)
    run = RunDir(tmp_path)
    run.write(progress)

    assert run.read(Progress) == progress


def test_runs_are_listed_newest_first_and_other_folders_are_not(tmp_path: Path) -> None:
    for name in ("20260101-000000-b", "20270101-000000-a", "20260101-000000-a"):
        build_sample_run(tmp_path, upto="plan", name=name)
    (tmp_path / "notes").mkdir()

    assert [run.path.name for run in list_runs(tmp_path)] == ["20270101-000000-a", "20260101-000000-b", "20260101-000000-a"]
    assert list_runs(tmp_path / "nowhere") == []


def crash(*args: object) -> None:
    """Stand in for a process that dies here."""
    raise KeyboardInterrupt


def disk_full(descriptor: int) -> None:
    """Stand in for a disk that is full when the file reaches it."""
    raise OSError(errno.ENOSPC, "No space left on device")
