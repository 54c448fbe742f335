"""What the app can do: one narrow doorway to the rest of tunegate, so that screens are tested with a fake behind it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from evals.data.check import CheckedData
    from reports.overview import Overview
    from reports.records.gates import Gates
    from reports.records.intake import Fact, Intake
    from reports.records.plan import Plan
    from reports.records.recommendation import Recommendation, Strategy
    from reports.rundir import RunDir
    from selector.check_process import CheckOrder, Cleaned
    from selector.question import Question
    from selector.tui.auditing import AuditDesk

Say = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and how much there is."""


class Verbs(Protocol):
    """The verbs of the app; every one may raise a TunegateError."""

    def runs(self) -> "list[Overview]":
        """List the runs, newest first; one that should be running and has no process is `vanished`."""

    def open_run(self, run_id: str) -> "RunDir":
        """Open a run by the name of its folder."""

    def delete_run(self, run_id: str) -> None:
        """Remove a run with everything in it; UsageError while a process works on it."""

    def compare(self, first: str, second: str) -> str:
        """Return how two runs differ, as text."""

    def read_gates(self, run: "RunDir") -> "Gates":
        """Read what the gates of a run found."""

    def questions(self) -> "tuple[Question, ...]":
        """Return the questions of the scorecard."""

    def parse_answer(self, question: "Question", text: str) -> "Fact":
        """Read an answer as a person writes it."""

    def measured_facts(self, sources: Sequence[str], model: str | None, layout: str = "") -> "Mapping[str, Fact]":
        """Measure data, model and machine; rows that fit several kinds are read as `layout`."""

    def recommend(self, intake: "Intake") -> "Recommendation":
        """Rank the strategies."""

    def check(self, order: "CheckOrder", say: Say) -> "CheckedData":
        """Check data; an error raised by `say` breaks it off."""

    def clean(self, order: "CheckOrder", say: Say) -> "Cleaned":
        """Prepare the data without the rows at fault; an error raised by `say` breaks it off."""

    def keep_cleaned(self, cleaned: "Cleaned", folder: str) -> list[Path]:
        """Write a prepared set to a new folder."""

    def data_files(self, sources: Sequence[str]) -> list[str]:
        """Return each folder as the data files in it, each pattern as the files that fit."""

    def open_audit(self, path: str, layout: str = "") -> "AuditDesk":
        """Begin the audit of a file, or continue it; rows that fit several kinds are read as `layout`."""

    def export_decision(self, intake: "Intake", recommendation: "Recommendation") -> Path:
        """Write the decision as one page of Markdown into a new file, and return its path."""

    def make_plan(
        self,
        intake: "Intake",
        recommendation: "Recommendation",
        sources: Sequence[str],
        model: str,
        strategy: "Strategy",
        layout: str = "",
    ) -> "Plan":
        """Resolve a strategy into a plan."""

    def override(self, plan: "Plan", where: str, name: str, text: str) -> "Plan":
        """Set one option of a plan; `where` is the name of a stage, or `evaluation`."""

    def start(self, plan: "Plan", intake: "Intake", recommendation: "Recommendation") -> "RunDir":
        """Make a run of a plan and start its process."""

    def start_demo(self, say: Say) -> "RunDir":
        """Build the embedded default, make its run and start it; an error raised by `say` breaks it off."""

    def resume(self, run: "RunDir") -> None:
        """Continue a run."""

    def request_stop(self, run: "RunDir", now: bool = False) -> bool:
        """Ask a run to stop after its checkpoint, or end it now; False when nothing works on it."""

    def is_alive(self, run: "RunDir") -> bool:
        """Say whether a process works on a run."""

    def open_path(self, path: Path) -> bool:
        """Show a file with the desktop's program; False where there is no display."""


