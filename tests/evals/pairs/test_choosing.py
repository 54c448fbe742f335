"""A person's choices: random order, stored at once, taken back, taken from a file."""

import json
from pathlib import Path

import pytest

from evals.pairs.choosing import Choosing, StoredChoice, read_choices, write_open_items
from reports.errors import DataError, UsageError
from reports.jsonl import Jsonl
from tests.evals.pairs.judging import group

GROUPS = [group("calm", "loud", prompt=f"tea {place}?") for place in range(20)]


def session(folder: Path, every: bool = False) -> Choosing:
    """Return a session on the stored choices of a folder."""
    return Choosing(GROUPS, every, 0, Jsonl(folder / "choices.jsonl", StoredChoice))


def test_the_order_is_random_and_the_lead_follows_the_answer(tmp_path: Path) -> None:
    choosing = session(tmp_path)
    assert 3 < sum(item.shown.a == "calm" for item in choosing.items) < 17
    while (item := choosing.next_item()) is not None:
        choosing.choose(item, "a" if item.shown.a == "calm" else "b")
    assert [dict(one.leads) for one in choosing.compared()] == [{(0, 1): 1.0}] * 20


def test_a_stopped_session_goes_on_where_it_was(tmp_path: Path) -> None:
    first = session(tmp_path)
    for choice in ("a", "tie", "skip"):
        item = first.next_item()
        assert item is not None
        first.choose(item, choice)
    first.undo()
    again = session(tmp_path)
    assert list(again.choices.values()) == ["a", "tie"]
    assert again.next_item() == again.items[2]
    assert [one.error for one in again.compared()[:3]] == ["", "", "nobody has decided yet"]


def test_choices_come_from_a_file_made_elsewhere(tmp_path: Path) -> None:
    choosing = session(tmp_path)
    assert write_open_items(choosing, tmp_path / "open.jsonl") == 20
    rows = [json.loads(line) for line in (tmp_path / "open.jsonl").read_text().splitlines()]
    assert set(rows[0]) == {"item", "prompt", "a", "b"}
    (tmp_path / "done.jsonl").write_text("".join(json.dumps({"item": one["item"], "choice": "B"}) + "\n" for one in rows))
    read_choices(choosing, str(tmp_path / "done.jsonl"))
    assert choosing.next_item() is None
    assert all(set(one.leads.values()) <= {1.0, -1.0} for one in choosing.compared())


@pytest.mark.parametrize(
    ("row", "error", "reason"),
    [
        ({"item": "none", "choice": "a"}, UsageError, "none of these comparisons"),
        ({"item": "x", "choice": "left"}, DataError, "not a, b, tie or skip"),
        ({"choice": "a"}, DataError, "'item' is missing"),
    ],
)
def test_a_choice_that_fits_nothing_is_refused(tmp_path: Path, row: dict[str, str], error: type[Exception], reason: str) -> None:
    (tmp_path / "done.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(error, match=reason):
        read_choices(session(tmp_path), str(tmp_path / "done.jsonl"))


def test_every_comparison_can_be_asked(tmp_path: Path) -> None:
    three = [group("a", "b", "c")]
    store = Jsonl(tmp_path / "choices.jsonl", StoredChoice)
    assert (len(Choosing(three, False, 0, store).items), len(Choosing(three, True, 0, store).items)) == (1, 3)
