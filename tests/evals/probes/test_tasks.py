"""The local lm-eval tasks: the harness loads them offline, and the right answers are spread evenly."""

from collections import Counter
from typing import Any

import pytest

from evals.data.near import find_near
from evals.tasks.items import TASKS, read_items

NAMES = ("tunegate_facts", "tunegate_reading")


@pytest.fixture(scope="module")
def tasks() -> dict[str, Any]:
    from lm_eval.tasks import TaskManager

    return dict(TaskManager(include_path=str(TASKS), include_defaults=False).load(list(NAMES))["tasks"])


def test_the_tasks_hold_at_least_200_items_with_four_different_options() -> None:
    items = [item for name in NAMES for item in read_items(name)]

    assert len(items) >= 200
    assert len({item.id for item in items}) == len(items)
    assert all(len(set(item.choices)) == 4 and all(item.choices) for item in items)
    assert find_near([item.question for item in items]) == []


@pytest.mark.parametrize("name", NAMES)
def test_each_place_holds_a_quarter_of_the_right_answers(name: str) -> None:
    places = Counter(item.answer for item in read_items(name))

    assert set(places) == {0, 1, 2, 3}
    assert max(places.values()) - min(places.values()) <= 1


@pytest.mark.parametrize("name", NAMES)
def test_neither_the_longest_nor_the_shortest_option_gives_the_answer_away(name: str) -> None:
    items = read_items(name)
    longest = sum(len(item.choices[item.answer]) > max(len(c) for c in _wrong(item.choices, item.answer)) for item in items)
    shortest = sum(len(item.choices[item.answer]) < min(len(c) for c in _wrong(item.choices, item.answer)) for item in items)

    assert longest / len(items) < 0.4
    assert shortest / len(items) < 0.4


def test_a_passage_and_its_questions_are_one_family() -> None:
    items = [item for item in read_items("tunegate_reading") if item.passage]

    assert set(Counter(item.family for item in items).values()) == {2}
    assert len({(item.family, item.passage) for item in items}) == len({item.family for item in items})


@pytest.mark.parametrize("name", NAMES)
def test_the_harness_reads_every_item_without_the_hub(tasks: dict[str, Any], name: str) -> None:
    task, items = tasks[name], read_items(name)
    docs = list(task.test_docs())

    assert [task.doc_to_target(doc) for doc in docs] == [item.answer for item in items]
    assert [tuple(task.doc_to_choice(doc)) for doc in docs] == [item.choices for item in items]
    for doc, item in zip(docs, items, strict=True):
        passage = f"{item.passage}\n\n" if item.passage else ""
        assert task.doc_to_text(doc) == f"{passage}Question: {item.question}\nAnswer:"


def _wrong(choices: tuple[str, ...], answer: int) -> list[str]:
    return [choice for place, choice in enumerate(choices) if place != answer]
