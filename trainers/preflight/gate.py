"""The preflight of a stage in a run: what it costs is seconds, and what fails stops the stage unless somebody accepted it."""

import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from evals.data.acceptance import accept
from reports.errors import BlockedError, DataError, UsageError
from reports.records.data import Check
from reports.records.plan import Acceptance, Plan, StagePlan
from reports.records.preflight import Preflight, StageForecast, StagePreflight
from reports.rundir import RunDir
from trainers.callbacks import stage_label
from trainers.launching.ranks import is_first
from trainers.methods import splits_of
from trainers.preflight import artefact, costly, plan_machine, plan_options, rows, weights
from trainers.preflight.forecast import foresee, start_of
from trainers.preflight.rule import Rule, look
from trainers.preflight.subject import Subject, this_machine
from trainers.preflight.untouched import untouched

PLAN_RULES: Final[tuple[Rule, ...]] = (*plan_options.RULES, *plan_machine.RULES)
TRAINER_RULES: Final[tuple[Rule, ...]] = (*rows.RULES, *weights.RULES, *costly.RULES, *artefact.RULES)
CODES: Final = ("PRE200", *(rule.code for rule in (*PLAN_RULES, *TRAINER_RULES)))
OURS: Final = "PRE"


class Planned(NamedTuple):
    """What was found before anything was loaded."""

    checks: tuple[Check, ...]
    seconds: float


def check_plan(run: RunDir, plan: Plan, stage: StagePlan) -> Planned:
    """Check a stage before anything is loaded; BlockedError where a check stops it."""
    began = time.monotonic()
    subject = Subject(run, plan, stage, this_machine(run.path))
    checks = accepted_checks(look(PLAN_RULES, subject), plan.accepted)
    planned = Planned(checks, time.monotonic() - began)
    _refuse_blocked(_written(run, stage, planned))
    return planned


def check_settings(run: RunDir, plan: Plan, stage: StagePlan) -> None:
    """Check the settings of a stage alone, for which no data are needed; BlockedError where one stops it."""
    checks = look(plan_options.RULES, Subject(run, plan, stage))
    _refuse_blocked(
        StagePreflight(stage=stage.name, method=stage.method, checks=accepted_checks(checks, plan.accepted), seconds=0.0)
    )


def check_trainer(run: RunDir, plan: Plan, stage: StagePlan, trainer: Any, planned: Planned) -> None:
    """Check the trainer of a stage as it stands, and leave it untouched; what is found becomes events.

    What the stage is expected to take is written down with the checks.

    Raises:
        DataError: every row is too long.
        BlockedError: a blocking check failed, and nobody accepted it.
    """
    began = time.monotonic()
    held = start_of(trainer)
    require_rows(run, stage, trainer)
    subject = Subject(run, plan, stage, this_machine(run.path), trainer, rows_lost=rows_lost(run, stage, trainer))
    checks = accepted_checks(trainer_checks(subject), plan.accepted)
    forecast = foresee(subject, held)
    seconds = planned.seconds + time.monotonic() - began
    found = _written(run, stage, Planned((*planned.checks, *checks), seconds), forecast)
    for check in found.findings if is_first() else ():
        run.log_event("warning", f"{check.code}: {check.because}. {check.fix}", stage=stage_label(stage.name), code=check.code)
    _refuse_blocked(found)


def trainer_checks(subject: Subject) -> tuple[Check, ...]:
    """Look at rows and trainer; the trainer is as before afterwards."""
    with untouched(subject.trainer):
        return (*rows.doctored(subject), *look(TRAINER_RULES, subject))


def accepted_checks(checks: Sequence[Check], accepted: Sequence[Acceptance]) -> tuple[Check, ...]:
    """Return the checks, those that somebody takes responsibility for with the reason; UsageError for a code that is none."""
    unknown = next((one.code for one in accepted if one.code.startswith(OURS) and one.code not in CODES), None)
    if unknown:
        raise UsageError(f"--accept {unknown}: no check has this code. Codes: {', '.join(CODES)}.")
    here = {check.code for check in checks}
    return accept(checks, [one for one in accepted if one.code in here])


def require_rows(run: RunDir, stage: StagePlan, trainer: Any) -> None:
    """Raise DataError where no row is left to train on; without held-out rows, go on unwatched and say so."""
    label = stage_label(stage.name)
    if not len(trainer.train_dataset):
        raise DataError(
            f"{label}: no row fits into max_length = {trainer.args.max_length} tokens, so nothing can be learned. "
            "Shorten the prompts, or raise max_length if the model's context allows it."
        )
    if trainer.eval_dataset is not None and not len(trainer.eval_dataset):
        rows.stop_watching(trainer)
        if is_first():
            run.log_event("warning", "No held-out row fits into max_length, so its loss is not measured.", stage=label)


def rows_lost(run: RunDir, stage: StagePlan, trainer: Any) -> int:
    """Return how many rows of the split the trainer left out."""
    with run.split(splits_of(stage).train).open("rb") as file:
        given = sum(1 for line in file if line.strip())
    packed = getattr(trainer.args, "packing", False)
    return 0 if packed else max(0, given - len(trainer.train_dataset))


def _written(run: RunDir, stage: StagePlan, seen: Planned, forecast: StageForecast | None = None) -> StagePreflight:
    found = StagePreflight(
        stage=stage.name, method=stage.method, checks=seen.checks, seconds=round(seen.seconds, 3), forecast=forecast
    )
    if not is_first():
        return found
    others = run.read(Preflight).stages if run.has(Preflight) else ()
    run.write(Preflight(stages=(*(one for one in others if one.stage != stage.name), found)))
    return found


def _refuse_blocked(found: StagePreflight) -> None:
    blockers = found.blockers()
    if blockers:
        said = " ".join(f"{check.code}: {check.because}. {check.fix}" for check in blockers)
        flags = " ".join(f"--accept {check.code}" for check in blockers)
        raise BlockedError(
            f"{stage_label(found.stage)}: the preflight stopped it before its first step. {said} "
            f'To train all the same, start a run with {flags} --because "…".'
        )
