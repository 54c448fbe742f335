"""One line about a run, for lists of runs: read from small documents and never failing."""

from msgspec import Struct

from reports.errors import TunegateError
from reports.records.run import ProcessRecord, RunRecord
from reports.rundir import RunDir

DAMAGED = "damaged"
VANISHED = "vanished"


class Overview(Struct, frozen=True, kw_only=True):
    """What a list of runs shows of one run."""

    run_id: str
    """The folder's name, which opens the run."""
    title: str
    status: str
    """A status of `run.json`; `vanished` where its process vanished, `damaged` with the reason in `error`."""
    stage: str
    verdict: str | None
    strategy: str
    model: str
    seed: int = 0
    group: str = ""
    """The first of several runs that differ in their seed only; empty: the run stands alone."""
    created_at: str
    """UTC, ISO 8601; empty where unknown."""
    error: str | None


def has_vanished(run: RunDir, record: RunRecord) -> bool:
    """Say whether the run calls itself running and no process works on it."""
    if record.status != "running" or not run.has(ProcessRecord):
        return False
    from reports.processes import is_running

    return not is_running(run.read(ProcessRecord))


def overview(run: RunDir) -> Overview:
    """Return the overview of a run; a damaged one says so instead of failing."""
    try:
        record = run.read(RunRecord)
    except TunegateError as error:
        return Overview(
            run_id=run.path.name,
            title=run.path.name,
            status=DAMAGED,
            stage="",
            verdict=None,
            strategy="",
            model="",
            created_at="",
            error=str(error),
        )
    return Overview(
        run_id=run.path.name,
        title=record.title,
        status=VANISHED if has_vanished(run, record) else record.status,
        stage=record.stage,
        verdict=record.verdict,
        strategy=record.strategy,
        model=record.model,
        seed=record.seed,
        group=record.group,
        created_at=record.created_at,
        error=record.error,
    )
