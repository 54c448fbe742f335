"""The child process of a probe: its errors, its death, and ours."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reports.errors import DataError, MissingError, StageError, UsageError
from reports.records.run import Progress
from reports.rundir import write_document
from selector.probe_process import run_probe
from tests.selector.probe_requests import ignore, request, reward


@pytest.fixture(autouse=True)
def _own_folder_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_a_wrong_reward_path_is_a_usage_error(tmp_path: Path, model_folder: str, sources: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="'nowhere_rewards' cannot be imported"):
        run_probe(request(model_folder, sources, tmp_path, reward="nowhere_rewards:f"), ignore)


def test_missing_model_and_unreadable_data_keep_their_kind(tmp_path: Path, model_folder: str, sources: tuple[str, ...]) -> None:
    with pytest.raises(MissingError, match="no such folder"):
        run_probe(request(str(tmp_path / "absent"), sources, tmp_path), ignore)
    (tmp_path / "odd.jsonl").write_text('{"neither": 1}')
    with pytest.raises(DataError, match="no row has an accepted layout"):
        run_probe(request(model_folder, (str(tmp_path / "odd.jsonl"),), tmp_path), ignore)


def test_a_killed_child_is_a_paragraph_with_the_end_of_its_log(
    tmp_path: Path, model_folder: str, sources: tuple[str, ...]
) -> None:
    path = reward(tmp_path, "dying", "print('last words', flush=True); os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(StageError, match=r"(?s)killed by signal 9, which often means that memory ran out.*last words"):
        run_probe(request(model_folder, sources, tmp_path, reward=path), ignore)
    assert [log.name for log in tmp_path.glob("tunegate-probe-*/*.txt")] == ["log.txt"]


def test_a_child_that_exits_on_its_own_is_a_stage_error(tmp_path: Path, model_folder: str, sources: tuple[str, ...]) -> None:
    path = reward(tmp_path, "leaving", "os._exit(7)")
    with pytest.raises(StageError, match="ended with exit code 7"):
        run_probe(request(model_folder, sources, tmp_path, reward=path), ignore)


def test_an_interrupt_ends_the_child_and_removes_its_folder(
    tmp_path: Path, model_folder: str, sources: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    popen: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen

    def watch(*words: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(popen(*words, **options))
        return started[-1]

    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "Popen", watch)
    path = reward(tmp_path, "waiting", "threading.Event().wait()")
    with pytest.raises(KeyboardInterrupt):
        run_probe(request(model_folder, sources, tmp_path, reward=path), interrupt)
    assert started[0].poll() is not None
    assert not list(tmp_path.glob("tunegate-probe-*"))


def test_the_child_ends_with_the_process_that_started_it(tmp_path: Path, model_folder: str, sources: tuple[str, ...]) -> None:
    path = reward(tmp_path, "patient", "print('waiting', flush=True); threading.Event().wait()")
    write_document(tmp_path / "request.json", request(model_folder, sources, tmp_path, reward=path))
    command = [sys.executable, "-P", "-m", "trainers.probe", str(tmp_path / "request.json")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert any(b"waiting" in line for line in child.stdout)
        child.stdin.close()
        assert child.wait(30) == 130
