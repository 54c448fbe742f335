"""Follow a run on a plain terminal and print its outcome."""

import sys
import threading
from shlex import quote

import click

from reports.errors import EXIT_INTERRUPTED, EXIT_STAGE, VERDICT_EXITS
from reports.records.gates import Estimate, GateResult, Gates
from reports.records.run import Event, Progress, RunRecord
from reports.rundir import RunDir
from selector.pipeline import Update, follow, request_stop, settle

SIGNS = {"pass": "✓ pass", "fail": "✗ fail", "unresolved": "? unresolved", "broken": "! broken"}
SHOWN_EVENTS = ("warning", "alarm", "early_stopped", "note")


def follow_to_end(run: RunDir, as_json: bool, stop_on_interrupt: bool, since: int = 0) -> int:
    """Narrate a run on stderr until it ends, print the outcome on stdout, return the exit code.

    With `stop_on_interrupt`, the first Ctrl-C asks the run to stop and save; the second leaves it running. `since` is the place
    in the events, in bytes, up to which they were told before.
    """
    narrator = Narrator(bar=sys.stderr.isatty())
    asked_to_stop = False
    while True:
        try:
            for update in follow(run, threading.Event().wait, since=since):
                narrator.show(update)
            break
        except KeyboardInterrupt:
            if asked_to_stop or not stop_on_interrupt:
                click.echo(f"\nnote: the run goes on; follow it with `tunegate watch {run.path}`.", err=True)
                return EXIT_INTERRUPTED
            asked_to_stop = True
            request_stop(run)
            click.echo("\nnote: stopping after this step; Ctrl-C again leaves the run alone.", err=True)
    narrator.close()
    return print_outcome(run, as_json)


def print_outcome(run: RunDir, as_json: bool) -> int:
    """Print gates, verdict and report path (or summary.json) of an ended run; return its exit code."""
    record = settle(run)
    if as_json:
        from reports.summary import write_summary

        click.echo(write_summary(run).read_text(encoding="utf-8").rstrip())
    if record.status == "stopped":
        click.echo(f"note: stopped in stage {record.stage}. Continue with `tunegate run {quote(str(run.path))}`.", err=True)
        return EXIT_INTERRUPTED
    if record.status == "failed":
        return _say_failure(run, record)
    gates = run.read(Gates)
    if not as_json:
        click.echo(gate_table(gates))
        click.echo(f"\nVerdict: {gates.verdict}. {gates.because}\nNext: {gates.next_step}\nReport: {run.report}")
    return VERDICT_EXITS[gates.verdict]


def gate_table(gates: Gates) -> str:
    """Return the table of gates: baseline, candidate, difference with interval, state."""
    rows = [("gate", "baseline", "candidate", "difference [interval]", "state")]
    rows += [_row(result) for result in gates.results]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def _row(result: GateResult) -> tuple[str, str, str, str, str]:
    state = SIGNS[result.state] + ("" if result.required else " (informs)")
    return (result.title, _number(result.baseline), _number(result.candidate), _interval(result.difference), state)


def _number(estimate: Estimate) -> str:
    return "-" if estimate.value is None else f"{estimate.value:.3f}"


def _interval(estimate: Estimate) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "not measured"
    return f"{estimate.value:+.3f} [{estimate.low:+.3f}, {estimate.high:+.3f}]"


def _say_failure(run: RunDir, record: RunRecord) -> int:
    click.echo(f"tunegate: {record.error}", err=True)
    if run.report.is_file():
        click.echo(f"note: what is known so far: {run.report}", err=True)
    return record.exit_code if record.exit_code is not None else EXIT_STAGE


class Narrator:
    """Prints stages and warnings, with a progress bar where stderr is a terminal."""

    def __init__(self, bar: bool) -> None:
        self._bar = bar
        self._stage = ""

    def show(self, update: Update) -> None:
        """Print what is new in an update."""
        for event in update.events:
            self._say(event)
        if self._bar and update.progress is not None and update.alive:
            self._draw(update.progress)

    def close(self) -> None:
        """Leave a clean line behind."""
        if self._bar:
            click.echo("\r\x1b[K", nl=False, err=True)

    def _say(self, event: Event) -> None:
        if event.kind == "stage_started" and event.stage != self._stage:
            self._stage = event.stage
            self._line(f"stage: {event.stage}")
        elif event.kind in SHOWN_EVENTS:
            self._line(f"{event.kind.replace('_', ' ')}: {event.message}")

    def _line(self, text: str) -> None:
        self.close()
        click.echo(text, err=True)

    def _draw(self, progress: Progress) -> None:
        share = progress.done / progress.total if progress.total else 0.0
        filled = int(share * 24)
        left = f"{eta_s(progress):.0f} s left" if 0 < share < 1 else ""
        count = f"{progress.done}/{progress.total or '?'} {progress.unit}"
        line = f"\r\x1b[K  {progress.title:<28.28} {'━' * filled}{'─' * (24 - filled)} {count} {left}"
        click.echo(line, nl=False, err=True)


def eta_s(progress: Progress) -> float:
    """Return the seconds left if the rest goes as fast as what is done; 0 when nothing is."""
    if not progress.total or progress.done <= 0:
        return 0.0
    spent = progress.updated_at - progress.started_at
    return max(0.0, spent / progress.done * (progress.total - progress.done))
