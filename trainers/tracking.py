"""Sending a stage's curves to an experiment tracker too, through the integrations of transformers; off unless asked for."""

import json
import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from reports.errors import MissingError
from reports.masking import mask_text
from reports.records.plan import Plan, StagePlan, Tracker
from reports.rundir import RunDir

if TYPE_CHECKING:
    from transformers import TrainerCallback

PROJECT: Final = "tunegate"
HARMLESS: Final = json.dumps({"mlflow.user": PROJECT, "mlflow.source.name": PROJECT})
"""MLflow notes down the account and the path of the program, unless it is told otherwise."""


class Shown(NamedTuple):
    """All that a tracker learns of a stage besides its curves, under the names that the integrations ask for."""

    run_name: str
    settings: Mapping[str, object]
    output_dir: str = ""
    project: str = PROJECT
    trackio_space_id: None = None
    trackio_bucket_id: None = None
    trackio_static_space_id: bool = False
    hub_private_repo: None = None

    def to_dict(self) -> dict[str, object]:
        """Return the settings."""
        return dict(self.settings)

    def to_json_string(self) -> str:
        """Return the settings as JSON."""
        return json.dumps(self.to_dict(), indent=2)


def environment(folder: Path) -> dict[Tracker, dict[str, str]]:
    """Return what keeps each tracker on this machine and inside `folder`; a variable that a person set goes before it."""
    return {
        "none": {},
        "tensorboard": {},
        "trackio": {"TRACKIO_DIR": str(folder)},
        "mlflow": {
            "MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}",
            "MLFLOW_EXPERIMENT_NAME": PROJECT,
            "MLFLOW_TAGS": HARMLESS,
        },
        "wandb": {
            "WANDB_MODE": "offline",
            "WANDB_DIR": str(folder),
            "WANDB_PROJECT": PROJECT,
            "WANDB_SILENT": "true",
            "WANDB_DISABLE_CODE": "true",
            "WANDB_DISABLE_GIT": "true",
            "WANDB_X_DISABLE_META": "true",
        },
    }


def require_tracker(tracker: Tracker) -> None:
    """Raise MissingError where the tracker's package is not installed."""
    if tracker != "none" and find_spec(tracker) is None:
        raise MissingError(
            f"--track {tracker}: the package '{tracker}' is not installed. Install it with `pip install 'tunegate[{tracker}]'`, "
            "or leave --track out: all curves are in the run directory and in the report anyway."
        )


def tracking_callback(run: RunDir, plan: Plan, stage: StagePlan) -> "TrainerCallback | None":
    """Return the callback that passes the curves of a stage on; None where nobody asked for it.

    The integration never sees the trainer's arguments or its model, whose settings hold paths: only names and settings of
    the plan.

    Raises:
        MissingError: the tracker's package is not installed.
    """
    if plan.track == "none":
        return None
    require_tracker(plan.track)
    run.tracking.mkdir(parents=True, exist_ok=True)
    for name, value in environment(run.tracking)[plan.track].items():
        os.environ.setdefault(name, value)
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(run.tracking / stage.name)  # one folder a curve is its way to tell runs apart
    return passing_on(integration(plan.track), shown(run, plan, stage))


def integration(tracker: Tracker) -> "TrainerCallback":
    """Return the callback that transformers has for a tracker."""
    from transformers.integrations import get_reporting_integration_callbacks

    [kind] = get_reporting_integration_callbacks([tracker])
    return kind()


def shown(run: RunDir, plan: Plan, stage: StagePlan) -> Shown:
    """Return what a tracker is told."""
    known = {"method": stage.method, "model": plan.model.label, "seed": plan.training_seed_of(stage), **stage.values()}
    masked = {name: mask_text(value) if isinstance(value, str) else value for name, value in known.items()}
    return Shown(f"{run.path.name}/{stage.name}", masked)


def passing_on(inner: "TrainerCallback", told: Shown) -> "TrainerCallback":
    """Return a callback that passes begin, logs and end on, with `told` in place of the trainer's arguments."""
    from transformers import TrainerCallback

    class TrackingCallback(TrainerCallback):  # type: ignore[misc]  # transformers has no types here
        """Stands between the trainer and an integration."""

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            inner.on_train_begin(told, state, control)

        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float], **_: Any) -> None:
            inner.on_log(told, state, control, logs=dict(logs))

        def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            inner.on_train_end(told, state, control)

    return TrackingCallback()
