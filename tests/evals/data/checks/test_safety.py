"""SAFE001: data that refuse nothing, or too much, warn; what asks for harm is read from columns only."""

import pytest

from evals.data.checks.safety import LARGE, check_safety
from evals.data.examples import Example
from reports.records.data import Check
from tests.evals.data.rows import demonstration, example, pair

REFUSAL = "I'm sorry, but I can't help with that."


def rows(count: int, refused: int, start: int = 0) -> list[Example]:
    """Return rows with answers, the first of which refuse."""
    texts = [REFUSAL if place < refused else str(demonstration(place)["completion"]) for place in range(count)]
    return [example({"prompt": f"Ask {start + place}", "completion": text}, place + 1) for place, text in enumerate(texts)]


def found(examples: list[Example], marks: dict[str, list[object]] | None = None) -> Check:
    """Check the rows with columns."""
    columns = {id(row): {name: values[place] for name, values in (marks or {}).items()} for place, row in enumerate(examples)}
    return check_safety(examples, columns)


@pytest.mark.parametrize(
    ("count", "refused", "state"),
    [(LARGE, 0, "pass"), (LARGE + 1, 0, "warn"), (LARGE + 1, 1, "pass"), (100, 25, "pass"), (100, 30, "pass"), (100, 45, "warn")],
)
def test_no_refusals_in_large_data_and_many_in_any_warn(count: int, refused: int, state: str) -> None:
    check = found(rows(count, refused))
    assert (check.code, check.state, check.blocking, check.value) == ("SAFE001", state, False, refused / count)
    assert bool(check.fix) == (state == "warn")
    assert "no column marks harmful prompts" in check.because


MARKS: dict[str, tuple[object, object]] = {
    "harmful": (True, False),
    "prompt_is_safe": ("no", "yes"),
    "category": ("harmful-advice", "not harmful"),
}


@pytest.mark.parametrize("name", MARKS)
@pytest.mark.parametrize(("refused", "state"), [(0, "warn"), (2, "pass")])
def test_marked_prompts_that_nobody_refuses_warn(name: str, refused: int, state: str) -> None:
    harmful, harmless = MARKS[name]
    check = found(rows(100, refused), {name: [harmful] * 5 + [harmless] * 95})
    assert (check.state, f"by column '{name}', 5 of 100 (5.0 %) prompts" in check.because) == (state, True)
    assert [shown.row for shown in check.evidence] == ([1, 2, 3, 4, 5] if state == "warn" else [])


def test_refusals_that_are_not_to_be_imitated_do_not_count() -> None:
    rejected = [example({**pair(number), "rejected": REFUSAL}) for number in range(20)]
    bad = [row._replace(kind="unpaired-preference", carried={"rating": "bad"}) for row in rows(20, 20)]
    assert found([*rejected, *bad]).value == 0.0


def test_prompts_alone_are_skipped() -> None:
    assert found([Example("rows.jsonl", 1, "prompt-only", "text", {"prompt": "a"}, {})]).state == "skipped"
