"""Files that pair building writes: the pairs, and beside them everything that was refused."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from reports.errors import UsageError
from reports.jsonl import encode
from reports.rundir import write_text

WORK: Final = ("samples", "choices", "replies", "to-judge")


def refused_path(out: Path) -> Path:
    """Return the file of refused rows and pairs that belongs to a file of pairs: `pairs.rejected.jsonl` for `pairs.jsonl`."""
    return out.with_name(f"{out.stem}.rejected.jsonl")


def work_path(out: Path, what: str) -> Path:
    """Return the file in which work in progress is kept, so that a killed command goes on: `pairs.samples.jsonl`."""
    return out.with_name(f"{out.stem}.{what}.jsonl")


def check_out(out: Path, sources: Sequence[str]) -> None:
    """Raise UsageError where writing the results would overwrite a source."""
    written = {path.resolve() for path in (out, refused_path(out), *(work_path(out, what) for what in WORK))}
    for source in sources:
        if Path(source).expanduser().resolve() in written:
            raise UsageError(f"--out {out}: this would overwrite the source {source}. Choose another name.")


def write_rows(path: Path, rows: Iterable[Struct]) -> None:
    """Write one row a line, the file whole; StorageError when the disk refuses."""
    write_text(path, b"".join(encode(row) + b"\n" for row in rows).decode())
