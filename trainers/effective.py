"""Proof that what the plan says is what the trainer does: every setting, compared with the trainer as it stands."""

from typing import Any, NamedTuple

from reports.errors import StageError
from reports.records.intake import Value
from reports.records.plan import Plan, StagePlan
from trainers.adapters import ADAPTER, LORA_OPTIONS
from trainers.callbacks import stage_label
from trainers.methods import stage_before
from trainers.stage_options import AUTO, RENAMED_OPTIONS


class Effect(NamedTuple):
    """One setting of the plan, and what the trainer has."""

    name: str
    planned: Value
    effective: object

    @property
    def reached(self) -> bool:
        """Whether the trainer has what the plan says; what is left to the machine may be anything."""
        if self.planned == AUTO:
            return self.effective is not None
        return _same(self.planned, self.effective)


def effects(plan: Plan, stage: StagePlan, trainer: Any) -> tuple[Effect, ...]:
    """Compare each setting of the stage with the trainer's options, those of an adapter with the adapter."""
    adapter = getattr(trainer.model, "peft_config", {}).get(ADAPTER)
    fixed = stage_before(plan, stage) is not None
    found = []
    for name, planned in stage.values().items():
        if name not in LORA_OPTIONS:
            found.append(Effect(name, planned, getattr(trainer.args, RENAMED_OPTIONS.get(name, name), None)))
        elif adapter is not None and not fixed:
            found.append(Effect(name, planned, _adapter_value(adapter, name, planned)))
    return tuple(found)


def require_effect(plan: Plan, stage: StagePlan, trainer: Any) -> None:
    """Raise StageError where a setting of the plan did not reach the trainer."""
    lost = [effect for effect in effects(plan, stage, trainer) if not effect.reached]
    if lost:
        listed = "; ".join(f"{one.name} is {one.effective!r}, planned was {one.planned!r}" for one in lost)
        raise StageError(
            f"{stage_label(stage.name)}: settings of the plan did not reach the trainer: {listed}. "
            f"{type(trainer).__name__} overrules them; leave them out of --set, or set what it asks for."
        )


def _adapter_value(adapter: Any, name: str, planned: Value) -> object:
    value = getattr(adapter, LORA_OPTIONS[name], None)
    # peft replaces `all-linear`, and a list, by the set of layers it found.
    return planned if name == "lora_target" and value else value


def _same(planned: object, effective: object) -> bool:
    if isinstance(planned, int | float) and isinstance(effective, int | float) and not isinstance(planned, bool):
        return float(planned) == float(effective)
    return planned == effective or str(planned) == str(getattr(effective, "value", effective))
