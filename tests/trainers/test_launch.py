"""The process that works on a run: which steps it does, how it ends, and what it leaves written."""

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from evals.model_source import inspect_model
from reports.errors import BlockedError, InterruptedRunError, StageError, StorageError, TunegateError, UsageError
from reports.processes import process_record, this_process
from reports.records.data import Check, Checks, Lineage, Split
from reports.records.gates import Gates, Verdict
from reports.records.plan import Choice, Plan, StagePlan
from reports.records.run import ProcessRecord, RunRecord, StageResult
from reports.rundir import RunDir, now
from trainers import launch
from trainers.failures import explain
from trainers.steps import Step, has_data, steps_of

STAGE = StagePlan(
    name="1-sft",
    method="sft",
    choices=(
        Choice(name="per_device_train_batch_size", value=8, origin="rule", because="."),
        Choice(name="gradient_accumulation_steps", value=2, origin="rule", because="."),
    ),
)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder that can be inspected; nothing here loads its weights."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "llama", "max_position_embeddings": 32}))
    (folder / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    (folder / "tokenizer.json").write_text("{}")
    return folder


@pytest.fixture
def run(tmp_path: Path, model: Path) -> RunDir:
    run = RunDir.create(tmp_path / "runs", "launch")
    ref = inspect_model(str(model))
    run.write(Plan(strategy="sft", model=ref, data=(), stages=(STAGE,), judge=None, suites=(), gates=(), evaluation=()))
    record = RunRecord(run_id="r", title="r", created_at=now(), argv=(), versions={}, seed=0, strategy="sft", model="m")
    run.write(record)
    return run


@pytest.fixture(autouse=True)
def no_report(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    written: list[Path] = []
    monkeypatch.setattr("reports.html.write_report", lambda run: written.append(run.report))
    return written


def use(monkeypatch: pytest.MonkeyPatch, *steps: Step) -> None:
    monkeypatch.setattr(launch, "steps_of", lambda *_: steps)


def step(name: str, do: Callable[[], object] = lambda: None, done: bool = False) -> Step:
    return Step(name, lambda: done, do)


def deciding(run: RunDir, verdict: Verdict) -> Step:
    return step("gates", lambda: run.write(Gates(verdict=verdict, because=".", next_step=".", results=())))


def failing(error: BaseException) -> Callable[[], object]:
    def fail() -> object:
        raise error

    return fail


def kinds(run: RunDir) -> list[str]:
    return [event.kind for event in run.events.read()]


@pytest.mark.parametrize(("verdict", "code"), [("go", 0), ("no-go", 1), ("inconclusive", 5)])
def test_the_verdict_is_the_exit_code(run: RunDir, monkeypatch: pytest.MonkeyPatch, verdict: Verdict, code: int) -> None:
    use(monkeypatch, deciding(run, verdict))
    assert launch.main([str(run.path)]) == code


def test_steps_run_in_order_and_each_is_timed_and_told(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    use(
        monkeypatch,
        step("data", lambda: seen.append(run.read(RunRecord).stage)),
        step("judge", lambda: seen.append("judge")),
        deciding(run, "go"),
    )
    launch.main([str(run.path)])
    assert seen == ["data", "judge"]
    assert list(run.read(RunRecord).seconds) == ["data", "judge", "gates"]
    assert kinds(run) == ["run_started", *(["stage_started", "stage_finished"] * 3), "run_finished"]


def test_a_second_attempt_skips_what_is_done_and_clears_the_error(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, step("data", failing(StageError("broken"))))
    assert launch.main([str(run.path)]) == 4
    use(monkeypatch, step("data", failing(AssertionError("not again")), done=True), deciding(run, "go"))
    assert launch.main([str(run.path)]) == 0
    record = run.read(RunRecord)
    assert (record.attempt, record.error, record.status) == (2, None, "running")
    assert "run_resumed" in kinds(run)


def test_the_process_names_itself(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, deciding(run, "go"))
    launch.main([str(run.path)])
    assert run.read(ProcessRecord) == this_process(attempt=1)


@pytest.mark.parametrize(("error", "code"), [(BlockedError("blocked"), 1), (UsageError("usage"), 2), (StorageError("full"), 3)])
def test_an_error_of_ours_is_the_end_of_the_run_in_its_own_words(
    run: RunDir, monkeypatch: pytest.MonkeyPatch, no_report: list[Path], error: TunegateError, code: int
) -> None:
    use(monkeypatch, step("data", failing(error)))
    assert launch.main([str(run.path)]) == code
    record = run.read(RunRecord)
    assert (record.status, record.stage, record.error, record.exit_code) == ("failed", "data", str(error), code)
    assert record.finished_at is not None
    assert kinds(run)[-1] == "run_failed"
    assert no_report == [run.report]


def test_an_unexpected_error_names_stage_and_log(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, step("measure", failing(KeyError("judge"))))
    assert launch.main([str(run.path)]) == 4
    error = run.read(RunRecord).error
    assert error is not None and "\n" not in error
    assert "measure: an unexpected error" in error and "KeyError: 'judge'" in error and "attempt_1.log" in error


def test_a_report_that_cannot_be_written_does_not_hide_the_error(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.html.write_report", lambda _: failing(ValueError("no template"))())
    use(monkeypatch, step("data", failing(StageError("the cause"))))
    assert launch.main([str(run.path)]) == 4
    assert run.read(RunRecord).error == "the cause"
    assert [event.message for event in run.events.read() if event.kind == "warning"] == [
        "The report of the ended run could not be written (ValueError: no template)."
    ]


def test_a_stop_request_ends_the_run_between_two_steps(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, step("data", run.stop_file.touch), step("train/1-sft", failing(AssertionError("started"))))
    assert launch.main([str(run.path)]) == 130
    assert run.read(RunRecord).status == "stopped"
    assert kinds(run)[-1] == "run_stopped"


def test_a_stop_request_of_the_attempt_before_is_forgotten(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    run.stop_file.touch()
    use(monkeypatch, deciding(run, "go"))
    assert launch.main([str(run.path)]) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_asks_to_stop_and_handlers_are_given_back(
    run: RunDir, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    use(monkeypatch, step("data", lambda: signal.raise_signal(number)), deciding(run, "go"))
    assert launch.main([str(run.path)]) == 130
    assert run.stop_file.exists()
    assert signal.getsignal(number) is before


def test_a_second_interrupt_ends_the_run_at_once(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt_twice() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    use(monkeypatch, step("measure", interrupt_twice))
    assert launch.main([str(run.path)]) == 130
    assert (run.read(RunRecord).status, run.read(RunRecord).stage) == ("stopped", "measure")


def test_a_changed_model_is_refused_and_both_digests_are_shown(run: RunDir, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, step("data", failing(AssertionError("started"))))
    (model / "config.json").write_text(json.dumps({"model_type": "llama", "max_position_embeddings": 64}))
    assert launch.main([str(run.path)]) == 4
    error = run.read(RunRecord).error
    assert error is not None and "base model changed" in error
    assert run.read(Plan).model.digest[:12] in error and inspect_model(str(model)).digest[:12] in error


def test_a_run_that_another_process_works_on_is_left_alone(run: RunDir) -> None:
    run.write(process_record(os.getppid(), attempt=1))
    before = run.read(RunRecord)
    assert launch.main([str(run.path)]) == 2
    assert run.read(RunRecord) == before


def test_two_launchers_at_the_same_moment_do_not_share_a_run(run: RunDir) -> None:
    folder = os.open(run.path, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    with pytest.raises(UsageError, match="works on this run already"), launch.claimed(run):
        pass
    os.close(folder)


def test_the_record_of_a_dead_process_does_not_block(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    record = process_record(gone.pid, attempt=1)
    gone.wait()
    run.write(record)
    use(monkeypatch, deciding(run, "go"))
    assert launch.main([str(run.path)]) == 0


def test_a_folder_that_is_no_run_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-P", "-m", "trainers.launch", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ") and "not a run directory" in done.stderr


def test_threads_that_wait_sleep_unless_the_environment_says_otherwise() -> None:
    code = "import os, trainers.launch as l; l.set_up_process(); print(os.environ['OMP_WAIT_POLICY'], os.environ['TQDM_DISABLE'])"
    inherited = {name: value for name, value in os.environ.items() if name not in launch.ENVIRONMENT}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env={**inherited, "TQDM_DISABLE": "0"}, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["PASSIVE", "0"]


def test_a_finished_run_is_closed_before_its_report_is_rendered(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    from reports.progress import ProgressLog

    seen: list[RunRecord] = []
    monkeypatch.setattr("reports.html.write_report", lambda run: seen.append(run.read(RunRecord)))
    monkeypatch.setattr("reports.summary.write_summary", lambda run: None)
    run.write(Gates(verdict="no-go", because=".", next_step=".", results=()))
    leftover = run.checkpoints("1-sft") / "checkpoint-3"
    leftover.mkdir(parents=True)
    steps_of(run, run.read(Plan), ProgressLog(run))[-1].do()
    assert [(record.status, record.verdict, record.exit_code) for record in seen] == [("done", "no-go", 1)]
    assert not leftover.exists()


def test_the_steps_of_a_plan_are_named_as_run_json_names_them(run: RunDir) -> None:
    from reports.progress import ProgressLog

    judge = StagePlan(name="judge", method="reward", choices=())
    plan = run.read(Plan)
    from msgspec.structs import replace

    names = [step.name for step in steps_of(run, replace(plan, judge=judge), ProgressLog(run))]
    assert names == ["data", "judge", "train/1-sft", "measure", "gates", "report"]
    assert "judge" not in [step.name for step in steps_of(run, plan, ProgressLog(run))]


def test_a_stage_is_done_once_its_result_exists(run: RunDir) -> None:
    from reports.progress import ProgressLog

    training = steps_of(run, run.read(Plan), ProgressLog(run))[1]
    assert not training.is_done()
    run.finish_stage(StageResult(stage="1-sft", method="sft", steps=1, seconds=1.0, values={}))
    assert training.is_done()


def test_data_is_done_only_with_all_splits_and_no_blocking_check(run: RunDir) -> None:
    passed = Check(code="D1", title="Duplicates", blocking=True, state="pass", value=0.0, limit=0.02, because=".")
    failed = Check(code="D2", title="Leakage", blocking=True, state="fail", value=0.1, limit=0.0, because=".")
    assert not has_data(run)
    run.write(Lineage(inputs=(), filters=(), splits=(Split(name="sft_train", rows=1, purpose=".", digest="d"),), seed=0))
    run.write(Checks(checks=(passed,)))
    assert not has_data(run)
    run.split("sft_train").write_text("{}\n")
    assert has_data(run)
    run.write(Checks(checks=(passed, failed)))
    assert not has_data(run)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("CUDA out of memory. Tried"),
    ],
)
def test_running_out_of_memory_says_which_settings_help(run: RunDir, error: Exception) -> None:
    found = explain(error, "train/1-sft", run.read(Plan), run.log(1))
    assert isinstance(found, StageError)
    assert "--set 1-sft.per_device_train_batch_size=4 --set 1-sft.gradient_accumulation_steps=4" in str(found)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("PytorchStreamWriter failed writing file data/3"),
        RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 64 vs 12"),
    ],
)
def test_a_full_disk_is_a_storage_error(run: RunDir, error: Exception) -> None:
    assert isinstance(explain(error, "train/1-sft", None, run.log(1)), StorageError)


def test_an_error_that_explains_itself_stays_as_it_is(run: RunDir) -> None:
    error = InterruptedRunError("stopped")
    assert explain(error, "data", None, run.log(1)) is error
