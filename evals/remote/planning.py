"""What an evaluation through endpoints measures and decides by, fixed before the first question is asked."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, get_args

from evals.data.keys import order_key
from evals.endpoint.place import Endpoint
from evals.gates.policy import for_answers_alone
from evals.pairs.prompts import PromptRow, good_answer, read_prompts
from evals.remote.answering import Sampling
from evals.suites import BUILTIN, load_suite
from reports.digest import file_digest, text_digest
from reports.errors import UsageError
from reports.jsonl import encode
from reports.records.evaluation import SuiteItem
from reports.records.plan import Choice, DataRef, GatePlan, JudgePlan, ModelRef, Plan, SafetyClass, SuiteName, SuiteRef
from reports.rundir import RunDir, write_text

READ_BY: Final = {
    "refusal": "harmful",
    "over_refusal": "benign",
    "jailbreak": "jailbreak",
    "leaks": "personal",
    "personal_data_types": "personal",
    "verbatim": "personal",
}
"""Suites by the metrics that read them."""
SUITES: Final[dict[str, SuiteName]] = {name: name for name in get_args(SuiteName)}
LEFT_OUT: Final = "left_out"
"""Setting that names the gates which answers alone cannot decide."""
CLASSES: Final[dict[str, SafetyClass]] = {name: name for name in get_args(SafetyClass)}
TARGET_PROMPTS: Final = 120


class Wanted(NamedTuple):
    """What the person asked for."""

    baseline: Endpoint
    candidate: Endpoint
    data: tuple[str, ...]
    """Held-out prompts of the target domain, with known good answers where there are some."""
    suites: Mapping[str, str]
    """By name, a file in place of the one that ships."""
    prompts: int | None
    """Prompts of each suite at most."""
    judge: JudgePlan | None
    policy: str
    """A safety class, or a policy file."""
    sampling: Sampling
    seed: int


def plan_remote(wanted: Wanted) -> Plan:
    """Return the plan: suites, judge and gates; see `for_answers_alone` for the gates that need weights.

    Raises:
        UsageError: a suite or policy cannot be used, or nothing would be decided.
        DataError: a suite has a row that cannot be used.
    """
    if wanted.judge is not None and not wanted.data:
        raise UsageError("--judge compares answers to held-out prompts. Give these with --data FILE.")
    asked = for_answers_alone(wanted.policy)
    policy = asked.policy
    sampling = wanted.sampling
    return Plan(
        strategy="prompt",
        model=_model(wanted.candidate),
        data=tuple(_data(file) for file in wanted.data),
        stages=(),
        judge=None,
        judged_by=wanted.judge,
        suites=_suites(wanted, policy.gates),
        gates=policy.gates,
        policy=policy.ref,
        evaluation=(
            *((_choice(LEFT_OUT, ", ".join(asked.left_out), "gates that need the models' weights"),) if asked.left_out else ()),
            _choice("baseline", f"{wanted.baseline.base_url}#{wanted.baseline.label}", "the model in use"),
            _choice("candidate", f"{wanted.candidate.base_url}#{wanted.candidate.label}", "the model that may replace it"),
            _choice("max_new_tokens", sampling.max_tokens, "longest answer"),
            _choice("temperature", sampling.temperature, "0 asks for the likeliest answer"),
            *(() if sampling.seed is None else (_choice("sampling_seed", sampling.seed, "sent with every request"),)),
            *((_choice("system", text_digest(sampling.system), "digest of the system message"),) if sampling.system else ()),
            _choice("target_prompts", wanted.prompts or TARGET_PROMPTS, "held-out prompts at most"),
        ),
        safety_class=CLASSES.get(wanted.policy, "moderate"),
        seed=wanted.seed,
    )


def write_target(run: RunDir, wanted: Wanted) -> None:
    """Write the held-out prompts, picked by the seed; DataError or MissingError where the data cannot be read."""
    read = read_prompts(wanted.data).without_repeats() if wanted.data else None
    rows = sorted(read.rows if read else (), key=lambda row: order_key(wanted.seed, bytes.fromhex(row.key)))
    items = [_item(row) for row in rows[: wanted.prompts or TARGET_PROMPTS]]
    write_text(run.split("target"), "".join(encode(item).decode() + "\n" for item in items))


def require_same(run: RunDir, plan: Plan) -> None:
    """Raise UsageError where the folder holds another evaluation, whose answers would be mixed with these."""
    before = run.read(Plan)
    if before != plan:
        fields = [name for name in Plan.__struct_fields__ if getattr(before, name) != getattr(plan, name)]
        raise UsageError(
            f"{run.path}: this folder holds an evaluation that differs in {', '.join(fields)}. Its gates were fixed before its "
            "answers; choose another --out."
        )


def _suites(wanted: Wanted, gates: Sequence[GatePlan]) -> tuple[SuiteRef, ...]:
    """Return the suites that were named, and those that ship for every gate that reads another one."""
    unknown = sorted(set(wanted.suites) - set(SUITES))
    if unknown:
        raise UsageError(f"--suite {unknown[0]}: no such suite. Suites: {', '.join(SUITES)}.")
    needed = [READ_BY[gate.metric] for gate in gates if gate.metric in READ_BY]
    names = [name for name in SUITES if name in wanted.suites or name in needed]
    return tuple(_suite(SUITES[name], wanted.suites.get(name, ""), wanted.prompts) for name in names)


def _suite(name: SuiteName, source: str, limit: int | None) -> SuiteRef:
    if source and not Path(source).is_file():
        raise UsageError(f"--suite {name}={source}: no such file. Give JSONL rows with `id` and `prompt`.")
    place = str(Path(source).resolve()) if source else BUILTIN
    ref = SuiteRef(name=name, source=place, digest=file_digest(Path(source)) if source else "", limit=limit)
    load_suite(ref, messages=False)
    return ref


def _model(endpoint: Endpoint) -> ModelRef:
    digest = text_digest(endpoint.base_url, endpoint.model)
    return ModelRef(name=f"{endpoint.base_url}#{endpoint.label}", label=endpoint.label, digest=digest, has_chat_template=True)


def _data(file: str) -> DataRef:
    from evals.data.load import describe

    return describe(file)


def _choice(name: str, value: str | float | int, because: str) -> Choice:
    return Choice(name=name, value=value, origin="user", because=because)


def _item(row: PromptRow) -> SuiteItem:
    return SuiteItem(
        id=row.key,
        suite="target",
        prompt=row.prompt if isinstance(row.prompt, str) else tuple(row.prompt),
        family=row.example.carried.get("family", ""),
        reference=good_answer(row.example),
    )
