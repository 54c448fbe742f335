"""The run directory: the only code that knows the names of a run's files."""

import contextlib
import errno
import os
import re
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from reports.errors import MissingError, SchemaError, StorageError, UsageError
from reports.jsonl import Jsonl, encode
from reports.records.data import Checks, Lineage, Profile
from reports.records.evaluation import Completion, Judgement, Metrics, NumericNoise, SampledAnswers
from reports.records.gates import Gates
from reports.records.intake import Intake
from reports.records.plan import Plan
from reports.records.preflight import Preflight
from reports.records.recommendation import Recommendation
from reports.records.review import RatingLine, ReviewResult, Signoff
from reports.records.rewards import RewardCheck
from reports.records.run import Event, EventKind, Look, MetricPoint, ProcessRecord, Progress, RunRecord, StageResult
from reports.records.seeds import Seeds

Document = TypeVar("Document", bound=msgspec.Struct)

DOCUMENTS: Final[dict[type[msgspec.Struct], str]] = {
    RunRecord: "run.json",
    Intake: "intake.json",
    Recommendation: "recommendation.json",
    Plan: "plan.json",
    Progress: "progress.json",
    ProcessRecord: "process.json",
    Profile: "data/profile.json",
    Checks: "data/checks.json",
    Lineage: "data/lineage.json",
    RewardCheck: "data/rewards.json",
    Preflight: "preflight.json",
    Metrics: "evals/metrics.json",
    NumericNoise: "evals/noise.json",
    Seeds: "seeds.json",
    Gates: "gates.json",
    ReviewResult: "review/result.json",
}
SCHEMA_VERSION: Final = 1


def now() -> str:
    """Return the present time in UTC, ISO 8601 to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


class RunDir:
    """One run on disk; every path of it is asked for here."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.events = Jsonl(path / "events.jsonl", Event)
        self.completions = Jsonl(path / "evals" / "completions.jsonl", Completion)
        self.samples = Jsonl(path / "evals" / "samples.jsonl", SampledAnswers)
        self.judgements = Jsonl(path / "evals" / "judgements.jsonl", Judgement)
        self.ratings = Jsonl(path / "review" / "ratings.jsonl", RatingLine)
        self.signoffs = Jsonl(path / "review" / "signoffs.jsonl", Signoff)

    @classmethod
    def create(cls, root: Path, label: str) -> "RunDir":
        """Make a new, uniquely named run directory below `root`."""
        words = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:48]
        stem = f"{time.strftime('%Y%m%d-%H%M%S')}-{words}"
        for attempt in range(1, 1000):
            path = root / (stem if attempt == 1 else f"{stem}-{attempt}")
            try:
                path.mkdir(parents=True)
            except FileExistsError:
                continue
            except OSError as error:
                raise StorageError(f"{path}: the run directory could not be made ({error.strerror}).") from error
            return cls(path)
        raise UsageError(f"{root}: no free name for a run called {stem}.")

    @classmethod
    def open(cls, path: Path) -> "RunDir":
        """Open an existing run; UsageError where the folder is none, SchemaError where it is newer."""
        run = cls(path)
        if not (path / "run.json").is_file():
            raise UsageError(f"{path}: not a run directory (it has no run.json). `tunegate runs` lists the runs.")
        run.read(RunRecord)
        return run

    # Documents: written whole, read validated.

    def has(self, kind: type[msgspec.Struct]) -> bool:
        """Say whether the document exists."""
        return (self.path / DOCUMENTS[kind]).is_file()

    def read(self, kind: type[Document]) -> Document:
        """Read a document; MissingError when absent, SchemaError when damaged or newer."""
        return read_document(self.path / DOCUMENTS[kind], kind)

    def write(self, document: msgspec.Struct) -> None:
        """Replace a document atomically; StorageError when the disk refuses."""
        write_document(self.path / DOCUMENTS[type(document)], document, durable=not isinstance(document, Progress))

    def update(self, **changes: object) -> RunRecord:
        """Replace fields of `run.json` and return the new record."""
        record: RunRecord = msgspec.structs.replace(self.read(RunRecord), **changes)
        self.write(record)
        return record

    def log_event(self, kind: EventKind, message: str = "", stage: str = "", **data: float | int | str | bool | None) -> None:
        """Append one event."""
        self.events.append(Event(at=now(), kind=kind, stage=stage, message=message, data=data))

    # Stages of training.

    def stage(self, name: str) -> Path:
        """Return the folder of a training stage; the judge's lies under `evals/`."""
        return self.path / "evals" / "judge" if name == "judge" else self.path / "train" / name

    def stage_metrics(self, name: str) -> Jsonl[MetricPoint]:
        """Return the metrics log of a stage."""
        return Jsonl(self.stage(name) / "metrics.jsonl", MetricPoint)

    def stage_looks(self, name: str) -> Jsonl[Look]:
        """Return the looks at a stage's win rate."""
        return Jsonl(self.stage(name) / "looks.jsonl", Look)

    def checkpoints(self, name: str) -> Path:
        """Return the folder of a stage's checkpoints."""
        return self.stage(name) / "checkpoints"

    def adapter(self, name: str) -> Path:
        """Return the folder of the adapter (or full model) a stage produced."""
        return self.stage(name) / "adapter"

    def stage_result(self, name: str) -> StageResult | None:
        """Return the result of a finished stage, None while it is not finished."""
        path = self.stage(name) / "result.json"
        return read_document(path, StageResult) if path.is_file() else None

    def finish_stage(self, result: StageResult) -> None:
        """Write a stage's result; from then on the stage is complete."""
        write_document(self.stage(result.stage) / "result.json", result)

    # Plain paths.

    def split(self, name: str) -> Path:
        """Return the path of a prepared split, for example `sft_train`."""
        return self.path / "data" / f"{name}.jsonl"

    def task_result(self, task: str, side: str) -> Path:
        """Return the path of one side's answers to a task of lm-evaluation-harness."""
        return self.path / "evals" / "lm_eval" / f"{re.sub(r'[^A-Za-z0-9._-]', '-', task)}.{side}.json"

    def task_results(self) -> list[Path]:
        """Return the files of all answers to tasks, in the order of their names."""
        return sorted((self.path / "evals" / "lm_eval").glob("*.json"))

    @property
    def rejected(self) -> Path:
        """Rows of the input that could not be used, with number and reason."""
        return self.path / "data" / "rejected.jsonl"

    @property
    def report(self) -> Path:
        """The HTML report."""
        return self.path / "report.html"

    @property
    def summary(self) -> Path:
        """The machine-readable summary."""
        return self.path / "summary.json"

    def replies(self, who: str) -> Path:
        """Return the file of an endpoint's replies, kept so that none is asked for twice; `who` answers, for example `judge`."""
        return self.path / "evals" / f"replies-{who}.jsonl"

    def launch_file(self, name: str) -> Path:
        """Return the path of a file that says how to start the run elsewhere, for example `command.txt`."""
        return self.path / "launch" / name

    @property
    def tracking(self) -> Path:
        """The folder that an experiment tracker may fill."""
        return self.path / "tracking"

    @property
    def stop_file(self) -> Path:
        """Its presence asks the child process to stop at the next step."""
        return self.path / "stop"

    def log(self, attempt: int) -> Path:
        """Return the log file of one attempt."""
        return self.path / "logs" / f"attempt_{attempt}.log"


