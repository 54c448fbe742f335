"""The main job through the command line, on a random model: data in, verdict and report out, across a kill."""

import json
import os
import signal
import subprocess
import sys
import time
from itertools import product
from pathlib import Path

import pytest

from reports.records.gates import Gates
from reports.records.run import ProcessRecord, Progress, RunRecord
from reports.rundir import RunDir
from tests.evals.tiny import build_tiny_model

pytestmark = pytest.mark.training

TUNEGATE = str(Path(sys.executable).parent / "tunegate")
ITEMS = ("tea", "mugs", "scarves", "lamps", "boots", "rugs", "soaps", "pens")
OCCASIONS = ("spring", "summer", "autumn", "winter", "a birthday", "a wedding", "a rainy day", "Monday", "a long trip", "home")
FORMATS = ("a subject line", "a caption", "a button", "a description")
SETTINGS = ("num_train_epochs=1", "per_device_train_batch_size=8", "gradient_accumulation_steps=1", "save_steps=5")
DEADLINE_S = 240


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a folder of a random model, and a file of 320 preference pairs."""
    folder = tmp_path_factory.mktemp("inputs")
    pairs = folder / "pairs.jsonl"
    rows = [
        {
            "prompt": f"Write {shape} about {item} for {occasion}.",
            "chosen": f"Slow {item} for {occasion}, made to be kept.",
            "rejected": f"BUY {item} NOW!!! {occasion} deals end today!",
        }
        for shape, item, occasion in product(FORMATS, ITEMS, OCCASIONS)
    ]
    pairs.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return build_tiny_model(folder / "model"), pairs


def tunegate(*words: str) -> "subprocess.CompletedProcess[str]":
    """Run the command as a person would."""
    env = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
    return subprocess.run([TUNEGATE, *words], capture_output=True, text=True, check=False, env=env, timeout=DEADLINE_S)


def new_run(inputs: tuple[Path, Path], root: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    """Start `tunegate run` on the inputs, small enough for a test."""
    model, pairs = inputs
    settings = [word for setting in (*SETTINGS, "evaluation.max_new_tokens=8") for word in ("--set", setting)]
    return tunegate(
        "run", "--data", str(pairs), "--model", str(model), "--strategy", "sft+dpo", "--runs", str(root), *settings, *more
    )


def test_data_goes_to_a_report_and_a_verdict(inputs: tuple[Path, Path], tmp_path: Path) -> None:
    done = new_run(inputs, tmp_path, "--json")
    summary = json.loads(done.stdout)
    run = RunDir.open(next(tmp_path.iterdir()))
    assert summary["verdict"] == run.read(Gates).verdict
    assert done.returncode == {"go": 0, "no-go": 1, "inconclusive": 5}[summary["verdict"]], done.stderr
    assert run.read(RunRecord).status == "done"
    assert {gate["name"] for gate in summary["gates"]} >= {"win_rate", "refusal", "over_refusal", "toxicity", "drift_general"}
    assert "<script" not in run.report.read_text()
    assert [run.stage_result(name) is not None for name in ("1-sft", "2-dpo", "judge")] == [True, True, True]


def test_a_killed_run_continues_and_keeps_what_was_finished(inputs: tuple[Path, Path], tmp_path: Path) -> None:
    started = new_run(inputs, tmp_path, "--detach")
    run = RunDir.open(Path(started.stdout.strip()))
    wait_for_stage(run, "train/2-dpo")
    os.kill(run.read(ProcessRecord).pid, signal.SIGKILL)
    finished = (run.stage("1-sft") / "result.json").stat().st_mtime_ns

    vanished = tunegate("watch", str(run.path), "--plain")
    assert vanished.returncode == 4
    assert "vanished" in vanished.stderr

    done = tunegate("run", str(run.path))
    assert done.returncode in (0, 1, 5), done.stderr
    assert run.read(RunRecord).attempt == 2
    assert (run.stage("1-sft") / "result.json").stat().st_mtime_ns == finished


def test_a_leak_stops_the_run_before_training(inputs: tuple[Path, Path], tmp_path: Path) -> None:
    _, pairs = inputs
    suite = tmp_path / "benign.jsonl"
    prompts = [json.loads(line)["prompt"] for line in pairs.read_text().splitlines()[:40]]
    suite.write_text("".join(json.dumps({"id": str(at), "prompt": text}) + "\n" for at, text in enumerate(prompts)))
    stopped = new_run(inputs, tmp_path / "runs", "--suite", f"benign={suite}")
    run = RunDir.open(next((tmp_path / "runs").iterdir()))
    assert stopped.returncode == 1
    assert "LEAK001" in stopped.stderr
    assert not (run.path / "train").exists()
    assert run.report.is_file()


def wait_for_stage(run: RunDir, stage: str) -> None:
    """Wait until the run works on the stage and has made a step; fail when it never does."""
    give_up = time.monotonic() + DEADLINE_S
    while time.monotonic() < give_up:
        if run.has(Progress):
            progress = run.read(Progress)
            if progress.stage == stage and progress.done >= 2:
                return
        if run.read(RunRecord).status in ("failed", "done"):
            break
        time.sleep(0.02)
    pytest.fail(f"the run never worked on {stage}; it is {run.read(RunRecord)}")
