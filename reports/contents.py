"""Everything a run directory holds, read tolerantly: what is missing or damaged carries its reason."""

import random
from typing import NamedTuple, TypeVar

import msgspec
from msgspec.structs import replace

from reports.errors import MissingError, SchemaError
from reports.overview import has_vanished
from reports.records.data import Checks, Content, Lineage, Profile
from reports.records.evaluation import Completion, Judgement, Metrics
from reports.records.gates import Gates
from reports.records.intake import Intake
from reports.records.plan import Plan, StagePlan
from reports.records.preflight import Preflight
from reports.records.recommendation import Recommendation
from reports.records.review import ReviewResult
from reports.records.rewards import RewardCheck
from reports.records.run import Event, MetricPoint, RunRecord, StageResult
from reports.records.seeds import Seeds
from reports.rundir import RunDir
from reports.signoffs import Signed, signed_roles

Document = TypeVar("Document", bound=msgspec.Struct)

STAGE_WORDS = {
    "data": "the data checks",
    "judge": "training the judge",
    "rewards": "trying the rewards",
    "measure": "measuring",
    "gates": "deciding the gates",
    "report": "writing the report",
}


class StageContents(NamedTuple):
    """One training stage: what was planned, what it logged and what came out."""

    name: str
    method: str
    plan: StagePlan | None
    points: list[MetricPoint]
    result: StageResult | None


class Sample(NamedTuple):
    """One target prompt with both answers and the judge's preference, None where there is none."""

    prompt: str
    baseline: str | None
    candidate: str | None
    preference: float | None
    judge: str
    prompt_id: str


class Contents(NamedTuple):
    """The documents of a run; one that cannot be shown is None and its reason stands in `absent`."""

    record: RunRecord
    intake: Intake | None
    recommendation: Recommendation | None
    plan: Plan | None
    profile: Profile | None
    checks: Checks | None
    lineage: Lineage | None
    metrics: Metrics | None
    gates: Gates | None
    stages: tuple[StageContents, ...]
    events: list[Event]
    completions: list[Completion]
    judgements: list[Judgement]
    damaged_lines: int
    seeds: Seeds | None
    """What all seeds came to, beside the first of them."""
    absent: dict[str, str]
    pending: str
    """Why parts that are not there yet are missing."""
    preflight: Preflight | None = None
    """What was checked before the stages trained; None where none has come that far."""
    rewards: RewardCheck | None = None
    """The dry run of the rewards; None where no stage learns from them, or none has come that far."""
    signed: tuple[Signed, ...] = ()
    """Who must sign the evidence, and who has; empty before the gates are decided."""
    review: ReviewResult | None = None
    """What people preferred; None where nobody has reviewed."""
    left_out: str = ""
    """Why examples are not shown; empty where they are."""


def read_contents(run: RunDir) -> Contents:
    """Read a run; SchemaError or MissingError only where `run.json` itself is unreadable."""
    record = run.read(RunRecord)
    if has_vanished(run, record):
        vanished = "The process vanished (killed, or out of memory). Nothing finished is lost: continue with `tunegate run RUN`."
        record = replace(record, status="failed", error=vanished)
    absent: dict[str, str] = {}
    pending = why_missing(record)

    def read(kind: type[Document]) -> Document | None:
        try:
            return run.read(kind)
        except MissingError:
            absent[kind.__name__.lower()] = pending
        except SchemaError as error:
            absent[kind.__name__.lower()] = str(error).removeprefix(f"{run.path}/")
        return None

    plan, gates = read(Plan), read(Gates)
    events, completions, judgements = run.events.whole(), run.completions.whole(), run.judgements.whole()
    return Contents(
        record=record,
        intake=read(Intake),
        recommendation=read(Recommendation),
        plan=plan,
        profile=read(Profile),
        checks=read(Checks),
        lineage=read(Lineage),
        metrics=read(Metrics),
        gates=gates,
        stages=_stages(run, plan, absent),
        events=events.records,
        completions=completions.records,
        judgements=judgements.records,
        damaged_lines=events.damaged + completions.damaged + judgements.damaged,
        seeds=run.read(Seeds) if run.has(Seeds) else None,
        absent=absent,
        pending=pending,
        preflight=read(Preflight) if run.has(Preflight) else None,
        rewards=read(RewardCheck) if run.has(RewardCheck) else None,
        signed=signed_roles(run) if gates else (),
        review=read(ReviewResult) if run.has(ReviewResult) else None,
    )


def why_missing(record: RunRecord) -> str:
    """Say why something the run has not written is not there."""
    where = stage_words(record.stage)
    match record.status:
        case "failed":
            return f"the run ended in {where}"
        case "stopped":
            return f"the run was stopped in {where}"
        case "running":
            return f"the run is still going, in {where}"
        case "created":
            return "the run has not started"
        case "done":
            return "the run did not write it"


def stage_words(stage: str) -> str:
    """Return the stage of `run.json` in words."""
    if stage.startswith("train/"):
        return f"training stage {stage.removeprefix('train/')}"
    return STAGE_WORDS.get(stage, stage or "preparing")


def samples_of(contents: Contents, n: int) -> list[Sample]:
    """Return `n` target prompts, picked by the run's seed, with both answers."""
    answers = {(c.prompt_id, c.side): c for c in contents.completions if c.suite == "target"}
    prompts = sorted({prompt_id for prompt_id, _ in answers})
    picked = random.Random(contents.record.seed).sample(prompts, min(n, len(prompts)))
    votes: dict[str, list[Judgement]] = {prompt_id: [] for prompt_id in picked}
    for judgement in contents.judgements:
        if judgement.prompt_id in votes:
            votes[judgement.prompt_id].append(judgement)
    return [_sample(answers.get((i, "baseline")), answers.get((i, "candidate")), i, votes[i]) for i in picked]


def described(profile: Profile) -> list[tuple[str, Content]]:
    """Return what the usable rows hold, all files together first where there are several, each with its name."""
    parts = [("All files", profile.together), *((source.label, source.content) for source in profile.sources)]
    return [(label, content) for label, content in parts if content]


def _sample(baseline: Completion | None, candidate: Completion | None, prompt_id: str, votes: list[Judgement]) -> Sample:
    given = [j.preference for j in votes if j.preference is not None]
    shown = baseline or candidate
    return Sample(
        prompt=shown.prompt if shown else prompt_id,
        baseline=baseline.completion if baseline else None,
        candidate=candidate.completion if candidate else None,
        preference=sum(given) / len(given) if given else None,
        judge=votes[0].judge if votes else "",
        prompt_id=prompt_id,
    )


def _stages(run: RunDir, plan: Plan | None, absent: dict[str, str]) -> tuple[StageContents, ...]:
    if plan is None:
        return ()
    planned = (*plan.stages, *((plan.judge,) if plan.judge else ()))
    return tuple(_stage(run, stage, absent) for stage in planned)


def _stage(run: RunDir, stage: StagePlan, absent: dict[str, str]) -> StageContents:
    try:
        result = run.stage_result(stage.name)
    except SchemaError as error:
        result = None
        absent[stage.name] = str(error).removeprefix(f"{run.path}/")
    by_step = {point.step: point for point in run.stage_metrics(stage.name).read()}
    return StageContents(stage.name, stage.method, stage, [by_step[step] for step in sorted(by_step)], result)
