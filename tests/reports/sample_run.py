"""A complete, realistic run directory: SFT, then DPO, on brand-voice data."""

import math
import random
from pathlib import Path
from typing import Final, Literal, get_args

from reports.records.gates import Verdict
from reports.records.run import Event, EventKind, MetricPoint, Progress, RunRecord, RunStatus, StageResult
from reports.rundir import RunDir
from tests.reports.sample_data import write_data
from tests.reports.sample_decision import SEED, sample_intake, sample_plan, sample_recommendation
from tests.reports.sample_gates import gates_of
from tests.reports.sample_measurements import judgements_of, ledger_of, metrics_of, sample_answers
from tests.reports.sample_preflight import write_preflight

Upto = Literal["plan", "data", "train", "measure", "gates", "report"]
STEPS: Final[tuple[Upto, ...]] = get_args(Upto)
RUN_NAME: Final = "20261120-214500-brand-voice"
STAGES: Final = {"1-sft": 240, "2-dpo": 102}
SECONDS: Final = {"data": 1.9, "judge": 61.2, "train/1-sft": 412.6, "train/2-dpo": 268.4, "measure": 143.8, "gates": 0.4}
BROKEN: Final = {"data": "data", "train": "train/2-dpo", "measure": "measure", "gates": "gates", "report": "report"}


def build_sample_run(
    root: Path,
    verdict: Verdict = "go",
    upto: Upto = "report",
    status: RunStatus | None = None,
    name: str = RUN_NAME,
) -> RunDir:
    """Write a run that came as far as `upto`, and return it.

    `status` is `done` for a whole run and `running` for a partial one unless given. With `failed` the step
    named by `upto` is left half done: data is blocked by a failed check, training breaks off in the second stage.
    """
    run = RunDir(root / name)
    status = status or ("done" if upto == "report" else "running")
    failed = status == "failed"
    _write_record(run, verdict, upto, status)
    run.write(sample_intake())
    run.write(sample_recommendation())
    run.write(sample_plan(accept=not (failed and upto == "data")))
    done = STEPS.index(upto)
    if done >= STEPS.index("data"):
        write_data(run, blocked=failed and upto == "data")
    if done >= STEPS.index("train"):
        write_preflight(run)
        _write_training(run, whole=not (upto == "train" and status != "done"))
    if done >= STEPS.index("measure"):
        _write_measurements(run, verdict, gates=done >= STEPS.index("gates"))
    _write_events(run, upto, status)
    return run


def _write_record(run: RunDir, verdict: Verdict, upto: Upto, status: RunStatus) -> None:
    decided = upto in ("gates", "report")
    passed = [
        stage
        for stage in SECONDS
        if STEPS.index(_step(stage)) < STEPS.index(upto) or (upto == "train" and stage in ("judge", "train/1-sft"))
    ]
    run.write(
        RunRecord(
            run_id=run.path.name,
            title="Brand voice for the tea shop",
            created_at="2026-11-20T21:45:00Z",
            argv=("tunegate", "run", "--data", "~/voice.jsonl", "--data", "~/ratings.jsonl", "--model", "tea-llama-1m"),
            versions={"tunegate": "0.1.0", "python": "3.11.9", "torch": "2.13.0", "transformers": "5.23.0", "trl": "1.16.0"},
            seed=SEED,
            strategy="sft+dpo",
            model="tea-llama-1m",
            status=status,
            stage="" if status == "done" or upto == "plan" else BROKEN[upto],
            attempt=1,
            verdict=verdict if decided else None,
            finished_at="2026-11-20T21:59:52Z" if status == "done" else None,
            error=_error(upto) if status == "failed" else None,
            seconds=dict(SECONDS) if status == "done" else {stage: SECONDS[stage] for stage in passed},
        )
    )


def _step(stage: str) -> Upto:
    steps: dict[str, Upto] = {"data": "data", "measure": "measure", "judge": "train", "gates": "gates"}
    return steps.get(stage, "train")


def _error(upto: Upto) -> str:
    if upto == "data":
        return (
            "DUP-EXACT: 3.1 % of rows repeat another row; at most 2 % may. Keep one of each, or accept the check with a reason."
        )
    return "DPO broke off at step 61 of 102: the loss became infinite. Lower the learning rate and start a new run."


