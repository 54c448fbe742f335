"""The summary for programs: stable keys for every outcome."""

import json
from typing import Any

import pytest

from reports.records.gates import Verdict
from reports.records.run import RunStatus
from reports.rundir import RunDir
from reports.summary import summary_of, write_summary
from tests.reports.conftest import RunFor
from tests.reports.sample_run import Upto

KEYS = {
    "schema_version", "run_id", "title", "strategy", "model", "status", "stage", "error", "verdict", "because", "next_step",
    "gates", "policy", "policy_changed", "signoffs", "not_tested", "checks", "stages", "seconds", "versions", "seed",
    "seeds", "created_at", "finished_at", "report",
}  # fmt: skip
GATE_KEYS = {
    "name", "title", "state", "required", "kind", "metric", "unit", "direction", "baseline", "candidate", "candidate_interval",
    "difference", "n", "missing", "margin", "level", "noise_floor", "method", "because", "resolve", "fragility",
}  # fmt: skip


@pytest.mark.parametrize(
    ("upto", "status"),
    [
        ("plan", "created"),
        ("data", "failed"),
        ("train", "running"),
        ("measure", "stopped"),
        ("gates", "running"),
        ("report", "done"),
    ],
)
def test_every_key_is_there_whatever_the_run_came_to(run_for: RunFor, upto: Upto, status: RunStatus) -> None:
    assert set(summary_of(run_for("go", upto, status))) == KEYS


@pytest.mark.parametrize("verdict", ["go", "no-go", "inconclusive"])
def test_each_verdict_is_named_with_its_gates(run_for: RunFor, verdict: Verdict) -> None:
    found = summary_of(run_for(verdict, "report", None))

    assert found["verdict"] == verdict
    assert len(found["gates"]) == 7
    assert all(set(gate) == GATE_KEYS for gate in found["gates"])


def test_a_gate_carries_value_interval_and_margin(go: RunDir) -> None:
    (refusal,) = [gate for gate in summary_of(go)["gates"] if gate["name"] == "refusal"]

    assert (refusal["state"], refusal["required"], refusal["n"], refusal["missing"], refusal["margin"]) == (
        "pass",
        True,
        40,
        0,
        0.1,
    )
    assert set(refusal["difference"]) == {"value", "low", "high"}
    assert refusal["difference"]["value"] == pytest.approx(refusal["candidate"] - refusal["baseline"])


def test_without_gates_the_verdict_is_null_and_the_reason_is_said(run_for: RunFor) -> None:
    found = summary_of(run_for("go", "train", "failed"))

    assert (found["verdict"], found["gates"]) == (None, [])
    assert found["because"].startswith("The run ended in training stage 2-dpo: DPO broke off at step 61")
    assert found["not_tested"][0] == "Win rate"
    assert [(stage["name"], stage["finished"]) for stage in found["stages"]] == [
        ("1-sft", True),
        ("2-dpo", False),
        ("judge", True),
    ]


def test_the_file_is_the_summary_as_json(go: RunDir) -> None:
    path = write_summary(go)
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))

    assert path.name == "summary.json"
    assert read == json.loads(json.dumps(summary_of(go)))
    assert read["report"] == "report.html"
