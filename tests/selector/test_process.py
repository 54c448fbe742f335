"""The child process of a run: alive, gone, or somebody else's."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from reports.errors import UsageError
from reports.processes import is_running, process_record, this_process
from reports.records.run import RunRecord
from selector import process
from tests.reports.sample_run import build_sample_run


def test_this_process_runs() -> None:
    assert is_running(this_process(attempt=1))


def test_a_reused_pid_is_not_mistaken_for_ours() -> None:
    assert not is_running(replace(this_process(attempt=1), started=12345.0))


def test_an_ended_process_does_not_run() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    record = process_record(child.pid, attempt=1)
    assert is_running(record)
    child.communicate(b"\n")
    assert not is_running(record)


def test_a_killed_child_that_nobody_waited_for_does_not_run() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    record = process_record(child.pid, attempt=1)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not is_running(record)
    child.wait()


def test_a_second_start_on_a_live_run_is_refused(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path)
    run.write(this_process(attempt=1))
    with pytest.raises(UsageError, match="tunegate watch"):
        process.start(run)


def test_a_run_that_is_stopped_now_ends_with_all_that_it_started_and_can_be_continued(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path, upto="train")
    program = "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', 'input()']).pid, flush=True); input()"
    child = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert child.stdout is not None
    started = int(child.stdout.readline())
    run.write(process_record(child.pid, attempt=1))

    assert process.stop_now(run)

    assert child.wait() == -signal.SIGKILL
    assert not is_running(process_record(started, attempt=1))
    assert run.read(RunRecord).status == "stopped"
    assert run.events.read()[-1].kind == "run_stopped"
    assert not process.stop_now(run)


def test_a_run_of_another_machine_is_not_stopped_here(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path, upto="train")
    run.write(replace(this_process(attempt=1), host="elsewhere"))
    with pytest.raises(UsageError, match="elsewhere"):
        process.stop_now(run)
    assert process.request_stop(run)
    assert run.stop_file.exists()


def test_stopping_a_run_nobody_works_on_asks_nothing(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path)
    assert not process.request_stop(run)
    assert not run.stop_file.exists()