class PipelineVerbs:
    """The verbs as the command line has them; each imports what it needs when it is called."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def runs(self) -> "list[Overview]":
        """List the runs below the root."""
        from msgspec.structs import replace

        from reports.overview import overview
        from reports.rundir import list_runs

        def seen(run: "RunDir") -> "Overview":
            found = overview(run)
            return replace(found, status="vanished") if found.status == "running" and not self.is_alive(run) else found

        return [seen(run) for run in list_runs(self._root)]

    def open_run(self, run_id: str) -> "RunDir":
        """Open a run of the root."""
        from reports.rundir import RunDir

        return RunDir.open(self._root / run_id)

    def delete_run(self, run_id: str) -> None:
        """Remove the folder."""
        import shutil

        from reports.errors import StorageError, UsageError

        run = self.open_run(run_id)
        if self.is_alive(run):
            raise UsageError(f"{run_id}: a process works on this run. Stop it first (open it, and press s), then delete it.")
        try:
            shutil.rmtree(run.path)
        except OSError as error:
            raise StorageError(f"{run.path}: could not be removed ({error.strerror}). Look at its permissions.") from error

    def compare(self, first: str, second: str) -> str:
        """Compare as the command line does."""
        from evals.compare import compare
        from reports.sharing.comparison import as_text

        return as_text(compare([self.open_run(first), self.open_run(second)]))

    def read_gates(self, run: "RunDir") -> "Gates":
        """Read `gates.json`."""
        from reports.records.gates import Gates

        return run.read(Gates)

    def questions(self) -> "tuple[Question, ...]":
        """Return the catalogue."""
        from selector.intake import QUESTIONS

        return QUESTIONS

    def parse_answer(self, question: "Question", text: str) -> "Fact":
        """Read an answer given in the app."""
        from selector.intake import parse_answer

        return parse_answer(question, text, "asked")

    def measured_facts(self, sources: Sequence[str], model: str | None, layout: str = "") -> "Mapping[str, Fact]":
        """Measure data, model and machine."""
        from selector import pipeline

        return pipeline.measured_facts(sources, model, layout or None)

    def recommend(self, intake: "Intake") -> "Recommendation":
        """Ask the engine."""
        from selector import pipeline

        return pipeline.recommend(intake)

    def check(self, order: "CheckOrder", say: Say) -> "CheckedData":
        """Check data in a process of its own."""
        from selector.check_process import run_check

        return run_check(order, say)

    def clean(self, order: "CheckOrder", say: Say) -> "Cleaned":
        """Prepare the cleaned set in a process of its own."""
        from selector.check_process import prepare_cleaned

        return prepare_cleaned(order, say)

    def keep_cleaned(self, cleaned: "Cleaned", folder: str) -> list[Path]:
        """Move a prepared set to where it is wanted."""
        from selector.check_process import keep_cleaned

        return keep_cleaned(cleaned, Path(folder).expanduser())

    def data_files(self, sources: Sequence[str]) -> list[str]:
        """Look into folders and patterns."""
        from evals.data.sources import expand

        return expand(sources)

    def open_audit(self, path: str, layout: str = "") -> "AuditDesk":
        """Read a file and the judgements beside it."""
        from selector.tui.auditing import AuditDesk

        return AuditDesk(str(Path(path).expanduser()), layout=layout)

    def export_decision(self, intake: "Intake", recommendation: "Recommendation") -> Path:
        """Write the decision record into the working directory, under a name that is free."""
        from itertools import count

        from reports.rundir import write_text
        from selector.decision_record import decision_record

        stem = f"decision-{recommendation.strategy.replace('+', '-')}"
        names = (Path(f"{stem}.md" if number == 1 else f"{stem}-{number}.md") for number in count(1))
        path = next(path for path in names if not path.exists())
        write_text(path, decision_record(intake, recommendation))
        return path

    def make_plan(
        self,
        intake: "Intake",
        recommendation: "Recommendation",
        sources: Sequence[str],
        model: str,
        strategy: "Strategy",
        layout: str = "",
    ) -> "Plan":
        """Resolve a strategy into a plan."""
        from selector import pipeline
        from selector.planning import Request

        request = Request(tuple(sources), model, strategy=strategy, layout=layout or None)
        return pipeline.make_plan(intake, recommendation, request)

    def override(self, plan: "Plan", where: str, name: str, text: str) -> "Plan":
        """Set one option of a plan."""
        from selector.planning import override

        return override(plan, where, name, text)

    def start(self, plan: "Plan", intake: "Intake", recommendation: "Recommendation") -> "RunDir":
        """Make a run and start its process."""
        from selector import pipeline

        run = pipeline.create_run(self._root, f"{plan.strategy} on {plan.model.label}", plan, intake, recommendation)
        pipeline.start(run)
        return run

    def start_demo(self, say: Say) -> "RunDir":
        """Build the embedded default and start its run."""
        from selector import pipeline

        run = pipeline.create_demo_run(self._root, say)
        pipeline.start(run)
        return run

    def resume(self, run: "RunDir") -> None:
        """Continue a run."""
        from selector import pipeline

        pipeline.resume(run)

    def request_stop(self, run: "RunDir", now: bool = False) -> bool:
        """Ask the process of a run to stop, or end it."""
        from selector import pipeline

        return pipeline.stop_now(run) if now else pipeline.request_stop(run)

    def is_alive(self, run: "RunDir") -> bool:
        """Look for the process of a run."""
        from selector import process

        return process.is_alive(run)

    def open_path(self, path: Path) -> bool:
        """Open a file in the browser of the desktop."""
        import os
        import shutil
        import subprocess
        import sys

        opener = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
        has_display = sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
        if opener is None or not has_display:
            return False
        # Its words must not land on the screen of the app, and it must not end with it.
        nowhere = subprocess.DEVNULL
        subprocess.Popen([opener, str(path.resolve())], stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True)
        return True
