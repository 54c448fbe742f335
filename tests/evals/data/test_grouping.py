"""Near duplicates stay together when data are cut, and a template does not."""

import random
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from evals.data.examples import Example, Fields
from evals.data.grouping import group_prompts
from evals.data.near import find_near, group_near
from evals.data.splits import Needs, Rows, cut
from tests.evals.data.rows import demonstration, example, examples, pair

WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath", "islet", "juniper", "kelp", "larch")
ENDS = ("", "!", " please", " today please", " now")


def wordy(number: int, end: str = "") -> str:
    """Return a prompt of twenty words that shares no triple of words with one of another number."""
    return " ".join(f"{WORDS[(number + place) % len(WORDS)]}{number}" for place in range(20)) + end


def asked(texts: Sequence[str]) -> list[Example]:
    """Return pairs with these prompts."""
    return [example({**pair(place), "prompt": text}, place) for place, text in enumerate(texts, start=1)]


def test_a_chain_of_near_duplicates_is_one_group() -> None:
    words = [f"w{place}" for place in range(30)]
    links = [" ".join(words[step : step + 20]) for step in range(5)]
    assert len(find_near([links[0], links[4]])) == 0
    assert group_near([wordy(2), *links, wordy(3)]) == [0, 1, 1, 1, 1, 1, 6]


def test_texts_of_their_own_stay_alone() -> None:
    assert group_near([wordy(number) for number in range(50)]) == list(range(50))
    assert group_near([]) == []
    assert group_near(["alone"]) == [0]


def test_groups_are_counted_and_told() -> None:
    grouping = group_prompts(asked([wordy(number, end) for number in range(6) for end in ("", "!")]))
    assert (grouping.groups, grouping.grouped, grouping.dissolved, grouping.notes) == (6, 12, (), [])
    assert grouping.rule == "by prompt, and 12 prompts that nearly repeat another stay together in 6 groups"
    alone = group_prompts(asked([wordy(number) for number in range(6)]))
    assert (alone.groups, alone.rule) == (0, "by prompt; no two prompts nearly repeat each other")


def test_the_prompts_of_a_template_are_taken_apart_and_named() -> None:
    texts = [f"{wordy(0)} number {number}" for number in range(60)] + [wordy(1), wordy(1, "!"), *map(wordy, range(2, 100))]
    grouping = group_prompts(asked(texts))
    assert (grouping.dissolved, grouping.groups, grouping.grouped) == ((60,), 1, 2)
    assert grouping.notes[0].startswith("60 of 160 prompts nearly repeat each other, as prompts of one template do")
    splits = cut(Rows(pairs=asked(texts)), Needs(False, True, False, 0, 0), grouping)
    assert {name: len(rows) for name, rows in splits.rows.items()} == {"pairs_train": 140, "pairs_eval": 20}


def test_system_turns_and_marks_of_speakers_make_no_prompts_alike() -> None:
    system = {"role": "system", "content": wordy(0) * 3}
    fields: list[Fields] = [
        {"prompt": [system, {"role": "user", "content": wordy(number)}], "completion": "a"} for number in range(1, 9)
    ]
    assert group_prompts(examples(fields)).groups == 0


def test_a_demonstration_near_a_pair_goes_where_the_pair_goes() -> None:
    shown = [example({**demonstration(number), "prompt": wordy(number, "!")}, number) for number in range(100)]
    compared = asked([wordy(number) for number in range(100)])
    splits = cut(Rows(shown, compared), Needs(True, True, False, 0, 0), group_prompts([*shown, *compared]))
    held_out = {str(row.fields["prompt"]) for row in splits.rows["pairs_eval"]}
    assert {str(row.fields["prompt"]) for row in splits.rows["sft_eval"]} == {f"{prompt}!" for prompt in held_out}
    assert len(held_out) == 20


@settings(max_examples=40, deadline=None)
@given(
    copies=st.lists(st.integers(1, len(ENDS)), min_size=60, max_size=90),
    order=st.randoms(use_true_random=False),
    judge=st.booleans(),
    seed=st.integers(0, 3),
)
def test_no_near_duplicate_straddles_and_sizes_keep_to_the_rule(
    copies: list[int], order: random.Random, judge: bool, seed: int
) -> None:
    texts = [wordy(number, end) for number, count in enumerate(copies) for end in ENDS[:count]]
    needs = Needs(sft=False, pairs=True, judge=judge, target_prompts=0, seed=seed)
    rows = asked(texts)
    splits = cut(Rows(pairs=rows), needs, group_prompts(rows)).rows
    places: dict[str, set[str]] = {}
    for name, found in splits.items():
        for row in found:
            places.setdefault(str(row.fields["prompt"]).split()[0], set()).add(name)
    assert all(len(names) == 1 for names in places.values())
    assert sum(map(len, splits.values())) == len(rows)
    assert abs(len(splits["pairs_eval"]) - max(20, len(rows) / 10)) <= len(ENDS)
    order.shuffle(rows)
    again = cut(Rows(pairs=rows), needs, group_prompts(rows)).rows
    assert {name: sorted(row.number for row in found) for name, found in again.items()} == {
        name: sorted(row.number for row in found) for name, found in splits.items()
    }
