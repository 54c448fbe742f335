"""A fake behind the app's doorway: fixed data, no processes, and a note of what was asked for."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from evals.data.check import CheckedData
from evals.data.sources import expand
from reports.errors import TunegateError, UsageError
from reports.overview import Overview, overview
from reports.records.gates import Gates
from reports.records.intake import Fact, Intake
from reports.records.plan import Plan
from reports.records.recommendation import Ranked, Recommendation, Strategy
from reports.rundir import RunDir, list_runs
from selector.check_process import CheckOrder, Cleaned, keep_cleaned
from selector.intake import QUESTIONS, parse_answer
from selector.planning import override
from selector.question import Question
from selector.tui.auditing import AuditDesk
from tests.reports.sample_decision import sample_plan, sample_recommendation
from tests.reports.sample_run import build_sample_run
from tests.selector.tui.sample_checks import sample_checked

NOW = 1_795_219_500.0
"""2026-11-21T00:05:00Z, a little after the sample run."""


class FakeVerbs:
    """Answers like tunegate; `failures` maps the name of a verb to the error it raises."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.failures: dict[str, Exception] = {}
        self.calls: list[str] = []
        self.alive = False
        self.display = True
        self.intakes: list[Intake] = []
        self.planned: list[tuple[Strategy, tuple[str, ...], str]] = []
        self.started: list[Plan] = []
        self.layouts: list[str] = []
        self.orders: list[CheckOrder] = []
        self.demo: Callable[[Callable[[str, int, int], None]], None] = lambda say: say("Training the base model", 3, 10)

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name in self.failures:
            raise self.failures[name]

    def runs(self) -> list[Overview]:
        self._called("runs")
        return [overview(run) for run in list_runs(self.root)]

    def open_run(self, run_id: str) -> RunDir:
        self._called("open_run")
        return RunDir.open(self.root / run_id)

    def delete_run(self, run_id: str) -> None:
        self._called("delete_run")
        shutil.rmtree(self.root / run_id)

    def compare(self, first: str, second: str) -> str:
        self._called("compare")
        return f"A  {first}\nB  {second}"

    def read_gates(self, run: RunDir) -> Gates:
        self._called("read_gates")
        return run.read(Gates)

    def questions(self) -> tuple[Question, ...]:
        self._called("questions")
        return QUESTIONS

    def parse_answer(self, question: Question, text: str) -> Fact:
        return parse_answer(question, text, "asked")

    def measured_facts(self, sources: Sequence[str], model: str | None, layout: str = "") -> Mapping[str, Fact]:
        self.layouts.append(layout)
        self._called("measured_facts")
        rows = Fact(name="demonstrations", value=640.0, origin="probed", because="counted in voice.jsonl")
        gpus = Fact(name="gpu_count", value=0.0, origin="probed", because="no NVIDIA driver answers here")
        return {fact.name: fact for fact in ((rows, gpus) if sources else (gpus,))}

    def recommend(self, intake: Intake) -> Recommendation:
        """Let pairs decide: each one moves P(best) from SFT to SFT then DPO."""
        self._called("recommend")
        self.intakes.append(intake)
        fact = intake.facts.get("preference_pairs")
        pairs = float(fact.value) if fact is not None and isinstance(fact.value, int | float) else 820.0
        share = min(0.9, pairs / 1200)
        found = sample_recommendation()
        ranking = sorted((_with_share(ranked, share) for ranked in found.ranking), key=lambda ranked: -ranked.p_best)
        return replace(found, ranking=tuple(ranking), strategy=ranking[0].strategy)

    def check(self, order: CheckOrder, say: Callable[[str, int, int], None]) -> CheckedData:
        self.orders.append(order)
        say("Looking into the rows", 4, 5)
        self._called("check")
        return sample_checked()

    def clean(self, order: CheckOrder, say: Callable[[str, int, int], None]) -> Cleaned:
        self._called("clean")
        folder = self.root.parent / "waiting" / "cleaned"
        folder.mkdir(parents=True)
        (folder / "voice.jsonl").write_text("{}\n")
        return Cleaned(folder, 1240, {"repeats an earlier row": 31, "LEAK001: the prompt is measured on": 4})

    def keep_cleaned(self, cleaned: Cleaned, folder: str) -> list[Path]:
        self._called("keep_cleaned")
        return keep_cleaned(cleaned, Path(folder))

    def data_files(self, sources: Sequence[str]) -> list[str]:
        return expand(sources)

    def open_audit(self, path: str, layout: str = "") -> AuditDesk:
        self._called("open_audit")
        return AuditDesk(path, layout=layout)

    def export_decision(self, intake: Intake, recommendation: Recommendation) -> Path:
        self._called("export_decision")
        return self.root / "decision-sft.md"

    def make_plan(
        self,
        intake: Intake,
        recommendation: Recommendation,
        sources: Sequence[str],
        model: str,
        strategy: Strategy,
        layout: str = "",
    ) -> Plan:
        self.layouts.append(layout)
        self._called("make_plan")
        self.planned.append((strategy, tuple(sources), model))
        return replace(sample_plan(), strategy=strategy)

    def override(self, plan: Plan, where: str, name: str, text: str) -> Plan:
        return override(plan, where, name, text)

    def start(self, plan: Plan, intake: Intake, recommendation: Recommendation) -> RunDir:
        self._called("start")
        self.started.append(plan)
        self.alive = True
        return build_sample_run(self.root, upto="train", name="20261121-000000-started")

    def start_demo(self, say: Callable[[str, int, int], None]) -> RunDir:
        self._called("start_demo")
        self.demo(say)
        self.alive = True
        return build_sample_run(self.root, upto="train", name="20261121-000100-demo")

    def resume(self, run: RunDir) -> None:
        self._called("resume")
        self.alive = True

    def request_stop(self, run: RunDir, now: bool = False) -> bool:
        self._called("stop_now" if now else "request_stop")
        run.stop_file.touch()
        return self.alive

    def is_alive(self, run: RunDir) -> bool:
        return self.alive

    def open_path(self, path: Path) -> bool:
        self._called("open_path")
        return self.display


def refused(text: str) -> TunegateError:
    """Return an error as a verb raises it."""
    return UsageError(text)


def _with_share(ranked: Ranked, share: float) -> Ranked:
    shares = {"sft+dpo": share, "sft": (1 - share) * 0.8, "orpo": (1 - share) * 0.2}
    return replace(ranked, p_best=shares[ranked.strategy])
