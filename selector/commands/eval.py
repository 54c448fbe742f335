"""`tunegate eval`: two models behind endpoints, measured by their answers."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from reports.errors import EXIT_INTERRUPTED, VERDICT_EXITS, TunegateError, UsageError
from reports.progress import ProgressLog
from reports.records.plan import Plan
from reports.records.run import RunRecord
from reports.rundir import RunDir, now
from selector.commands.endpoint_options import LimitFlags, client_of, limit_options
from selector.commands.judge_options import judge_options, read_judge
from selector.commands.options import json_option, parse_assignments

if TYPE_CHECKING:
    from evals.remote.planning import Wanted


@click.command()
@click.option(
    "--baseline-url", required=True, metavar="URL", help="Server of the model in use, for example http://localhost:8000."
)
@click.option("--baseline-model", required=True, metavar="NAME", help="Its name on that server.")
@click.option("--candidate-url", required=True, metavar="URL", help="Server of the model that may replace it.")
@click.option("--candidate-model", required=True, metavar="NAME", help="Its name on that server.")
@click.option("--baseline-key-env", default="", metavar="NAME", help="Environment variable with the baseline's key.")
@click.option("--candidate-key-env", default="", metavar="NAME", help="Environment variable with the candidate's key.")
@click.option("--data", multiple=True, metavar="FILE", help="Held-out prompts of the target domain; may be repeated.")
@click.option("--suite", "suites", multiple=True, metavar="NAME=FILE", help="A prompt suite, in place of the one that ships.")
@click.option("--prompts", type=click.IntRange(1), metavar="N", help="Prompts of each suite at most.  [default: 120]")
@judge_options("", "nobody")
@click.option("--policy", default="moderate", show_default=True, metavar="POLICY", help="low, moderate, high or a TOML file.")
@click.option("--max-new-tokens", type=click.IntRange(1), default=256, show_default=True, help="Longest answer in tokens.")
@click.option("--temperature", type=click.FloatRange(0), default=0.0, show_default=True)
@click.option("--system", default="", metavar="TEXT", help="System message before every prompt, for both sides.")
@click.option("--seed", type=int, default=0, show_default=True, help="Picks prompts; sent along above temperature 0.")
@limit_options
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER", help="Folder of the result."
)
@json_option
def command(out: Path, as_json: bool, **given: Any) -> int:
    """Ask two models behind OpenAI-compatible endpoints, measure what text alone shows, and decide gates.

    Metrics that need the models' weights are missing, with the reason; the classes low and moderate leave gates on them out.
    The same command continues: what was answered is not asked again. Limits hold for each endpoint.
    Exit codes: 0 go, 1 no-go, 5 inconclusive, 2 bad input, 3 something missing, 4 a side answered nothing.
    """
    from evals.judges.choosing import Limits
    from evals.remote.measuring import Sides, evaluate
    from evals.remote.planning import plan_remote
    from trainers.launch import claimed

    flags: LimitFlags = {name: given[name] for name in LimitFlags.__annotations__}  # type: ignore[assignment]
    wanted = _wanted(given)
    plan = plan_remote(wanted)
    run = _open(out, plan, wanted)
    click.echo(f"run: {run.path}", err=True)
    most = flags["max_requests"] if given["judge_max_requests"] is None else given["judge_max_requests"]
    limits = Limits(**flags)._replace(max_requests=most, api_key_env=given["judge_key_env"])
    with claimed(run), _recorded(run):
        sides = Sides(
            client_of(wanted.baseline, run.replies("baseline"), flags),
            client_of(wanted.candidate, run.replies("candidate"), flags),
        )
        gates = evaluate(run, plan, sides, wanted.sampling, Narrated(run), limits)
        run.update(status="done", verdict=gates.verdict, exit_code=VERDICT_EXITS[gates.verdict], finished_at=now())
    return _tell(run, as_json)


class Narrated(ProgressLog):
    """Writes progress down and shows it on stderr: in place on a terminal, else a line for each thing that is begun."""

    def __init__(self, run: RunDir) -> None:
        super().__init__(run)
        self._shown = Shown("", 0)

    def begin(self, stage: str, title: str, total: int | None, unit: str) -> None:
        """Start a new bar at zero."""
        super().begin(stage, title, total, unit)
        self._shown = Shown(title, total or 0)
        if not sys.stderr.isatty():
            click.echo(f"{title}, {total:,} {unit}" if total else title, err=True)

    def advance(self, done: int) -> None:
        """Set how much is done."""
        super().advance(done)
        if sys.stderr.isatty():
            is_done = done >= self._shown.total
            click.echo(f"\r\x1b[K  {self._shown.title} {done:,} of {self._shown.total:,}", nl=is_done, err=True)


class Shown(NamedTuple):
    """What is under way."""

    title: str
    total: int


def _wanted(given: dict[str, Any]) -> "Wanted":
    from evals.endpoint.place import parse_endpoint
    from evals.remote.answering import Sampling
    from evals.remote.planning import Wanted

    sides = {
        side: parse_endpoint(f"{given[f'{side}_url']}#{given[f'{side}_model']}", given[f"{side}_key_env"])
        for side in ("baseline", "candidate")
    }
    if given["judge"] == "reward-model":
        raise UsageError("--judge reward-model: nothing is trained here. Name one that was: reward-model:FOLDER.")
    if given["gold"] and not given["judge"]:
        raise UsageError("--gold tries a judge, and there is none. Add --judge.")
    judge = read_judge(given["judge"], given["gold"], given["judge_key_env"], given["judge_max_requests"])
    temperature = given["temperature"]
    return Wanted(
        **sides,
        data=given["data"],
        suites=parse_assignments(given["suites"], "--suite"),
        prompts=given["prompts"],
        judge=judge,
        policy=given["policy"],
        sampling=Sampling(given["max_new_tokens"], temperature, given["seed"] if temperature else None, given["system"]),
        seed=given["seed"],
    )


def _open(out: Path, plan: Plan, wanted: "Wanted") -> RunDir:
    """Return the folder of this evaluation, made where it is new; UsageError where it holds something else."""
    from evals.remote.planning import require_same, write_target
    from reports.masking import mask_argv
    from selector.versions import installed_versions

    run = RunDir(out)
    if run.has(RunRecord):
        require_same(RunDir.open(out), plan)
        return run
    if out.is_dir() and any(out.iterdir()) and not run.has(Plan):
        raise UsageError(f"--out {out}: this folder holds other files. Choose a new one.")
    run.write(plan)
    write_target(run, wanted)
    title = f"{wanted.candidate.label} against {wanted.baseline.label}"
    run.write(
        RunRecord(
            run_id=out.resolve().name,
            title=title,
            created_at=now(),
            argv=mask_argv(sys.argv),
            versions=installed_versions(),
            seed=plan.seed,
            strategy="eval",
            model=plan.model.label,
        )
    )
    return run


@contextmanager
def _recorded(run: RunDir) -> Iterator[None]:
    """Write down that the evaluation runs, and how it ends where it fails."""
    attempt = run.read(RunRecord).attempt + 1
    run.update(status="running", stage="measure", attempt=attempt, error=None, exit_code=None, finished_at=None, verdict=None)
    run.log_event("run_started" if attempt == 1 else "run_resumed", attempt=attempt)
    try:
        yield
    except TunegateError as error:
        run.update(status="failed", error=str(error), exit_code=error.exit_code, finished_at=now())
        raise
    except KeyboardInterrupt:
        run.update(status="stopped", error="Interrupted.", exit_code=EXIT_INTERRUPTED, finished_at=now())
        raise


def _tell(run: RunDir, as_json: bool) -> int:
    """Write report and summary, and print the outcome."""
    from reports.html import write_report
    from reports.records.evaluation import Metrics
    from reports.summary import write_summary
    from selector.commands.following import print_outcome

    write_report(run)
    write_summary(run)
    for note in run.read(Metrics).notes:
        click.echo(f"note: {note}", err=True)
    return print_outcome(run, as_json)
