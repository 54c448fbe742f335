"""A step stays as large as planned, however many processes share it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.errors import UsageError
from reports.records.plan import Choice, Method, StagePlan
from trainers.launching.batches import ACCUMULATION, BATCH, share_batch


def stage(batch: int, accumulated: int, method: Method = "dpo") -> StagePlan:
    chosen = {BATCH: batch, ACCUMULATION: accumulated, "learning_rate": 1e-5}
    choices = (Choice(name=name, value=value, origin="rule", because=".") for name, value in chosen.items())
    return StagePlan(name=f"1-{method}", method=method, choices=tuple(choices))


def shared(batch: int, accumulated: int, processes: int, method: Method = "dpo") -> tuple[object, object]:
    values = share_batch(stage(batch, accumulated, method), processes).values()
    return values[BATCH], values[ACCUMULATION]


@pytest.mark.parametrize(
    ("batch", "accumulated", "processes", "each"),
    [(4, 4, 2, (4, 2)), (16, 1, 2, (8, 1)), (8, 2, 4, (4, 1)), (4, 6, 4, (2, 3)), (8, 2, 1, (8, 2))],
)
def test_batches_are_divided_first_and_rows_after_them(
    batch: int, accumulated: int, processes: int, each: tuple[int, int]
) -> None:
    assert shared(batch, accumulated, processes) == each


@given(st.integers(1, 64), st.integers(1, 64), st.integers(1, 64))
def test_a_step_keeps_its_rows_or_is_refused_with_one_that_can_be_divided(batch: int, accumulated: int, processes: int) -> None:
    try:
        values = share_batch(stage(batch, accumulated), processes).values()
    except UsageError as error:
        words = str(error).replace(",", " ").split()
        fixed = {name: int(word.rpartition("=")[2]) for word in words for name in (BATCH, ACCUMULATION) if f"{name}=" in word}
        values = share_batch(stage(fixed[BATCH], fixed[ACCUMULATION]), processes).values()
        batch, accumulated = fixed[BATCH], fixed[ACCUMULATION]
    rows, count = values[BATCH], values[ACCUMULATION]
    assert isinstance(rows, int) and isinstance(count, int)
    assert rows * count * processes == batch * accumulated


def test_nothing_but_the_batch_changes() -> None:
    before, after = stage(4, 4), share_batch(stage(4, 4), 2)
    assert {name for name, value in after.values().items() if before.values()[name] != value} == {ACCUMULATION}


def test_kto_keeps_two_rows_in_every_process() -> None:
    assert shared(4, 1, 2, "kto") == (2, 1)
    with pytest.raises(UsageError, match="at least 2 rows"):
        shared(2, 1, 2, "kto")
