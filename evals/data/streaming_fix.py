"""Writing cleaned data row by row, while the files are checked."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, NamedTuple

from evals.data.check import CheckRequest, Examined, Say
from evals.data.fixing import DIFF, Fixed, diff_lines, free_path, remove_leaks, remove_secrets, require_new
from evals.data.streaming import Chunk, examine_stream
from reports.errors import StorageError
from reports.jsonl import encode


class Cleaned(NamedTuple):
    """What the checks found, and what was written without it."""

    examined: Examined
    fixed: Fixed


def clean_stream(request: CheckRequest, folder: Path, say: Say = lambda step: None) -> Cleaned:
    """Check files as a stream, and write each as JSON lines without the rows that the full pass finds faulty.

    Unusable, empty, identical and repeated rows go, rows with secrets, and leaks. What only a comparison of rows finds
    (contradictions, near duplicates, near leaks) stays, since no more than a sample of the rows is ever held.

    Raises:
        StorageError: the disk refuses.
        DataError, MissingError, UsageError: see `examine_stream`; nothing is left in the folder.
    """
    require_new(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with Writer(folder) as writer:
            examined = examine_stream(request, say, writer.take)
    except OSError as error:
        raise StorageError(f"{folder}: cannot be written ({error.strerror}). Check the space and the permissions.") from error
    return Cleaned(examined, Fixed(writer.files, writer.kept, writer.removed))


class Writer(ExitStack):
    """Writes the rows of each chunk as they come; where an error ends it, its files go."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.files: list[Path] = []
        self.kept = self.removed = 0
        self._folder = folder
        self._open: list[BinaryIO] = []
        self._diff = self.enter_context((folder / DIFF).open("wb"))
        self.push(self._clear)

    def take(self, chunk: Chunk, suites: Mapping[str, set[bytes]]) -> None:
        """Write the rows of a chunk that are not at fault, and list those that are."""
        kept = remove_leaks(remove_secrets(chunk.kept, chunk.trail), suites, chunk.trail)
        while len(self.files) <= chunk.place:
            self.files.append(free_path(self._folder, chunk.source.label, self.files))
            self._open.append(self.enter_context(self.files[-1].open("wb")))
        self._open[chunk.place].writelines(encode(row.columns) + b"\n" for row in kept)
        lines = list(diff_lines([chunk.source], chunk.trail.dropped))
        self._diff.writelines(f"{line}\n".encode("utf-8", "replace") for line in lines)
        self.kept += len(kept)
        self.removed += len(lines)

    def _clear(self, kind: object, error: object, trace: object) -> None:
        if error is not None:
            for path in (*self.files, self._folder / DIFF):
                path.unlink(missing_ok=True)
