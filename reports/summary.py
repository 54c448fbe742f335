"""`summary.json`: a run's outcome for programs, with keys that are always present."""

from pathlib import Path
from typing import Any, Final

import msgspec

from reports.contents import StageContents, read_contents
from reports.headline import headline_of
from reports.jsonl import encode
from reports.records.data import Check
from reports.records.gates import Estimate, GateResult
from reports.records.seeds import SeedRun
from reports.rundir import RunDir, write_text

SUMMARY_VERSION: Final = 1


def write_summary(run: RunDir) -> Path:
    """Write `summary.json` and return its path; StorageError when the disk refuses."""
    write_text(run.summary, msgspec.json.format(encode(summary_of(run)), indent=2).decode() + "\n")
    return run.summary


def summary_of(run: RunDir) -> dict[str, Any]:
    """Return the summary of a run that may be unfinished: every key is there, what is not known is null or empty."""
    contents = read_contents(run)
    record, headline = contents.record, headline_of(contents)
    return {
        "schema_version": SUMMARY_VERSION,
        "run_id": record.run_id,
        "title": record.title,
        "strategy": record.strategy,
        "model": record.model,
        "status": record.status,
        "stage": record.stage,
        "error": record.error,
        "verdict": contents.gates.verdict if contents.gates else None,
        "because": headline.because,
        "next_step": headline.next_step,
        "gates": [_gate(result) for result in (contents.gates.results if contents.gates else ())],
        "not_tested": list(headline.not_tested),
        "checks": [_check(check) for check in (contents.checks.checks if contents.checks else ())],
        "stages": [_stage(stage) for stage in contents.stages],
        "seconds": record.seconds,
        "versions": record.versions,
        "seed": record.seed,
        "seeds": [_seed(run) for run in (contents.seeds.runs if contents.seeds else ())],
        "created_at": record.created_at,
        "finished_at": record.finished_at,
        "report": run.report.relative_to(run.path).as_posix(),
    }


def _seed(run: SeedRun) -> dict[str, Any]:
    gates = {gate.name: {"state": gate.state, "candidate": gate.candidate.value} for gate in run.gates}
    return {"run_id": run.run_id, "seed": run.seed, "verdict": run.verdict, "gates": gates}


def _gate(result: GateResult) -> dict[str, Any]:
    return {
        "name": result.name,
        "title": result.title,
        "state": result.state,
        "required": result.required,
        "kind": result.kind,
        "metric": result.metric,
        "unit": result.unit,
        "direction": result.direction,
        "baseline": result.baseline.value,
        "candidate": result.candidate.value,
        "candidate_interval": _interval(result.candidate),
        "difference": _interval(result.difference),
        "n": result.n,
        "missing": result.missing,
        "margin": result.margin,
        "because": result.because,
        "resolve": result.resolve,
        "fragility": result.fragility,
    }


def _interval(estimate: Estimate) -> dict[str, float | None]:
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def _check(check: Check) -> dict[str, Any]:
    return {
        "code": check.code,
        "state": check.state,
        "blocking": check.blocking,
        "value": check.value,
        "limit": check.limit,
        "because": check.because,
        "accepted_because": check.accepted_because,
        "accepted_by": check.accepted_by,
    }


def _stage(stage: StageContents) -> dict[str, Any]:
    result = stage.result
    return {
        "name": stage.name,
        "method": stage.method,
        "finished": result is not None,
        "steps": result.steps if result else None,
        "seconds": result.seconds if result else None,
        "values": result.values if result else {},
        "stopped_early": result.stopped_early if result else "",
    }