def read_document(path: Path, kind: type[Document]) -> Document:
    """Read one JSON document of a run, checking its schema version first."""
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise MissingError(f"{path}: this document does not exist yet; the run has not come that far.") from error
    except OSError as error:
        raise SchemaError(f"{path}: cannot be read ({error.strerror}).") from error
    try:
        version = msgspec.json.decode(data, type=_Version).schema_version
        if version > SCHEMA_VERSION:
            raise SchemaError(
                f"{path}: written with schema version {version}, and this tunegate reads up to {SCHEMA_VERSION}. "
                "Upgrade tunegate to open the run."
            )
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SchemaError(f"{path}: not a readable {kind.__name__} document ({error}).") from error


def write_document(path: Path, document: msgspec.Struct, durable: bool = True) -> None:
    """Replace a JSON document whole: temporary file, fsync, rename."""
    data = msgspec.json.format(encode(document), indent=2)
    write_text(path, data.decode() + "\n", durable=durable)


def write_text(path: Path, text: str, durable: bool = True) -> None:
    """Replace a text file whole; StorageError when the disk refuses, the old file then stays."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.write(text.encode("utf-8", "replace"))
            file.flush()
            if durable:
                os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        reason = "the disk is full" if error.errno == errno.ENOSPC else error.strerror
        raise StorageError(
            f"{path.name}: could not be written ({reason}). Free space or check permissions; "
            "a run then continues with `tunegate run RUN`. What was written before is intact."
        ) from error


def list_runs(root: Path) -> list[RunDir]:
    """Return the runs below `root`, newest first; an absent folder has none."""
    if not root.is_dir():
        return []
    found = [RunDir(path) for path in root.iterdir() if (path / "run.json").is_file()]
    return sorted(found, key=lambda run: run.path.name, reverse=True)


class _Version(msgspec.Struct):
    schema_version: int = 1
