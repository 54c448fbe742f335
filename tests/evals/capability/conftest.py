"""A tiny pair, and tasks of the user's own in a folder."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from evals.capability.harness import Layout
from evals.capability.measuring import Answered, Asking, measure_capability
from evals.models import load_pair, load_tokenizer
from reports.progress import ProgressLog
from reports.records.plan import Plan, TaskPlan
from reports.rundir import RunDir
from tests.evals.tiny import build_tiny_model
from tests.evals.tiny_run import make_run

CHOICE = """
task: {name}
dataset_path: json
dataset_kwargs: {{data_files: {{test: {data}}}}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{{{question}}}}"
doc_to_choice: choices
doc_to_target: answer
metric_list: [{{metric: acc}}, {{metric: acc_norm}}]
"""
GENERATE = """
task: {name}
dataset_path: json
dataset_kwargs: {{data_files: {{test: {data}}}}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{question}}}}"
doc_to_target: "{{{{choices[answer]}}}}"
generation_kwargs: {{until: ["\\n"], max_gen_toks: {new_tokens}}}
metric_list: [{{metric: exact_match}}]
"""


class Tried(NamedTuple):
    """A run that is ready to be asked tasks."""

    run: RunDir
    plan: Plan
    asking: Asking

    def ask(self, *tasks: TaskPlan, batch_tokens: int = 1024) -> tuple[Answered, ...]:
        """Ask both sides these tasks."""
        layout = self.asking.layout._replace(batch_tokens=batch_tokens)
        return measure_capability(replace(self.plan, tasks=tasks), self.asking._replace(layout=layout))


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_model(tmp_path_factory.mktemp("capability") / "tiny")


@pytest.fixture
def tried(tmp_path: Path, model: Path) -> Tried:
    run, plan = make_run(tmp_path / "runs", model, scale=0.4)
    pair = load_pair(plan.model, run.adapter("1-dpo"))
    tokenizer = load_tokenizer(plan.model, messages=True).tokenizer
    layout = Layout(plan.model.context_length, 1024, has_template=False)
    identity = {"baseline": "b", "candidate": "c"}
    return Tried(run, plan, Asking(run, pair, tokenizer, identity, layout, ProgressLog(run)))  # type: ignore[arg-type]


@pytest.fixture
def own_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., TaskPlan]:
    """Return a function that writes a task of the user's and gives it as the plan names it."""
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))

    def write(name: str, rows: list[dict[str, object]], template: str = CHOICE, new_tokens: int = 8) -> TaskPlan:
        folder = tmp_path / "tasks"
        folder.mkdir(exist_ok=True)
        data = folder / f"{name}.jsonl"
        data.write_text("".join(json.dumps(row) + "\n" for row in rows))
        (folder / f"{name}.yaml").write_text(template.format(name=name, data=data, new_tokens=new_tokens))
        return TaskPlan(name=name, folder=str(folder))

    return write


def questions(count: int, length: int = 1) -> list[dict[str, object]]:
    """Return questions with four options; `length` repeats the wording."""
    return [
        {"question": f"Tea {at} or cup? " * length, "choices": [f"one {at}", "two cups", "three", "a fourth"], "answer": at % 4}
        for at in range(count)
    ]
