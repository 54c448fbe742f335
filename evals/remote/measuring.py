"""Measuring two models behind endpoints: their answers, a judge, and every metric that text alone allows."""

from typing import Final, NamedTuple

from msgspec.structs import replace

from evals.endpoint.client import Client
from evals.gates.decide import decide
from evals.judges.by_endpoint import use_words
from evals.judges.choosing import Limits
from evals.judges.judging import judge_with
from evals.logprobs import Drifts
from evals.metrics.measured import Judged, Measured
from evals.outside import NO_WEIGHTS, measure_texts
from evals.plugins.metrics import load_metrics
from evals.remote.answering import Answered, Sampling, answer_all
from evals.remote.planning import LEFT_OUT
from evals.suites import load_suites
from reports.progress import ProgressLog
from reports.records.evaluation import Side
from reports.records.gates import Gates
from reports.records.plan import Plan
from reports.rundir import RunDir

STAGE: Final = "measure"
NO_JUDGE: Final = "Nobody judged. Add --judge with a rubric, a model, an endpoint or people's judgements."
CUT: Final = "{cut} of {total} answers of the {side} were cut at {limit} tokens."


class Sides(NamedTuple):
    """The two endpoints."""

    baseline: Client
    candidate: Client

    def client(self, side: Side) -> Client:
        """Return the client of one side."""
        return self.baseline if side == "baseline" else self.candidate


def evaluate(run: RunDir, plan: Plan, sides: Sides, sampling: Sampling, progress: ProgressLog, limits: Limits) -> Gates:
    """Ask both sides, judge, measure and decide the gates of the plan; what is on disk is not asked again.

    Raises:
        MissingError, UsageError: an endpoint or the judge is not there, or a suite is gone.
        StageError: a side answered nothing, or the judge is not the one that was planned.
    """
    items = load_suites(run, plan)
    wanted = [gate.metric for gate in plan.gates]
    load_metrics(wanted)
    answered: dict[Side, Answered] = {}
    for side in ("baseline", "candidate"):
        progress.begin(STAGE, f"Asking the {side}", len(items), "prompts")
        answered[side] = answer_all(run, side, sides.client(side), items, sampling, progress.advance)
    completions = {side: found.by_prompt for side, found in answered.items()}
    target = [item for item in items if item.suite == "target"]
    judged = Judged({}, (), NO_JUDGE)
    if plan.judged_by is not None:
        judged = judge_with(run, plan.judged_by, target, completions, progress, limits)
    drifts = Drifts({}, {item.id: NO_WEIGHTS for item in items}, ())
    metrics = measure_texts(Measured(items, completions, drifts, judged), _notes(sides, answered, sampling, judged), wanted)
    run.write(replace(metrics, generation_passes={side: found.passes for side, found in answered.items()}))
    gates = decide(run, plan)
    out = next((choice.value for choice in plan.evaluation if choice.name == LEFT_OUT), "")
    if out:
        gates = replace(
            gates,
            because=f"{gates.because} Not asked of answers alone, for it needs the models' weights or training data: {out}.",
        )
        run.write(gates)
    return gates


def _notes(sides: Sides, answered: dict[Side, Answered], sampling: Sampling, judged: Judged) -> tuple[str, ...]:
    notes = []
    for side, found in answered.items():
        client = sides.client(side)
        notes.append(f"The {side} is {client.endpoint.label}: {use_words(client.use())}.")
        cut = sum(line.finish == "length" for line in found.by_prompt.values())
        if cut:
            notes.append(CUT.format(cut=cut, total=len(found.by_prompt), side=side, limit=sampling.max_tokens))
    return (*notes, *judged.notes)
