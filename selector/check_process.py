"""The child process that checks data for the app: `tunegate check`, followed step by step."""

import atexit
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from reports.errors import StageError, StorageError, TunegateError, UsageError

if TYPE_CHECKING:
    from evals.data.check import CheckedData

Say = Callable[[str, int, int], None]
"""Called several times a second with the step, its number and how many there are; what it raises ends the process."""

COMMAND: Final = (sys.executable, "-P", "-c", "from selector.cli import main; main()", "check", "--json", "--progress")
LOOK_EVERY_S: Final = 0.1
PATIENCE_S: Final = 5.0
LAST_LINES: Final = 6
_STEP: Final = re.compile(r"^progress: (\d+)/(\d+) (.+)$", re.MULTILINE)
_WENT: Final = re.compile(r"^- .*?:\d+  (?:([A-Z]+\d{3}): )?(.*?): ")


class CheckOrder(NamedTuple):
    """What is to be checked."""

    sources: tuple[str, ...]
    against: tuple[str, ...] = ()
    model: str = ""
    layout: str = ""
    """Read all files as this kind; empty: detect it."""

    @property
    def words(self) -> list[str]:
        """The order as words of the command line."""
        words = [f"--against={file}" for file in self.against]
        words += [f"--model={self.model}"] if self.model else []
        words += [f"--layout={self.layout}"] if self.layout else []
        return [*words, "--", *self.sources]


class Cleaned(NamedTuple):
    """A cleaned set that waits in a folder of its own to be kept or thrown away."""

    folder: Path
    rows: int
    """Rows that were read."""
    removed: Mapping[str, int]
    """Rows that go, by reason, the most frequent first."""

    def discard(self) -> None:
        """Throw it away."""
        shutil.rmtree(self.folder.parent, ignore_errors=True)


def run_check(order: CheckOrder, say: Say, extra: Sequence[str] = ()) -> "CheckedData":
    """Check in a process of its own, so that no heavy library is loaded here. It never outlives this call.

    Raises:
        TunegateError: what the process found wrong with its order, or StageError where it died.
    """
    import msgspec

    from evals.data.check import CheckedData

    with tempfile.TemporaryDirectory(prefix="tunegate-check-") as place:
        code = _follow([*COMMAND, *extra, *order.words], Path(place), say)
        answer, told = ((Path(place) / name).read_bytes() for name in ("out", "err"))
    try:
        return msgspec.json.decode(answer, type=CheckedData)
    except msgspec.DecodeError:
        raise _failure(answer, told.decode(errors="replace"), code) from None


def prepare_cleaned(order: CheckOrder, say: Say) -> Cleaned:
    """Write the cleaned set into a folder that nobody sees yet, and count what went; see `run_check` for the errors."""
    folder = Path(tempfile.mkdtemp(prefix="tunegate-clean-")) / "cleaned"
    try:
        found = run_check(order, say, [f"--fix={folder}"])
    except BaseException:
        shutil.rmtree(folder.parent, ignore_errors=True)
        raise
    from evals.data.fixing import DIFF

    cleaned = Cleaned(folder, found.rows, reasons((folder / DIFF).read_text(encoding="utf-8").splitlines()))
    atexit.register(cleaned.discard)
    return cleaned


def keep_cleaned(cleaned: Cleaned, target: Path) -> list[Path]:
    """Move a cleaned set to the folder of a person's choice, and return its files.

    Raises:
        UsageError: something is there already.
        StorageError: it cannot be written there.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(f"{target}: something is there already. Name a new folder.")
    try:
        shutil.copytree(cleaned.folder, target, dirs_exist_ok=True)
    except (OSError, shutil.Error) as error:
        raise StorageError(f"{target}: the cleaned set could not be written there ({error}). Name another folder.") from error
    cleaned.discard()
    return sorted(target.iterdir())


def reasons(lines: Sequence[str]) -> dict[str, int]:
    """Count the rows of a list of what went by reason, the most frequent first."""
    found = Counter(f"{match[1]}: {match[2]}" if match[1] else match[2] for line in lines if (match := _WENT.match(line)))
    return dict(found.most_common())


def _follow(words: Sequence[str], place: Path, say: Say) -> int:
    """Run to the end, telling how far it is; return the exit code."""
    with (place / "out").open("wb") as out, (place / "err").open("wb") as err:
        child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)
        try:
            while True:
                say(*_step(place / "err"))
                try:
                    return child.wait(LOOK_EVERY_S)
                except subprocess.TimeoutExpired:
                    continue
        finally:
            _end(child)


def _step(told: Path) -> tuple[str, int, int]:
    steps = _STEP.findall(told.read_text(encoding="utf-8", errors="replace"))
    return (steps[-1][2], int(steps[-1][0]), int(steps[-1][1])) if steps else ("Starting", 0, 0)


def _end(child: "subprocess.Popen[bytes]") -> None:
    if child.poll() is not None:
        return
    child.terminate()
    try:
        child.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _failure(answer: bytes, told: str, code: int) -> TunegateError:
    """Return what the process said was wrong, else what it said last."""
    from selector.probe_process import KINDS

    try:
        said: dict[str, Any] = json.loads(answer)["error"]
        return KINDS.get(said["code"], StageError)(said["message"])
    except (ValueError, KeyError, TypeError):
        last = "\n".join([line for line in told.splitlines() if line.strip()][-LAST_LINES:]) or "(it said nothing)"
        memory = ", which often means that memory ran out" if code == -9 else ""
        return StageError(f"check: the process ended with exit code {code}{memory}. It said last:\n{last}")
