"""What is wrong with the settings alone stops a run before its data are read."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from evals.data import prepare as preparing
from reports.errors import BlockedError, UsageError
from reports.progress import ProgressLog
from reports.records.plan import Acceptance, Plan, RewardPlan
from tests.trainers.preflight.looking import tiny_of
from tests.trainers.tiny_run import TinyRun
from trainers.preflight.early import require_settings
from trainers.steps import steps_of

OWN = RewardPlan(name="mine", kind="no_such_module:score", component="accuracy", weight=1.0, options={}, because="")


def misspelt(tiny: TinyRun) -> Plan:
    """Return the plan with an option that SFT does not have."""
    from trainers.overrides import with_overrides

    stages = [replace(stage, choices=with_overrides(stage.choices, {"learning_rte": "1e-4"})) for stage in tiny.plan.stages]
    return replace(tiny.plan, stages=tuple(stages))


def test_an_option_that_the_trainer_does_not_have_stops_the_run_before_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = tiny_of(tmp_path, "sft")
    read: list[Plan] = []
    monkeypatch.setattr(preparing, "prepare", lambda run, plan, progress: read.append(plan))
    first = steps_of(tiny.run, misspelt(tiny), ProgressLog(tiny.run))[0]
    with pytest.raises(BlockedError, match=r"(?s)PRE101: SFTConfig has no option learning_rte.*mean learning_rate"):
        first.do()
    assert read == []
    steps_of(tiny.run, tiny.plan, ProgressLog(tiny.run))[0].do()
    assert read == [tiny.plan]


def test_what_somebody_accepted_does_not_stop_it(tmp_path: Path) -> None:
    tiny = tiny_of(tmp_path, "sft")
    accepted = Acceptance(code="PRE101", because="the next TRL has it", by="Ada")
    require_settings(tiny.run, replace(misspelt(tiny), accepted=(accepted,)))


def test_a_reward_that_cannot_be_imported_stops_the_run_before_data(tmp_path: Path) -> None:
    tiny = tiny_of(tmp_path, "grpo")
    with pytest.raises(UsageError, match="no_such_module"):
        require_settings(tiny.run, replace(tiny.plan, rewards=(OWN,)))
    require_settings(tiny.run, tiny.plan)
