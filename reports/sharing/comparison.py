"""A comparison of runs as lines for people and as one HTML page."""

from collections import Counter
from collections.abc import Sequence
from typing import Final, get_args

from reports.html import environment
from reports.records.comparison import NO_BETTER, Change, ComparedGate, Comparison, GateCell, PairedDifference, Section
from reports.sharing.index import VERDICT_TONES
from reports.sharing.markup import one_line
from reports.wording import INFORMS, SHARES, SIGNS, change, interval, number

FINDINGS: Final = {
    "better": "✓ better",
    "worse": "✗ worse",
    "higher": "↑ higher",
    "lower": "↓ lower",
    "open": "? cannot tell",
    "none": "– not compared",
}
TONES: Final = {"better": "pass", "worse": "fail", "higher": "higher", "lower": "lower", "open": "unresolved", "none": "skipped"}
SECTIONS: Final[tuple[Section, ...]] = get_args(Section)
WIDEST: Final = 64
"""Characters of one column of text."""


def as_text(found: Comparison) -> str:
    """Return the comparison as lines: the runs, what changed, the gates, and paired differences."""
    blocks = [_runs(found), _changes(found), _gates(found), _paired(found)]
    return "\n\n".join("\n".join(lines) for lines in blocks if lines)


def as_html(found: Comparison) -> str:
    """Return the comparison as one page without script or network; it holds no prompt and no answer."""
    pairs = [(run_id, rows, Counter(row.finding for row in rows).most_common()) for run_id, rows in _by_run(found)]
    return (
        environment()
        .get_template("compare.html.j2")
        .render(
            found=found,
            no_better=NO_BETTER,
            letters=letters(len(found.runs)),
            pairs=pairs,
            sections=[(section, rows) for section in SECTIONS if (rows := _changes_of(found, section))],
            verdicts=VERDICT_TONES,
            signs={**SIGNS, "skipped": "–", "open": "…", "higher": "↑", "lower": "↓"},
            tones=TONES,
            words={name: text.split(" ", 1)[1] for name, text in FINDINGS.items()},
        )
    )


def letters(n: int) -> list[str]:
    """Return short names for runs: A, B, ... and R27 after Z."""
    return [chr(ord("A") + position) if position < 26 else f"R{position + 1}" for position in range(n)]


def _runs(found: Comparison) -> list[str]:
    rows = [
        (letter, run.run_id, run.verdict or run.status, run.strategy, run.model, f"seed {run.seed}")
        for letter, run in zip(letters(len(found.runs)), found.runs, strict=True)
    ]
    return aligned([("", "run", "verdict", "method", "model", ""), *rows])


def _changes(found: Comparison) -> list[str]:
    if not found.changes:
        return [f"Plan, settings, data and gates are the same ({found.unchanged} compared)."]
    head = ("changed", "", *letters(len(found.runs)))
    rows = [(row.section, row.name, *(value or "–" for value in row.values)) for row in found.changes]
    return [*aligned([head, *rows]), f"{found.unchanged} others are the same."]


def _gates(found: Comparison) -> list[str]:
    if not found.gates:
        return []
    rows = [(row.title, *(_cell(cell, row) for cell in row.cells)) for row in found.gates]
    return aligned([("gate", *letters(len(found.runs))), *rows])


def _cell(cell: GateCell | None, gate: ComparedGate) -> str:
    if cell is None:
        return "–"
    state = INFORMS if cell.informs else cell.state
    return f"{SIGNS[state]} {state}, {number(cell.candidate.value, gate.unit)}"


def _by_run(found: Comparison) -> list[tuple[str, list[PairedDifference]]]:
    return [(run.run_id, [row for row in found.paired if row.other == run.run_id]) for run in found.runs[1:]]


def _paired(found: Comparison) -> list[str]:
    """Return a block for every run after the first: what it came to, then a line for each metric."""
    lines = []
    for letter, (run_id, rows) in zip(letters(len(found.runs))[1:], _by_run(found), strict=True):
        counts = Counter(FINDINGS[row.finding].split(" ", 1)[1] for row in rows).most_common()
        told = ", ".join(f"{count} {word}" for word, count in counts) or "no metric was measured in both"
        lines += [
            "",
            f"A → {letter} on the prompts they share, {one_line(run_id, WIDEST)}: {told}",
            *aligned([_row(row) for row in rows]),
        ]
    return lines[1:]


def _row(row: PairedDifference) -> tuple[str, ...]:
    """Return a line; the unit stands once, beside the title."""
    share = row.unit in SHARES
    finding, title = FINDINGS[row.finding], row.title if share or not row.unit else f"{row.title}, {row.unit}"
    if row.finding == "none":
        return (finding, title, "", "", row.because)
    unit = row.unit if share else ""
    limits = interval(row.difference, unit, signed=True).removesuffix(" points")
    values = f"{number(row.first_value, unit)} → {number(row.other_value, unit)}"
    prompts = f"{row.n} prompts" + (f", {row.missing} missing" if row.missing else "")
    return (finding, title, values, f"{change(row.difference.value, unit)} ({limits})", prompts)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines with aligned columns; a cell that is too long is cut, except the last."""
    if not rows:
        return []
    cells = [[*(_cut(cell) for cell in row[:-1]), one_line(row[-1])] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def _cut(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= WIDEST else f"{line[: WIDEST - 1]}…"


def _changes_of(found: Comparison, section: str) -> list[Change]:
    return [row for row in found.changes if row.section == section]