def _write_training(run: RunDir, whole: bool) -> None:
    for stage, steps in STAGES.items():
        finished = whole or stage == "1-sft"
        points = list(_points(stage, steps if finished else steps * 3 // 5))
        run.stage_metrics(stage).append(*points)
        if finished:
            run.finish_stage(_stage_result(stage, steps, points))
    run.finish_stage(
        StageResult(
            stage="judge", method="reward", steps=28, seconds=SECONDS["judge"], values={"eval_accuracy": 0.87, "train_loss": 0.31}
        )
    )


def _points(stage: str, steps: int) -> list[MetricPoint]:
    draw = random.Random(stage)
    points = []
    for step in range(2, steps + 1, 2):
        share = step / STAGES[stage]
        values: dict[str, float | None] = {"learning_rate": 2e-4 * (1 - share), "grad_norm": 0.8 + 0.3 * draw.random()}
        if stage == "1-sft":
            values["loss"] = 1.1 + 2.3 * math.exp(-4 * share) + draw.gauss(0, 0.06)
        else:
            values["rewards/margins"] = 2.4 * (1 - math.exp(-3 * share)) + draw.gauss(0, 0.12)
            values["rewards/accuracies"] = min(1.0, 0.55 + 0.42 * share + draw.gauss(0, 0.02))
            values["loss"] = math.log1p(math.exp(-(values["rewards/margins"] or 0.0)))
        if step % 20 == 0:
            values["eval_loss"] = (values["loss"] or 0.0) + 0.07 + 0.1 * max(0.0, share - 0.7)
        points.append(MetricPoint(step=step, epoch=round(3 * share, 3), seconds=SECONDS[f"train/{stage}"] * share, values=values))
    return points


def _stage_result(stage: str, steps: int, points: list[MetricPoint]) -> StageResult:
    evals = [point.values["eval_loss"] for point in points if "eval_loss" in point.values]
    return StageResult(
        stage=stage,
        method=stage.split("-")[1],
        steps=steps,
        seconds=SECONDS[f"train/{stage}"],
        values={
            "train_loss": points[-1].values["loss"],
            "eval_loss": evals[-1],
            "trainable_parameters": 73_728,
            "peak_memory_gib": 1.7,
            "seconds_per_step": 1.5 if stage == "1-sft" else 2.4,
            "eval_accuracy": None,
        },
        stopped_early="" if stage == "1-sft" else "the evaluation margin did not grow for 3 evaluations",
    )


def _write_measurements(run: RunDir, verdict: Verdict, gates: bool) -> None:
    answers = sample_answers(verdict)
    judgements = judgements_of(answers, verdict)
    run.completions.append(*ledger_of(answers))
    run.judgements.append(*judgements)
    metrics = metrics_of(answers, judgements)
    run.write(metrics)
    if gates:
        run.write(gates_of(sample_plan(), metrics, answers))


def _write_events(run: RunDir, upto: Upto, status: RunStatus) -> None:
    events = [Event(at="2026-11-20T21:45:00Z", kind="run_started", message="sft+dpo on tea-llama-1m")]
    if STEPS.index(upto) >= STEPS.index("train"):
        events += [
            Event(at="2026-11-20T21:45:02Z", kind="stage_started", stage="train/1-sft", message="SFT on 512 rows"),
            Event(at="2026-11-20T21:48:40Z", kind="checkpoint_saved", stage="train/1-sft", data={"step": 120}),
            Event(at="2026-11-20T21:51:54Z", kind="stage_finished", stage="train/1-sft", data={"seconds": 412.6}),
            Event(at="2026-11-20T21:51:55Z", kind="stage_started", stage="train/2-dpo", message="DPO on 560 pairs"),
            Event(
                at="2026-11-20T21:54:01Z",
                kind="alarm",
                stage="train/2-dpo",
                message="Log-probability of chosen answers fell for 20 steps",
                data={"step": 48, "logps/chosen": -61.4},
            ),
        ]
    if status == "running":
        run.write(
            Progress(
                stage=BROKEN.get(upto, "data"),
                title="Training DPO" if upto == "train" else "Working",
                done=61,
                total=102,
                unit="steps",
                started_at=1_795_211_515.0,
                updated_at=1_795_211_680.0,
            )
        )
    ends: dict[str, EventKind] = {"done": "run_finished", "failed": "run_failed", "stopped": "run_stopped"}
    if status in ends:
        message = _error(upto) if status == "failed" else ""
        events.append(Event(at="2026-11-20T21:59:52Z", kind=ends[status], stage=BROKEN.get(upto, ""), message=message))
    run.events.append(*events)
