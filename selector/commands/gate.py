"""`tunegate gate`: decide the gates of a run again, or of completions made anywhere."""

from pathlib import Path
from typing import Any, NamedTuple

import click

from reports.errors import VERDICT_EXITS, UsageError
from reports.records.gates import Gates
from selector.commands.following import gate_table
from selector.commands.options import find_run, json_option, runs_option

MOST_DECIDING = 3
FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("run", metavar="[RUN]", required=False)
@click.option("--baseline", type=FILE, metavar="FILE", help="Answers of the baseline: rows of `prompt` and `completion`.")
@click.option("--candidate", type=FILE, metavar="FILE", help="Answers of the candidate to the same prompts.")
@click.option("--judgements", type=FILE, metavar="FILE", help="Preferences by `prompt_id`, as `tunegate win-rate` reads them.")
@click.option("--judge", metavar="NAME", help="Judge whose judgements count, where there are several.")
@click.option("--train", metavar="DATA", help="What the candidate was trained on; then leaks of it are looked for.")
@click.option("--policy", metavar="CLASS|FILE", help="low, moderate, high or a policy file.  [default: the run's, else moderate]")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER", help="Write gates and report here.")
@runs_option
@json_option
def command(run: str | None, root: Path | None, as_json: bool, **given: Any) -> int:
    """Decide gates: of RUN from its metrics, or of completions made anywhere.

    Completions are rows of `prompt` (text or messages) and `completion` (null: missing), with `id`, `suite`, `family` and
    `tokens` where known; they are joined by `id`, or by prompt where a row has none. No model is loaded.
    Exit codes: 0 go, 1 no-go, 5 inconclusive, 4 the run failed, 2 bad input, 3 something is missing.
    """
    asked = Asked(**given)
    found = _of_run(run, root, asked) if run is not None else _of_completions(asked)
    gates = found.gates
    if as_json:
        import msgspec

        from reports.jsonl import encode

        click.echo(msgspec.json.format(encode(gates), indent=2).decode())
    else:
        click.echo(as_text(gates))
    for note in found.notes:
        click.echo(f"note: {note}", err=True)
    return VERDICT_EXITS[gates.verdict]


class Asked(NamedTuple):
    """The options, by the names they have on the command line."""

    baseline: Path | None
    candidate: Path | None
    judgements: Path | None
    judge: str | None
    train: str | None
    policy: str | None
    out: Path | None


class Found(NamedTuple):
    """The decision, and what else a person must know."""

    gates: Gates
    notes: tuple[str, ...]


def _of_run(name: str, root: Path | None, asked: Asked) -> Found:
    from selector.gating import decide_again

    if any(value is not None for name, value in asked._asdict().items() if name != "policy"):
        raise UsageError("RUN has its own answers, judgements, data and folder. Give RUN with --policy only, or leave RUN out.")
    run = find_run(name, root)
    return Found(decide_again(run, asked.policy), (f"report: {run.report}",))


def _of_completions(asked: Asked) -> Found:
    from evals.gates import answers
    from selector.gating import write_outside

    if asked.baseline is None or asked.candidate is None:
        raise UsageError("Name a RUN, or both --baseline FILE and --candidate FILE.")
    question = answers.Asked(
        asked.baseline, asked.candidate, asked.policy or "moderate", asked.judgements, asked.judge, asked.train
    )
    decided = answers.decide_answers(question)
    if asked.out is None:
        return Found(decided.gates, decided.metrics.notes)
    run = write_outside(asked.out, decided, f"{asked.candidate.stem} against {asked.baseline.stem}")
    return Found(decided.gates, (*decided.metrics.notes, f"report: {run.report}"))


def as_text(gates: Gates) -> str:
    """Return the table of gates, then of each what decided it and what would resolve it, then the verdict."""
    lines = [gate_table(gates), ""]
    for result in gates.results:
        said = [result.because, result.detector, result.resolve, result.fragility]
        lines += [f"{result.title}: {' '.join(text for text in said if text)}"]
        lines += [f"  {item.prompt_id}: {item.note}" for item in result.deciding[:MOST_DECIDING] if result.required]
    if gates.not_tested:
        lines += ["", "Not tested:", *(f"  {text}" for text in gates.not_tested)]
    policy = f" by policy {gates.policy}" if gates.policy else ""
    return "\n".join([*lines, "", f"Verdict{policy}: {gates.verdict}. {gates.because}", f"Next: {gates.next_step}"])
