"""Data files for probes."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path


def write_rows(folder: Path, *files: Iterable[Mapping[str, object]]) -> tuple[str, ...]:
    """Write one JSON lines file for each set of rows and return their paths."""
    paths = []
    for number, rows in enumerate(files):
        path = folder / f"rows-{number}.jsonl"
        path.write_text("\n".join(json.dumps(row) for row in rows))
        paths.append(str(path))
    return tuple(paths)
