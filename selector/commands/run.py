"""`tunegate run`: the whole job on given data and model, or the rest of an existing run."""

from pathlib import Path
from typing import Any, NamedTuple, cast, get_args

import click
from click.core import ParameterSource

from reports.errors import UsageError
from reports.places import runs_root
from reports.records.plan import Plan, RewardPlan, Sharing, Tracker
from reports.records.recommendation import Strategy
from reports.rundir import RunDir
from selector.commands.judge_options import judge_options, read_judge
from selector.commands.launch_options import Asked, Launch, launch_options, print_command, with_launch
from selector.commands.options import (
    accept_option,
    because_option,
    by_option,
    find_run,
    json_option,
    layout_option,
    parse_assignments,
    read_acceptances,
    read_layout,
    runs_option,
)
from selector.commands.recommend import gather
from selector.commands.seed_options import SEEDS_HELP, TRACK_HELP, TRACKERS, attend_group, require_attended, with_tracker
from selector.commands.task_options import read_formats, read_tasks, task_options
from selector.planning import Request


@click.command()
@click.argument("run", metavar="[RUN]", required=False)
@click.option("--data", "sources", multiple=True, metavar="FILE", help="Training data: file or hub name; may be repeated.")
@click.option("--model", help="Base model: local folder or hub name.")
@click.option("--strategy", help="Train this strategy instead of the recommended one, for example sft+dpo.")
@click.option("--intake", type=click.Path(path_type=Path), help="YAML or JSON facts for the recommendation.")
@click.option("--fact", "facts", multiple=True, metavar="NAME=VALUE", help="Set one fact; may be repeated.")
@click.option("--set", "settings", multiple=True, metavar="[STAGE.]OPTION=VALUE", help="Set a training option; may be repeated.")
@click.option("--suite", "suites", multiple=True, metavar="NAME=FILE", help="Replace a prompt suite, for example harmful.")
@click.option(
    "--canaries",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Strings planted in the data, one a line, that must not come out.",
)
@click.option(
    "--house",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Sentences that the product refuses with, one a line.",
)
@click.option(
    "--policy",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Gates to decide by: a TOML file.  [default: by safety class]",
)
@click.option("--reward", "rewards", multiple=True, metavar="REWARD", help="What RLOO or GRPO learns from; may be repeated.")
@judge_options("reward-model", "reward-model")
@task_options
@accept_option
@because_option
@by_option
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--seeds", type=click.IntRange(1, 20), default=1, show_default=True, help=SEEDS_HELP)
@click.option("--track", type=click.Choice(TRACKERS), default="none", show_default=True, help=TRACK_HELP)
@click.option("--title", default="", help="Title of the run in reports and lists.")
@click.option("--detach", is_flag=True, help="Start the run and return; `tunegate watch` follows it.")
@launch_options
@layout_option
@runs_option
@json_option
@click.pass_context
def command(context: click.Context, /, run: str | None, root: Path | None, detach: bool, as_json: bool, **given: Any) -> int:
    """Check data, train, measure, decide gates and write the report.

    With RUN, an existing run is continued: finished stages are kept, training resumes at its last checkpoint.
    Exit codes: 0 go, 1 no-go or blocked, 5 inconclusive, 2 bad input, 3 something missing, 4 a stage failed.
    """
    if run is None:
        return _start(NewRun(**given), root or runs_root(), detach, as_json)
    for name in given:
        if name != "launch" and context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            raise UsageError(
                "RUN continues with its own plan, fixed before training. Leave the other options out, or leave RUN out."
            )
    return _continue(find_run(run, root), given["launch"], detach, as_json)


