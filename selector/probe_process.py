"""The child process that probes a model: start it, follow its progress, take its result, end it with us."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from reports.errors import (
    BlockedError,
    DataError,
    MissingError,
    SchemaError,
    StageError,
    StorageError,
    TunegateError,
    UsageError,
)
from reports.masking import mask_text
from reports.records.probe import ProbeFailure, ProbeRequest, ProbeResult
from reports.records.run import Progress
from reports.rundir import RunDir, read_document, write_document
from trainers.probe import FAILURE, REQUEST, RESULT

LOG: Final = "log.txt"
LOOK_EVERY_S: Final = 0.2
PATIENCE_S: Final = 5.0
"""How long a process that was asked to end is waited for."""
LAST_LINES: Final = 6
KINDS: Final[dict[str, type[TunegateError]]] = {
    kind.code: kind for kind in (UsageError, DataError, SchemaError, MissingError, StorageError, BlockedError)
}


def run_probe(request: ProbeRequest, say: Callable[[Progress], None]) -> ProbeResult:
    """Probe in a process of its own; `say` hears of the progress. The process never outlives this call.

    Raises:
        UsageError, DataError, MissingError: what the process found wrong with its request.
        StageError: the process died; the message holds the last lines of its log.
    """
    folder = Path(tempfile.mkdtemp(prefix="tunegate-probe-"))
    write_document(folder / REQUEST, request)
    with (folder / LOG).open("wb") as log, _child(folder / REQUEST, log.fileno()) as child:
        _follow(child, RunDir(folder), say)
    if (folder / RESULT).is_file():
        found = read_document(folder / RESULT, ProbeResult)
        shutil.rmtree(folder, ignore_errors=True)
        return found
    raise _failure(folder, child.returncode)


def _follow(child: "subprocess.Popen[bytes]", run: RunDir, say: Callable[[Progress], None]) -> None:
    told: Progress | None = None
    while True:
        try:
            child.wait(LOOK_EVERY_S)
            ended = True
        except subprocess.TimeoutExpired:
            ended = False
        progress = run.read(Progress) if run.has(Progress) else None
        if progress is not None and progress != told:
            say(progress)
            told = progress
        if ended:
            return


@contextmanager
def _child(request: Path, log: int) -> "Iterator[subprocess.Popen[bytes]]":
    """Start the process in a session of its own, so that Ctrl-C reaches it through us, and leave none behind."""
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "trainers.probe", str(request)],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield child
    except BaseException:
        _end(child)
        shutil.rmtree(request.parent, ignore_errors=True)
        raise
    _end(child)


def _end(child: "subprocess.Popen[bytes]") -> None:
    if child.stdin is not None:
        child.stdin.close()
    child.terminate()
    try:
        child.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _failure(folder: Path, exit_code: int) -> TunegateError:
    """Return what the process said was wrong, else what its log ends with; the log of a crash is kept."""
    if (folder / FAILURE).is_file():
        failure = read_document(folder / FAILURE, ProbeFailure)
        shutil.rmtree(folder, ignore_errors=True)
        return KINDS.get(failure.code, StageError)(failure.message)
    lines = [line.rstrip() for line in (folder / LOG).read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    last = mask_text("\n".join(lines[-LAST_LINES:])) or "(the log is empty)"
    how = f"was killed by signal {-exit_code}" if exit_code < 0 else f"ended with exit code {exit_code}"
    memory = ", which often means that memory ran out" if exit_code == -9 else ""
    return StageError(
        f"probe: the process {how}{memory}. Its log ends with:\n{last}\nThe whole log is {folder / LOG}. "
        "Fewer --prompts or --samples need less time, a smaller --batch-tokens less memory."
    )
