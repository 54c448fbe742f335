"""Finding tasks by name: what ships, a folder of the user's, and an error that says what there is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from evals.capability.tasks import SHIPPED, find_tasks, parse_tasks, require_planned
from reports.errors import DataError, MissingError, UsageError
from reports.records.plan import TaskPlan
from tests.evals.capability.conftest import CHOICE, questions

Own = Callable[..., TaskPlan]


def test_what_ships_is_asked_without_being_named() -> None:
    assert parse_tasks(()) == tuple(TaskPlan(name=name) for name in SHIPPED)
    assert {task.limit for task in parse_tasks((), limit=7)} == {7}


def test_a_task_of_ones_own_joins_them_with_its_metric(own_task: Own) -> None:
    folder = own_task("own_tea", questions(3)).folder

    plans = parse_tasks(("own_tea=acc_norm",), Path(folder))

    assert [plan.name for plan in plans] == [*SHIPPED, "own_tea"]
    assert (plans[-1].metric, plans[-1].folder) == ("acc_norm", folder)
    assert len(find_tasks(plans[-1])[0].task.eval_docs) == 3


def test_a_group_stands_for_all_of_its_tasks(own_task: Own) -> None:
    folder = Path(own_task("own_tea", questions(3)).folder)
    own_task("own_cup", questions(2))
    (folder / "both.yaml").write_text("group: own_both\ntask: [own_tea, own_cup]\n")

    found = find_tasks(TaskPlan(name="own_both", folder=str(folder)))

    assert {one.name for one in found} == {"own_tea", "own_cup"}


def test_a_name_that_is_no_task_is_answered_with_the_nearest_and_what_there_is(
    own_task: Own, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lm_eval import tasks

    real, asked = tasks.TaskManager, []

    def without_the_thousands(include_path: list[str], include_defaults: bool = True) -> tasks.TaskManager:
        asked.append(include_defaults)
        return real(include_path=include_path, include_defaults=False)

    monkeypatch.setattr(tasks, "TaskManager", without_the_thousands)
    folder = Path(own_task("own_tea", questions(3)).folder)

    with pytest.raises(UsageError, match=r"did you mean 'own_tea'\?.*tunegate_facts.*lm-eval ls tasks.*--tasks-folder"):
        parse_tasks(("own_te",), folder)
    assert asked == [False, True]


def test_a_metric_that_the_task_does_not_have_is_refused_before_anything_trains(own_task: Own) -> None:
    folder = Path(own_task("own_tea", questions(3)).folder)

    with pytest.raises(UsageError, match=r"own_tea=bleu.*acc, acc_norm"):
        parse_tasks(("own_tea=bleu",), folder)


def test_questions_that_cannot_be_loaded_are_missing(tmp_path: Path) -> None:
    (tmp_path / "gone.yaml").write_text(CHOICE.format(name="gone", data=tmp_path / "gone.jsonl"))

    with pytest.raises(MissingError, match=r"--task gone: its questions cannot be loaded") as error:
        parse_tasks(("gone",), tmp_path)
    assert error.value.exit_code == 3


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        parse_tasks(("own_tea",), tmp_path / "absent")


@pytest.mark.parametrize("changed", ["", "options", "question", "code"])
def test_a_task_that_changed_since_it_was_planned_is_refused(own_task: Own, changed: str) -> None:
    folder = Path(own_task("own_tea", questions(3)).folder)
    plan = parse_tasks(("own_tea",), folder)[-1]
    if changed == "question":
        own_task("own_tea", [*questions(2), {**questions(3)[2], "answer": 0}])
    if changed == "options":
        own_task("own_tea", questions(3), CHOICE.replace("{{{{question}}}}", "{{{{question}}}} Answer:"))
    if changed == "code":
        (folder / "reading.py").write_text("def read(doc): return doc")

    if changed:
        with pytest.raises(DataError, match=r"--task own_tea: .* not those the plan was made with"):
            require_planned(plan)
    else:
        assert [found.name for found in require_planned(plan)] == ["own_tea"]


def test_a_plan_without_a_digest_takes_the_task_as_it_is(own_task: Own) -> None:
    assert len(require_planned(own_task("own_tea", questions(3)))) == 1
