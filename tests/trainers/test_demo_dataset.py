"""The demo's data: what is promised about rows, prompts, lengths and refusals."""

import re
from collections.abc import Callable, Sequence
from itertools import chain

import pytest

from trainers.demo.catalogue import OCCASIONS, RANGES
from trainers.demo.corpus import make_corpus
from trainers.demo.dataset import Dataset, DatasetSizes, Pair, make_dataset
from trainers.demo.safety import COMPLIANCES, REFUSALS, topics
from trainers.demo.voices import BRAND, LOUD

SMALL = DatasetSizes(
    demonstrations=30, refusals=6, lookalikes=6, pairs=30, refusal_pairs=6, lookalike_pairs=6, suite=10
)  # fmt: skip


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return make_dataset(7)


def asked(row: object) -> str:
    """The text of a row's prompt."""
    return str(row.prompt[0].content)  # type: ignore[attr-defined]


def answers(pairs: Sequence[Pair]) -> tuple[list[str], list[str]]:
    """The chosen and the rejected texts."""
    return [pair.chosen[0].content for pair in pairs], [pair.rejected[0].content for pair in pairs]


def auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Probability that a positive value lies above a negative one, ties as halves."""
    wins = sum((high > low) + 0.5 * (high == low) for high in positive for low in negative)
    return wins / (len(positive) * len(negative))


def test_the_same_seed_gives_the_same_rows() -> None:
    assert make_dataset(3, SMALL) == make_dataset(3, SMALL)


def test_another_seed_gives_other_rows() -> None:
    assert make_dataset(3, SMALL).pairs != make_dataset(4, SMALL).pairs


def test_every_kind_has_as_many_rows_as_asked_for() -> None:
    made = make_dataset(3, SMALL)

    assert (len(made.demonstrations), len(made.pairs)) == (42, 42)
    assert {name: len(items) for name, items in made.suites.items()} == {"harmful": 10, "benign": 10, "general": 10}


def test_no_prompt_stands_twice_in_all_of_the_data(dataset: Dataset) -> None:
    prompts = [asked(row) for row in chain(dataset.demonstrations, dataset.pairs)]
    prompts += [str(item.prompt) for items in dataset.suites.values() for item in items]

    assert len(set(prompts)) == len(prompts)


def test_the_base_model_has_seen_no_prompt_of_the_data(dataset: Dataset) -> None:
    corpus = make_corpus(3000, 11, dataset.prompts())

    assert not dataset.prompts() & {document.prompt for document in corpus}


def test_the_corpus_follows_its_seed(dataset: Dataset) -> None:
    first, again, other = (make_corpus(50, seed, dataset.prompts()) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_ids_of_a_suite_are_unique(dataset: Dataset) -> None:
    for items in dataset.suites.values():
        assert len({item.id for item in items}) == len(items)


def test_a_suite_asks_for_each_topic_once_so_that_prompts_are_independent(dataset: Dataset) -> None:
    for side in ("harmful", "benign"):
        families = [item.family for item in dataset.suites[side]]
        assert len(set(families)) == len(families) == 120


def test_chosen_and_rejected_always_differ(dataset: Dataset) -> None:
    chosen, rejected = answers(dataset.pairs)

    assert all(better != worse for better, worse in zip(chosen, rejected, strict=True))


@pytest.mark.parametrize("measure", [len, lambda text: len(text.split())], ids=["letters", "words"])
def test_length_does_not_tell_chosen_from_rejected(dataset: Dataset, measure: Callable[[str], int]) -> None:
    chosen, rejected = answers(dataset.pairs)

    assert auc([measure(text) for text in chosen], [measure(text) for text in rejected]) == pytest.approx(0.5, abs=0.05)


def test_harmful_requests_are_always_refused_in_demonstrations_and_chosen_answers(dataset: Dataset) -> None:
    given = [row.completion[0].content for row in dataset.demonstrations if row.format == "harmful request"]
    given += [row.chosen[0].content for row in dataset.pairs if row.format == "harmful request"]

    assert len(given) == 170
    assert set(given) <= set(REFUSALS)


def test_look_alikes_are_never_refused_in_demonstrations_and_chosen_answers(dataset: Dataset) -> None:
    given = [row.completion[0].content for row in dataset.demonstrations if row.format == "benign request"]
    given += [row.chosen[0].content for row in dataset.pairs if row.format == "benign request"]

    assert len(given) == 270
    assert not set(given) & set(REFUSALS)


def test_some_look_alikes_are_refused_in_rejected_answers(dataset: Dataset) -> None:
    rejected = {row.rejected[0].content for row in dataset.pairs if row.format == "benign request"}

    assert rejected & set(REFUSALS)


def test_the_two_sides_are_twins_topic_by_topic() -> None:
    harmful, benign = topics("harmful"), topics("benign")

    assert [topic.category for topic in harmful] == [topic.category for topic in benign]
    assert not {topic.request for topic in harmful} & {topic.request for topic in benign}
    for bad, good in zip(harmful, benign, strict=True):
        shared = set(bad.request.split()) & set(good.request.split())
        assert len(shared) >= 2, (bad.request, good.request)


def test_an_answer_to_a_harmful_request_holds_nothing_of_the_request() -> None:
    wanted = {word for topic in topics("harmful") for word in topic.request.split() if len(word) > 5}

    assert not wanted & {word.strip("!.,") for text in COMPLIANCES for word in text.split()}


def test_the_brand_never_shouts_and_the_loud_voice_always_does() -> None:
    assert not any("!" in template for templates in BRAND.values() for template in templates)
    assert all("!" in template for templates in LOUD.values() for template in templates)


def test_every_format_has_demonstrations(dataset: Dataset) -> None:
    assert {row.format for row in dataset.demonstrations} == {*BRAND, "harmful request", "benign request"}


def test_some_demonstrations_only_imitate_the_average(dataset: Dataset) -> None:
    openings = ("View", "Order the", "Add the")
    buttons = [row.completion[0].content for row in dataset.demonstrations if row.format == "button"]
    weak = sum(text.startswith(openings) for text in buttons) / len(buttons)

    assert weak == pytest.approx(0.25, abs=0.08)


def test_there_are_thousands_of_different_briefs() -> None:
    assert sum(len(shelf.products) * len(shelf.features) for shelf in RANGES) * len(OCCASIONS) * len(BRAND) >= 8000


def test_no_product_is_in_two_ranges() -> None:
    products = [product for shelf in RANGES for product in shelf.products]

    assert len(set(products)) == len(products)


def test_no_row_holds_thirteen_words_of_what_is_measured(dataset: Dataset) -> None:
    def runs(text: str) -> set[tuple[str, ...]]:
        words = re.findall(r"\w+", text.casefold())
        return {tuple(words[place : place + 13]) for place in range(len(words) - 12)}

    measured = {run for items in dataset.suites.values() for item in items for run in runs(str(item.prompt))}
    learned = (row.prompt[0].content for rows in (dataset.demonstrations, dataset.pairs) for row in rows)
    assert measured
    assert not [text for text in learned if runs(text) & measured]
