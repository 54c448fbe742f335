"""What an experiment tracker is told, and that it stays on this machine."""

import os
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from transformers import TrainerCallback

from reports.errors import MissingError
from reports.progress import ProgressLog
from reports.records.plan import Choice, Tracker
from tests.trainers.tiny_run import TinyRun, make_tiny_run
from trainers.overrides import RESERVED
from trainers.tracking import environment, require_tracker, shown, tracking_callback

TRACKED: tuple[Tracker, ...] = ("trackio", "mlflow", "wandb", "tensorboard")


class FakeIntegration(TrainerCallback):  # type: ignore[misc]  # transformers has no types here
    """Remembers everything that it is given, as an integration would send it."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.logs: list[dict[str, float]] = []

    def on_train_begin(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        self.told += ["begin", args.to_json_string(), str(args.to_dict()), str(args), str(rest)]

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float], **rest: Any) -> None:
        self.logs.append(logs)
        self.told += [str(args), str(rest)]

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.told.append("end")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeIntegration:
    found = FakeIntegration()
    monkeypatch.setattr("trainers.tracking.integration", lambda tracker: found)
    monkeypatch.setattr("trainers.tracking.find_spec", lambda name: object())
    monkeypatch.setattr(os, "environ", dict(os.environ))
    return found


def tracked(folder: Path, track: Tracker) -> TinyRun:
    tiny = make_tiny_run(folder, "sft", overrides={"num_train_epochs": "1"})
    return TinyRun(tiny.run, replace(tiny.plan, track=track))


@pytest.mark.training
def test_a_tracker_gets_every_curve_and_no_path(tmp_path: Path, fake: FakeIntegration) -> None:
    tiny = tracked(tmp_path, "tensorboard")
    [stage] = tiny.plan.stages
    import_module("trainers.sft").train(tiny.run, tiny.plan, stage, ProgressLog(tiny.run))
    assert (fake.told[0], fake.told[-1]) == ("begin", "end")
    assert {"loss", "eval_loss"} <= {name for logs in fake.logs for name in logs}
    assert str(tmp_path) not in " ".join(fake.told) and str(Path.home()) not in " ".join(fake.told)
    assert f"{tiny.run.path.name}/1-sft" in fake.told[3] and "learning_rate" in fake.told[1]
    assert os.environ["TENSORBOARD_LOGGING_DIR"] == str(tiny.run.tracking / "1-sft")


def test_without_a_tracker_nothing_is_attached(tmp_path: Path, fake: FakeIntegration) -> None:
    tiny = tracked(tmp_path, "none")
    assert tracking_callback(tiny.run, tiny.plan, tiny.plan.stages[0]) is None
    assert not tiny.run.tracking.exists()


@pytest.mark.parametrize("tracker", TRACKED)
def test_a_tracker_writes_below_the_run_unless_a_person_said_otherwise(
    tmp_path: Path, fake: FakeIntegration, tracker: Tracker
) -> None:
    for name in environment(tmp_path)[tracker]:
        os.environ.pop(name, None)
    tiny = tracked(tmp_path, tracker)
    tracking_callback(tiny.run, tiny.plan, tiny.plan.stages[0])
    told = environment(tiny.run.tracking)[tracker]
    assert {name: os.environ[name] for name in told} == told
    assert "online" not in told.values()


def test_a_variable_that_a_person_set_stays(tmp_path: Path, fake: FakeIntegration) -> None:
    os.environ["WANDB_MODE"] = "online"
    tiny = tracked(tmp_path, "wandb")
    tracking_callback(tiny.run, tiny.plan, tiny.plan.stages[0])
    assert os.environ["WANDB_MODE"] == "online"


def test_secrets_and_home_folders_in_settings_are_masked(tmp_path: Path) -> None:
    tiny = tracked(tmp_path, "mlflow")
    [stage] = tiny.plan.stages
    extra = Choice(name="chat_template_path", value=f"{Path.home()}/t.jinja?token=hf_abcdefghijkl", origin="user", because=".")
    told = shown(tiny.run, tiny.plan, replace(stage, choices=(*stage.choices, extra)))
    assert "hf_abc" not in told.to_json_string() and str(Path.home()) not in told.to_json_string()


def test_a_tracker_that_is_not_installed_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainers.tracking.find_spec", lambda name: None)
    require_tracker("none")
    with pytest.raises(MissingError, match=r"pip install 'tunegate\[trackio\]'"):
        require_tracker("trackio")


def test_the_option_of_the_trainer_stays_reserved() -> None:
    assert "--track" in RESERVED["report_to"]
