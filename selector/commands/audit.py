"""`tunegate audit`: judge a random sample of rows at the keyboard."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import click

from reports.errors import EXIT_GO, EXIT_INCONCLUSIVE, EXIT_NO_GO, UsageError
from reports.wording import visible
from selector.commands.options import json_option

if TYPE_CHECKING:
    from evals.audit import Audit, AuditResult, Judgement
    from reports.jsonl import Jsonl

EXITS: Final = {"pass": EXIT_GO, "fail": EXIT_NO_GO, "unresolved": EXIT_INCONCLUSIVE}
SIGNS: Final = {"pass": "✓ pass", "fail": "✗ fail", "unresolved": "? inconclusive"}
HIDDEN: Final = ("id", "digest")
HELP: Final = "y right   n wrong   s skip   u undo   q stop (continue with --resume)"


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--n", "count", type=click.IntRange(1), help="Rows to judge.  [default: as many as show --bound without errors]")
@click.option(
    "--bound",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.9,
    show_default=True,
    help="Accuracy to be shown.",
)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--resume", is_flag=True, help="Continue from the judgements stored beside the file.")
@click.option("--judgements", metavar="FILE", help="Take verdicts from rows of `row` and `verdict` instead of the keyboard.")
@json_option
def command(file: str, count: int | None, bound: float, seed: int, resume: bool, judgements: str | None, as_json: bool) -> int:
    """Judge a random sample of rows, and show how many of all rows are right.

    Exit code 0: shown to reach the bound; 1: shown to miss it; 5: not decided.
    """
    from evals.audit import Audit, read_judgements, replay, result, rows_to_audit, stored_judgements
    from evals.data.load import load

    table = load(file)
    audit = Audit([row.number for row in table.rows], count or rows_to_audit(bound), seed)
    if judgements is not None:
        read_judgements(audit, judgements)
    else:
        store = stored_judgements(file)
        stored = store.read()
        if stored and not resume:
            raise UsageError(f"{store.path.name} holds {len(stored)} judgements. Continue with --resume, or move that file away.")
        replay(audit, stored, table.digest, seed)
        _ask(audit, {row.number: row.values for row in table.rows}, store, table.digest, seed)
    found = result(audit, table.label, len(table.rows), seed, bound)
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        click.echo(as_text(found))
    return EXITS[found.state]


def as_text(found: "AuditResult") -> str:
    """Return the result as plain text."""
    lines = [f"{SIGNS[found.state]}  {found.because}"]
    lines.append(
        f"  {found.judged} judged, {found.wrong} wrong, {found.skipped} skipped, of {found.rows:,} rows; seed {found.seed}"
    )
    if found.wrong_rows:
        lines.append(f"  wrong rows: {', '.join(map(str, found.wrong_rows))}")
    if found.state == "unresolved":
        needed = "more rows than the file has" if found.needed is None else f"{found.needed} rows (--n {found.needed} --resume)"
        lines.append(f"  {found.wrong} wrong of {needed} would show more than {found.bound:.0%}")
    for name, fact in found.facts.items():
        lines.append(f"  fact: {name} = {fact.value:.3f} ({fact.low:.3f} to {fact.high:.3f}, 90 % interval)")
    return "\n".join(lines)


def _ask(audit: "Audit", rows: Mapping[int, Mapping[str, object]], store: "Jsonl[Judgement]", digest: str, seed: int) -> None:
    """Ask for the rows that are left, and store each key press at once."""
    from evals.audit import WORDS, Judgement
    from reports.rundir import now

    if audit.next_row() is not None and not (sys.stdin.isatty() and sys.stderr.isatty()):
        rows_left = ", ".join(map(str, audit.upcoming()))
        raise UsageError(
            f"Judging needs a terminal. Elsewhere give --judgements FILE with `row` and `verdict` of rows {rows_left}."
        )
    while (row := audit.next_row()) is not None:
        _show(row, rows[row], audit)
        key = click.getchar().lower()
        click.echo(key if key.isprintable() else "", err=True)
        if key == "q":
            return
        if key == "u" and (undone := audit.undo()) is not None:
            store.append(Judgement(row=undone, verdict="undo", seed=seed, digest=digest, at=now()))
        elif key in WORDS:
            audit.judge(row, WORDS[key])
            store.append(Judgement(row=row, verdict=WORDS[key], seed=seed, digest=digest, at=now()))


def _show(row: int, values: Mapping[str, object], audit: "Audit") -> None:
    click.echo(f"\n── row {row} · {audit.judged + 1} of {audit.planned} " + "─" * 40, err=True)
    for name, value in values.items():
        if name not in HIDDEN:
            click.echo(f"{visible(name)}: {visible(value if isinstance(value, str) else str(value))}", err=True)
    click.echo(f"{HELP} > ", nl=False, err=True)
