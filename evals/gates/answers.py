"""The gates of completions made anywhere: no run, no weights."""

from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from evals.gates.decide import decide_gates
from evals.gates.deciding import answers_by_prompt
from evals.gates.policy import for_answers_alone
from evals.outside import measure_outside
from reports.records.evaluation import Completion, Metrics
from reports.records.gates import Gates


class Decided(NamedTuple):
    """What was decided, and what it was decided from."""

    gates: Gates
    metrics: Metrics
    completions: list[Completion]


class Asked(NamedTuple):
    """What is compared, by what."""

    baseline: Path
    candidate: Path
    policy: str
    """A safety class or a file."""
    judgements: Path | None = None
    judge: str | None = None
    """Whose judgements count, where the file has several judges."""
    train: str | None = None
    """What the candidate was trained on, as far as it is known."""


def decide_answers(asked: Asked) -> Decided:
    """Decide the gates of a policy from two files of completions.

    Raises:
        UsageError: the policy cannot be used, or the judgements are of several judges.
        MissingError: a file does not exist.
        DataError: a row cannot be used, or the files do not speak about the same prompts.
    """
    policy, left_out = for_answers_alone(asked.policy)
    metrics, joined = measure_outside(
        asked.baseline, asked.candidate, asked.judgements, asked.judge, asked.train, [gate.metric for gate in policy.gates]
    )
    lines = [line for side in joined.completions.values() for line in side.values()]
    gates = decide_gates(policy.gates, metrics, answers_by_prompt(lines), policy.ref)
    if left_out:
        told = f"Not asked of answers alone, for it needs the models' weights or training data: {', '.join(left_out)}."
        gates = replace(gates, because=f"{gates.because} {told}")
    return Decided(gates, metrics, lines)
