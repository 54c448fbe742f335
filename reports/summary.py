"""`summary.json`: a run's outcome for programs, with keys that are always present, and its published JSON schema."""

from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from reports.contents import Contents, StageContents, read_contents
from reports.headline import headline_of
from reports.jsonl import encode
from reports.records.data import Check
from reports.records.gates import Estimate, GateResult, NoiseFloor
from reports.records.seeds import SeedRun
from reports.records.summary import (
    Summary,
    SummaryCheck,
    SummaryGate,
    SummaryInterval,
    SummaryNoiseFloor,
    SummarySeed,
    SummarySeedGate,
    SummarySignoff,
    SummaryStage,
)
from reports.rundir import RunDir, write_text
from reports.signoffs import Signed

SUMMARY_VERSION: Final[Literal[1]] = 1
SCHEMA_FILE: Final = Path(__file__).with_name("summary.schema.json")
"""The published schema; a test holds it against the code."""


def write_summary(run: RunDir) -> Path:
    """Write `summary.json` and return its path; StorageError when the disk refuses."""
    write_text(run.summary, summary_text(read_contents(run)))
    return run.summary


def summary_text(contents: Contents) -> str:
    """Return the summary as indented JSON."""
    return msgspec.json.format(encode(summarised(contents)), indent=2).decode() + "\n"


def summary_of(run: RunDir) -> dict[str, Any]:
    """Return the summary of a run that may be unfinished: every key is there, what is not known is null or empty."""
    found: dict[str, Any] = msgspec.to_builtins(summarised(read_contents(run)))
    return found


def summary_schema() -> dict[str, Any]:
    """Return the JSON schema (2020-12) that every summary fulfils; later versions may add keys."""
    schema = msgspec.json.schema(Summary)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "tunegate summary", **schema}


def summarised(contents: Contents) -> Summary:
    """Return the summary of a run's contents."""
    record, headline = contents.record, headline_of(contents)
    return Summary(
        schema_version=SUMMARY_VERSION,
        run_id=record.run_id,
        title=record.title,
        strategy=record.strategy,
        model=record.model,
        status=record.status,
        stage=record.stage,
        error=record.error,
        verdict=contents.gates.verdict if contents.gates else None,
        because=headline.because,
        next_step=headline.next_step,
        gates=[_gate(result) for result in (contents.gates.results if contents.gates else ())],
        policy=contents.gates.policy if contents.gates else "",
        policy_changed=list(contents.gates.policy_changed) if contents.gates else [],
        signoffs=[_signoff(signed) for signed in contents.signed],
        not_tested=list(headline.not_tested),
        checks=[_check(check) for check in (contents.checks.checks if contents.checks else ())],
        stages=[_stage(stage) for stage in contents.stages],
        seconds=record.seconds,
        versions=record.versions,
        seed=record.seed,
        seeds=[_seed(run) for run in (contents.seeds.runs if contents.seeds else ())],
        created_at=record.created_at,
        finished_at=record.finished_at,
        report=RunDir(Path()).report.as_posix(),
    )


def _seed(run: SeedRun) -> SummarySeed:
    gates = {gate.name: SummarySeedGate(state=gate.state, candidate=gate.candidate.value) for gate in run.gates}
    return SummarySeed(run_id=run.run_id, seed=run.seed, verdict=run.verdict, gates=gates)


def _gate(result: GateResult) -> SummaryGate:
    return SummaryGate(
        name=result.name,
        title=result.title,
        state=result.state,
        required=result.required,
        kind=result.kind,
        metric=result.metric,
        unit=result.unit,
        direction=result.direction,
        baseline=result.baseline.value,
        candidate=result.candidate.value,
        candidate_interval=_interval(result.candidate),
        difference=_interval(result.difference),
        n=result.n,
        missing=result.missing,
        margin=result.margin,
        level=result.level,
        noise_floor=_noise_floor(result.noise_floor),
        method=result.method,
        because=result.because,
        resolve=result.resolve,
        fragility=result.fragility,
    )


def _interval(estimate: Estimate) -> SummaryInterval:
    return SummaryInterval(value=estimate.value, low=estimate.low, high=estimate.high)


def _noise_floor(found: NoiseFloor | None) -> SummaryNoiseFloor | None:
    if found is None:
        return None
    return SummaryNoiseFloor(low=found.low, high=found.high, repeats=found.repeats, method=found.method)


def _signoff(signed: Signed) -> SummarySignoff:
    name = signed.signoff.name if signed.signoff else None
    return SummarySignoff(role=signed.role, required=signed.required, state=signed.state, name=name, because=signed.because)


def _check(check: Check) -> SummaryCheck:
    return SummaryCheck(
        code=check.code,
        state=check.state,
        blocking=check.blocking,
        value=check.value,
        limit=check.limit,
        because=check.because,
        accepted_because=check.accepted_because,
        accepted_by=check.accepted_by,
    )


def _stage(stage: StageContents) -> SummaryStage:
    result = stage.result
    return SummaryStage(
        name=stage.name,
        method=stage.method,
        finished=result is not None,
        steps=result.steps if result else None,
        seconds=result.seconds if result else None,
        values=result.values if result else {},
        stopped_early=result.stopped_early if result else "",
    )
