"""Choosing a judge: from the words of the command line to a record in the plan, and from that to a judge that can be asked."""

from pathlib import Path
from typing import Final, NamedTuple, get_args

from msgspec.structs import replace

from evals.judges.contest import Judge
from reports.digest import file_digest, text_digest
from reports.errors import MissingError, StageError, UsageError
from reports.records.plan import JudgeKind, JudgePlan
from reports.rundir import RunDir

KINDS: Final[dict[str, JudgeKind]] = {name: name for name in get_args(JudgeKind)}
SHAPES: Final = "reward-model, rubric:FILE, local:FOLDER, endpoint:URL#MODEL, people:FILE or plugin:NAME"
STEM: Final = "judge"


class Limits(NamedTuple):
    """What an endpoint that judges needs besides its address; the plan keeps the first two."""

    api_key_env: str = ""
    max_requests: int | None = None
    max_tokens: int | None = None
    max_cost: float | None = None
    price_in: float | None = None
    price_out: float | None = None
    at_once: int = 16
    timeout: float = 120.0
    """Seconds for one reply."""


def parse_judge(text: str, gold: str = "", limits: Limits = Limits()) -> JudgePlan | None:  # noqa: B008  # immutable
    """Read a judge of the command line; None for the reward model that a run trains.

    Raises:
        UsageError: there is no such kind, or its file or address cannot be used.
        DataError: the gold items cannot be used.
        MissingError: the folder holds no model.
    """
    word, _, place = text.partition(":")
    kind = KINDS.get(word)
    if kind is None or (not place and kind != "reward-model"):
        raise UsageError(f"--judge {text}: expected {SHAPES}.")
    if gold:
        from evals.judges.gold import read_gold

        read_gold(Path(gold))
    if not place:
        if gold:
            raise UsageError("--gold tries a judge that is given; the reward model of a run is tried on held-out pairs.")
        return None
    plan = _described(kind, place, limits)
    return replace(plan, gold=str(Path(gold).resolve()) if gold else "")


def open_judge(plan: JudgePlan, run: RunDir, limits: Limits | None = None) -> Judge:
    """Return the judge of a plan, ready to be asked; replies of an endpoint are kept in the run.

    Raises:
        UsageError, MissingError: the judge is not there, or cannot be used any more.
        StageError: it is not the one that was planned.
    """
    match plan.kind:
        case "rubric":
            from evals.judges.by_rubric import load_rubric

            if plan.digest and Path(plan.place).is_file() and file_digest(Path(plan.place)) != plan.digest:
                raise StageError(f"{plan.label}: the rubric changed since the run was planned. Restore it, or plan a new run.")
            return load_rubric(Path(plan.place))
        case "local":
            return _open_local(plan)
        case "endpoint":
            return _open_endpoint(plan, run, limits or Limits(plan.api_key_env, plan.max_requests))
        case "people":
            from evals.judges.by_people import PeopleJudge

            return PeopleJudge(Path(plan.place))
        case "plugin":
            return _open_plugin(plan)
        case "reward-model":
            from evals.judges.by_reward import load_reward_judge

            return load_reward_judge(plan.place)


def _described(kind: JudgeKind, place: str, limits: Limits) -> JudgePlan:
    match kind:
        case "rubric":
            from evals.judges.by_rubric import load_rubric

            name = load_rubric(Path(place)).name
            return JudgePlan(kind=kind, place=str(Path(place).resolve()), label=name, digest=file_digest(Path(place)))
        case "local":
            from evals.model_source import inspect_model

            model = inspect_model(place)
            return JudgePlan(kind=kind, place=model.name, label=f"local:{model.label}", digest=model.digest)
        case "endpoint":
            from evals.endpoint.place import parse_endpoint

            label = f"endpoint:{parse_endpoint(place).label}"
            return JudgePlan(
                kind=kind, place=place, label=label, api_key_env=limits.api_key_env, max_requests=limits.max_requests
            )
        case "people":
            return JudgePlan(kind=kind, place=str(Path(place).expanduser().resolve()), label="people")
        case "plugin":
            from evals.plugins.judges import load_judge

            return JudgePlan(kind=kind, place=place, label=f"plugin:{place}", digest=text_digest(load_judge(place).identity))
        case "reward-model":
            from evals.pairs.rewarding import judge_folder

            judge_folder(place)
            label = f"reward-model:{Path(place).expanduser().resolve().name}"
            return JudgePlan(kind=kind, place=str(Path(place).expanduser().resolve()), label=label)


def _open_local(plan: JudgePlan) -> Judge:
    from evals.judges.by_model import load_model_judge
    from evals.model_source import inspect_model

    model = inspect_model(plan.place)
    if plan.digest and model.digest != plan.digest:
        raise StageError(f"{plan.label}: the judge's weights changed since the run was planned. Restore them, or plan a new run.")
    return load_model_judge(model)


def _open_plugin(plan: JudgePlan) -> Judge:
    from evals.plugins.judges import load_judge

    judge = load_judge(plan.place)
    if plan.digest and text_digest(judge.identity) != plan.digest:
        raise StageError(f"{plan.label}: the package judges otherwise since the run was planned. Restore it, or plan a new run.")
    return judge


def _open_endpoint(plan: JudgePlan, run: RunDir, limits: Limits) -> Judge:
    from evals.endpoint.budget import Budget
    from evals.endpoint.cache import ReplyCache
    from evals.endpoint.client import Client
    from evals.endpoint.client import Limits as Trying
    from evals.endpoint.place import parse_endpoint
    from evals.judges.by_endpoint import EndpointJudge

    budget = Budget(limits.max_requests, limits.max_tokens, limits.max_cost, limits.price_in, limits.price_out)
    endpoint = parse_endpoint(plan.place, plan.api_key_env)
    if endpoint.key_name and endpoint.api_key() == "none":
        raise MissingError(
            f"{endpoint.key_name}: the environment has no key under this name, and the judge's endpoint needs one."
        )
    trying = Trying(at_once=limits.at_once, timeout_s=limits.timeout)
    return EndpointJudge(Client(endpoint, ReplyCache(run.replies(STEM)), budget, trying))
