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


def decide_answers(baseline: Path, candidate: Path, judgements: Path | None, judge: str | None, policy: str) -> Decided:
    """Decide the gates of a policy, by class or file, from two files of completions.

    Raises:
        UsageError: the policy cannot be used, or the judgements are of several judges.
        MissingError: a file does not exist.
        DataError: a row cannot be used, or the files do not speak about the same prompts.
    """
    asked = for_answers_alone(policy)
    metrics, joined = measure_outside(baseline, candidate, judgements, judge)
    lines = [line for side in joined.completions.values() for line in side.values()]
    gates = decide_gates(asked.policy.gates, metrics, answers_by_prompt(lines), asked.policy.ref)
    if asked.left_out:
        told = f"Not asked of answers alone, for it needs the models' weights: {', '.join(asked.left_out)}."
        gates = replace(gates, because=f"{gates.because} {told}")
    return Decided(gates, metrics, lines)
