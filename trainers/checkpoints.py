"""Checkpoints that can be trusted: one counts only when its marker was written, after everything else."""

import os
import re
import shutil
from pathlib import Path
from typing import Any, Final

MARKER: Final = "complete"
"""Name of the empty file that says all other files of a checkpoint are on disk."""
KEPT: Final = 2
"""Checkpoints kept while a stage trains; with fewer, a kill during a save could leave none."""


def newest_checkpoint(folder: Path, until: int | None = None) -> Path | None:
    """Return the complete checkpoint with the most steps, at most `until`; None where there is none."""
    complete = [path for path in _checkpoints(folder) if (path / MARKER).is_file()]
    return max((path for path in complete if until is None or step_of(path) <= until), key=step_of, default=None)


def oldest_checkpoint(folder: Path, until: int) -> Path | None:
    """Return the complete checkpoint with the fewest steps, at most `until`; None where there is none."""
    complete = [path for path in _checkpoints(folder) if (path / MARKER).is_file() and step_of(path) <= until]
    return min(complete, key=step_of, default=None)


def drop_incomplete(folder: Path) -> int:
    """Delete checkpoints that a kill left half written, and return how many there were."""
    torn = [path for path in _checkpoints(folder) if not (path / MARKER).is_file()]
    for path in torn:
        shutil.rmtree(path)
    return len(torn)


def drop_all(folder: Path) -> None:
    """Delete the checkpoints of a finished stage: its adapter holds the result, and they hold pickles."""
    shutil.rmtree(folder, ignore_errors=True)


def mark_complete(checkpoint: Path) -> None:
    """Bring all files of the checkpoint to disk, then write its marker."""
    for path in (*checkpoint.rglob("*"), checkpoint):
        _sync(path)
    (checkpoint / MARKER).touch()
    _sync(checkpoint)


def can_save(trainer: Any) -> bool:
    """Say whether a checkpoint of this moment would hold all that a resumed run needs.

    A trainer that samples answers uses them for `steps_per_generation` batches, `num_iterations` times, and saves none
    of them: resumed before they are used up, it would sample others.
    """
    if not hasattr(trainer.args, "steps_per_generation"):
        return True
    return bool(trainer._step % (trainer.args.steps_per_generation * trainer.num_iterations) == 0)


def step_of(checkpoint: Path) -> int:
    """Return the step a checkpoint was saved at."""
    return int(checkpoint.name.rpartition("-")[2])


def _checkpoints(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if path.is_dir() and re.fullmatch(r"checkpoint-\d+", path.name)]


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
