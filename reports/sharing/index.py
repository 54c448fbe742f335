"""One static page over all runs."""

import os
from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

from reports.errors import UsageError
from reports.html import environment
from reports.overview import DAMAGED, VANISHED, Overview, overview
from reports.rundir import RunDir, list_runs, write_text
from reports.sharing.markup import one_line

FILE: Final = "index.html"
SIGNS: Final = {"pass": "✓", "fail": "✗", "unresolved": "?", "broken": "!", "open": "…"}
VERDICT_TONES: Final = {"go": "pass", "no-go": "fail", "inconclusive": "unresolved"}
LONGEST: Final = 160
"""Characters of a title or an error."""


class IndexRow(NamedTuple):
    """One run in the index."""

    run: Overview
    title: str
    word: str
    """Verdict, or the status of a run without one."""
    tone: str
    because: str
    """Why it failed; empty where it did not."""
    link: str
    """The report, relative to the index; empty where there is none."""


def write_index(root: Path, out: Path | None = None) -> Path:
    """Write a page that links the reports of all runs below `root`, there or to `out`; UsageError where `root` is no folder."""
    if not root.is_dir():
        raise UsageError(f"{root}: no such folder of runs. Name one, or start a run with `tunegate demo`.")
    path = out or root / FILE
    write_text(path, index_of(root, path.parent))
    return path


def index_of(root: Path, folder: Path) -> str:
    """Return the page as it stands in `folder`, from which its links lead."""
    rows = [_row(run, folder) for run in list_runs(root)]
    counts = Counter(row.word for row in rows).most_common()
    return environment().get_template("index.html.j2").render(rows=rows, counts=counts, signs=SIGNS)


def _row(run: RunDir, folder: Path) -> IndexRow:
    found = overview(run)
    failed = found.status in ("failed", DAMAGED, VANISHED)
    tone = VERDICT_TONES.get(found.verdict or "", "broken" if failed else "open")
    because = one_line((found.error or "").removeprefix(f"{run.path}/"), LONGEST) if failed else ""
    link = quote(os.path.relpath(run.report, folder)) if run.report.is_file() else ""
    return IndexRow(found, one_line(found.title, LONGEST), found.verdict or found.status, tone, because, link)
