"""Plans to be launched, without data or weights."""

from reports.records.plan import Choice, LaunchPlan, Method, ModelRef, Plan, StagePlan
from reports.records.run import RunRecord
from reports.rundir import RunDir, now
from trainers.launching.batches import ACCUMULATION, BATCH
from trainers.methods import Parameters


def plan_of(*methods: Method, parameters: Parameters = "lora", launch: LaunchPlan | None = None, batch: int = 4) -> Plan:
    """Return a plan whose stages are those methods, on a model that is nowhere."""
    values = {BATCH: batch, ACCUMULATION: 16, "max_length": 1024, "gradient_checkpointing": True, "max_completion_length": 256}
    choices = tuple(Choice(name=name, value=value, origin="rule", because=".") for name, value in values.items())
    stages = tuple(StagePlan(name=f"{place}-{name}", method=name, choices=choices) for place, name in enumerate(methods, start=1))
    return Plan(
        strategy="sft",
        model=ModelRef(name="some/model", label="model", digest="0"),
        data=(),
        stages=stages,
        judge=None,
        suites=(),
        gates=(),
        evaluation=(),
        parameters=parameters,
        launch=launch or LaunchPlan(),
    )


def run_of(folder: "RunDir", plan: Plan) -> RunDir:
    """Write plan and record into a run directory that was just made."""
    folder.write(plan)
    folder.write(
        RunRecord(
            run_id=folder.path.name, title="r", created_at=now(), argv=(), versions={}, seed=0, strategy="sft", model="model"
        )
    )
    return folder
