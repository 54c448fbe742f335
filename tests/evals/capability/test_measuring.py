"""Tasks of lm-evaluation-harness on the loaded pair: the harness's own answers, kept once they are finished."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from evals.capability import harness, measuring
from evals.capability.harness import batch_size
from evals.capability.tasks import SHIPPED, find_tasks
from evals.metrics.capability import capability
from reports.errors import InterruptedRunError
from reports.records.evaluation import Side
from reports.records.plan import TaskPlan
from tests.evals.capability.conftest import CHOICE, GENERATE, Tried, questions

if TYPE_CHECKING:
    from peft import PeftModel

Own = Callable[..., TaskPlan]
SHORT = tuple(TaskPlan(name=name, limit=6) for name in SHIPPED)


def plain(model: Path, task: TaskPlan, size: int, adapter: Path | None, template: bool) -> list[dict[str, Any]]:
    """Return what the harness itself finds, from a model that it loads by name."""
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    folder = task.folder or str(Path(harness.__file__).parent.parent / "tasks")
    found = simple_evaluate(
        model="hf",
        model_args={"pretrained": str(model), "dtype": "float32", **({"peft": str(adapter)} if adapter else {})},
        tasks=[task.name],
        task_manager=TaskManager(include_path=folder, include_defaults=False),
        batch_size=size,
        device="cpu",
        bootstrap_iters=0,
        apply_chat_template=template,
        fewshot_as_multiturn=template,
    )
    return list(found["samples"][task.name])


@pytest.mark.parametrize("side", ["baseline", "candidate"])
@pytest.mark.parametrize("kind", ["options", "options in turns", "generation"])
def test_each_answer_is_the_one_that_the_harness_gives_by_itself(
    tried: Tried, model: Path, own_task: Own, monkeypatch: pytest.MonkeyPatch, kind: str, side: Side
) -> None:
    template = kind == "options in turns"
    task = own_task("own_tea", questions(9), GENERATE if kind == "generation" else CHOICE)
    tried = tried._replace(asking=tried.asking._replace(layout=tried.asking.layout._replace(has_template=template)))
    seen: list[list[dict[str, Any]]] = []
    ask = harness.ask

    def seen_asking(*given: Any) -> list[dict[str, Any]]:
        seen.append(ask(*given))
        return seen[-1]

    monkeypatch.setattr(measuring, "ask", seen_asking)

    (answered,) = tried.ask(task, batch_tokens=160)

    size = batch_size(tried.asking.layout._replace(batch_tokens=160), longest(tried, task))
    alone = plain(model, task, size, tried.run.adapter("1-dpo") if side == "candidate" else None, template)
    ours = seen[0 if side == "baseline" else 1]
    assert size > 1
    assert [sample["resps"] for sample in ours] == [sample["resps"] for sample in alone]
    metric = answered.results[0][side].metric.partition(",")[0]
    assert [answer.value for answer in answered.results[0][side].answers] == [sample[metric] for sample in alone]


@pytest.mark.parametrize(("template", "remembers"), [(CHOICE, False), (GENERATE, True)])
def test_keys_and_values_are_kept_only_where_answers_are_generated(
    tried: Tried, own_task: Own, template: str, remembers: bool
) -> None:
    model = cast("PeftModel", tried.asking.pair.candidate)
    seen: set[bool] = set()
    watching = model.get_base_model().register_forward_pre_hook(lambda *_: seen.add(bool(model.config.use_cache)))

    tried.ask(own_task("own_tea", questions(2), template))

    watching.remove()
    assert seen == {remembers}
    assert model.config.use_cache


def longest(tried: Tried, task: TaskPlan) -> int:
    lm = harness.wrap(tried.asking.pair.candidate, tried.asking.tokenizer, tried.asking.layout, 1, lambda: None)
    return harness.choose(find_tasks(task)[0], task.limit, lm, tried.asking.layout).longest


def test_both_sides_are_joined_by_question_and_families_are_kept(tried: Tried) -> None:
    facts, reading = (capability(answered) for answered in tried.ask(*SHORT))

    assert (facts.name, facts.n, facts.missing, facts.unit) == ("capability_tunegate_facts", 6, 0, "rate")
    assert len({pair.prompt_id for pair in facts.pairs}) == 6
    assert {pair.family.partition("/")[0] for pair in reading.pairs} == {"tunegate_reading"}
    assert "guessing gives 25 %" in facts.method
    assert any(pair.baseline != pair.candidate for metric in (facts, reading) for pair in metric.pairs)


def test_a_limit_takes_questions_from_all_over_the_task(tried: Tried) -> None:
    (answered,) = tried.ask(TaskPlan(name="tunegate_facts", limit=4))

    assert [answer.doc_id for answer in answered.results[0]["baseline"].answers] == [0, 27, 54, 81]


def test_a_finished_task_is_not_asked_again_after_a_kill(tried: Tried, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []
    real = measuring._asked

    def counted(found: Any, plan: Any, chosen: Any, side: Side, *rest: Any) -> Any:
        if len(asked) == 3 and not killed:
            killed.append(True)
            tried.run.stop_file.touch()
        asked.append((found.name, side))
        return real(found, plan, chosen, side, *rest)

    killed: list[bool] = []
    monkeypatch.setattr(measuring, "_asked", counted)
    with pytest.raises(InterruptedRunError, match="tunegate_reading"):
        tried.ask(*SHORT)
    tried.run.stop_file.unlink()
    again = tried.ask(*SHORT)

    every = [(name, side) for name in SHIPPED for side in ("baseline", "candidate")]
    assert asked == [*every, every[-1]]
    assert tried.ask(*SHORT) == again
    assert len(asked) == 5


@pytest.mark.parametrize("changed", ["candidate", "limit", "question", "batch"])
def test_what_the_answers_depend_on_makes_them_stale(
    tried: Tried, own_task: Own, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    task = own_task("own_tea", questions(5))
    tried.ask(task)
    asked: list[Side] = []
    real = measuring._asked

    def noted(*given: Any) -> Any:
        asked.append(given[3])
        return real(*given)

    monkeypatch.setattr(measuring, "_asked", noted)
    other: dict[str, Any] = {}
    if changed == "candidate":
        identity: dict[Side, str] = {"baseline": "b", "candidate": "another"}
        tried = tried._replace(asking=tried.asking._replace(identity=identity))
    if changed == "limit":
        task = TaskPlan(name=task.name, folder=task.folder, limit=3)
    if changed == "question":
        rows = questions(5)
        task = own_task("own_tea", [{**row, "answer": 0} for row in rows])
    if changed == "batch":
        other["batch_tokens"] = 64

    tried.ask(task, **other)

    assert asked == (["candidate"] if changed == "candidate" else ["baseline", "candidate"])


def test_where_memory_runs_out_both_sides_are_asked_in_smaller_batches(tried: Tried, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[tuple[Side, int]] = []
    real = measuring._asked

    def scarce(found: Any, plan: Any, chosen: Any, side: Side, size: int, asking: Any) -> Any:
        sizes.append((side, size))
        if side == "candidate" and size > 4:
            raise RuntimeError("CUDA out of memory")
        return real(found, plan, chosen, side, size, asking)

    monkeypatch.setattr(measuring, "_asked", scarce)
    tried.ask(SHORT[0], batch_tokens=700)

    assert sizes[-2:] == [("baseline", sizes[-1][1]), ("candidate", sizes[-1][1])]
    assert sizes[0][1] > 4 >= sizes[-1][1]


def test_questions_that_do_not_fit_are_missing_and_never_wrong(tried: Tried, own_task: Own) -> None:
    long, short = questions(2, length=60), questions(3)

    some = capability(tried.ask(own_task("own_mixed", [*short, *long]))[0])
    none = capability(tried.ask(own_task("own_long", long))[0])
    talkative = capability(tried.ask(own_task("own_talk", short, GENERATE, new_tokens=400))[0])

    assert (some.n, some.missing) == (3, 2)
    assert "2 of 5 questions do not fit" in some.because
    assert (none.n, none.missing, none.baseline.value) == (0, 2, None)
    assert (talkative.n, talkative.missing) == (0, 3)


def test_a_task_without_a_number_for_each_question_is_missing_with_the_reason(tried: Tried, own_task: Own) -> None:
    task = own_task("own_tea", questions(4))
    named = TaskPlan(name=task.name, folder=task.folder, metric="bleu")

    found = capability(tried.ask(named)[0])

    assert (found.n, found.missing) == (0, 4)
    assert "acc, acc_norm" in found.because
