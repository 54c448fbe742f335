"""Folders and patterns in the place of file names."""

from collections.abc import Sequence
from glob import has_magic
from pathlib import Path
from typing import Final

from evals.data.compression import without_suffix
from evals.data.load import KINDS, SUFFIXES
from reports.errors import DataError, MissingError

NO_ROWS: Final = ("dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json")
"""What a saved data set of the `datasets` library holds beside its rows."""


def expand(sources: Sequence[str]) -> list[str]:
    """Return each folder as the data files in it, each pattern as the files that fit, and other names as they are.

    Raises:
        DataError: a folder holds no data file.
        MissingError: no file fits a pattern.
    """
    return [name for source in sources for name in _expand(source)]


def _expand(source: str) -> list[str]:
    path = Path(source).expanduser()
    if path.is_dir():
        files = sorted(str(file) for file in path.rglob("*") if file.is_file() and _is_data(file))
        if not files:
            raise DataError(f"{source}: this folder holds no data file ({KINDS}). Name another folder or a file.")
        return files
    if path.exists() or not has_magic(source) or "@" in source:
        return [source]
    anchor = Path(path.anchor)
    files = sorted(str(file) for file in anchor.glob(str(path.relative_to(anchor))) if file.is_file())
    if not files:
        raise MissingError(f"{source}: no file fits this pattern. Check it, and the folder you are in ({Path.cwd().name}).")
    return files


def _is_data(file: Path) -> bool:
    is_shown = not file.name.startswith(".") and file.name not in NO_ROWS
    return is_shown and without_suffix(file.name.lower()).endswith(SUFFIXES)