class NewRun(NamedTuple):
    """The options of a new run, by the names they have on the command line."""

    sources: tuple[str, ...]
    model: str | None
    strategy: str | None
    intake: Path | None
    facts: tuple[str, ...]
    settings: tuple[str, ...]
    suites: tuple[str, ...]
    rewards: tuple[str, ...]
    accept: tuple[str, ...]
    because: str
    by: str
    seed: int
    seeds: int
    track: Tracker
    title: str
    launch: Launch | None
    processes: int | None
    nodes: int | None
    sharding: Sharing | None
    gpu: str | None
    layout: str | None
    price: float | None = None
    canaries: Path | None = None
    house: Path | None = None
    policy: Path | None = None
    judge: str = "reward-model"
    gold: str = ""
    judge_key_env: str = ""
    judge_max_requests: int | None = None
    tasks: tuple[str, ...] = ()
    tasks_folder: Path | None = None
    task_limit: int | None = None
    format_regex: str = ""
    format_schema: Path | None = None
    metrics: tuple[str, ...] = ()

    def request(self) -> Request:
        """Return what the plan is to be made of; UsageError for an option that cannot be read."""
        return Request(
            self.sources,
            self.model or "",
            strategy=read_strategy(self.strategy),
            overrides=parse_assignments(self.settings, "--set"),
            suites=parse_assignments(self.suites, "--suite"),
            accepted=read_acceptances(self.accept, self.because, self.by),
            rewards=read_rewards(self.rewards),
            seed=self.seed,
            layout=self.layout,
            judge=read_judge(self.judge, self.gold, self.judge_key_env, self.judge_max_requests),
            canaries=self.canaries,
            house=self.house,
            policy=self.policy,
            tasks=read_tasks(self.tasks, self.tasks_folder, self.task_limit),
            formats=read_formats(self.format_regex, self.format_schema),
            metrics=self.metrics,
        )

    def launching(self) -> Asked:
        """Return where it is to train."""
        return Asked(self.launch, self.processes, self.nodes, self.sharding, self.gpu, self.price)


def _continue(run: RunDir, launch: Launch | None, detach: bool, as_json: bool) -> int:
    """Go on with a run from where it stands."""
    from selector import pipeline
    from selector.seeds import is_group

    if launch == "print":
        return print_command(run, run.read(Plan), as_json)
    if is_group(run):
        return attend_group(run, detach, as_json)
    told = run.events.path.stat().st_size if run.events.path.exists() else 0
    pipeline.resume(run)
    return _attend(run, detach, as_json, told)


def _start(asked: NewRun, root: Path, detach: bool, as_json: bool) -> int:
    """Plan a run, write it down and start it, unless it is only to be printed."""
    from selector import pipeline
    from selector.seeds import create_group

    if not asked.sources or not asked.model:
        raise UsageError("A new run needs --data FILE and --model NAME. `tunegate demo` runs the embedded default.")
    require_attended(asked.seeds, detach, asked.launch)
    request = asked.request()
    known = gather(asked.intake, asked.facts, asked.sources, asked.model, machine=True, layout=read_layout(asked.layout))
    recommendation = pipeline.recommend(known, None, asked.seed)
    plan = with_launch(pipeline.make_plan(known, recommendation, request), asked.launching())
    plan = with_tracker(plan, asked.track)
    if plan.strategy != recommendation.strategy:
        click.echo(f"note: running {plan.strategy}; the recommendation was {recommendation.strategy}.", err=True)
    title = asked.title or f"{plan.strategy} on {plan.model.label}"
    if asked.seeds > 1:
        return attend_group(create_group(root, title, plan, known, recommendation, asked.seeds), detach, as_json)
    created = pipeline.create_run(root, title, plan, known, recommendation)
    if asked.launch == "print":
        return print_command(created, plan, as_json)
    pipeline.start(created)
    return _attend(created, detach, as_json)


def _attend(run: RunDir, detach: bool, as_json: bool, told: int = 0) -> int:
    click.echo(f"run: {run.path}", err=True)
    if detach:
        click.echo(str(run.path))
        return 0
    from selector.commands.following import follow_to_end

    return follow_to_end(run, as_json=as_json, stop_on_interrupt=True, since=told)


def read_strategy(name: str | None) -> Strategy | None:
    """Return a strategy; UsageError where there is none of this name."""
    if name is not None and name not in get_args(Strategy):
        raise UsageError(f"--strategy {name}: no such strategy. Strategies: {', '.join(get_args(Strategy))}.")
    return cast("Strategy | None", name)


def read_rewards(texts: tuple[str, ...]) -> tuple[RewardPlan, ...]:
    """Read the rewards of the command line; UsageError for one that cannot be read."""
    if not texts:
        return ()
    from evals.rewards.library import parse_reward

    return tuple(parse_reward(text) for text in texts)
