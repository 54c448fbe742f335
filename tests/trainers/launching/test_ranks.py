"""Which place a process has among those of a run, and what holds when it is alone."""

import pytest

from reports.errors import UsageError
from reports.records.plan import LaunchPlan
from trainers.launching.ranks import Place, as_told, from_first, here, meet, part, require_world, see_one_gpu, tell_failure


def test_a_process_that_no_launcher_started_is_alone_and_first() -> None:
    assert here({}) == Place(rank=0, world=1, local_rank=0)
    assert here({}).is_first


def test_the_place_is_the_one_that_the_launcher_gave() -> None:
    place = here({"RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1"})
    assert place == Place(rank=5, world=8, local_rank=1)
    assert not place.is_first


def test_as_many_processes_as_planned_are_accepted() -> None:
    require_world(LaunchPlan(processes=2), Place(1, 2, 1))
    require_world(LaunchPlan(), Place(0, 1, 0))


def test_one_process_instead_of_two_is_noticed_with_its_usual_cause_and_the_fix() -> None:
    with pytest.raises(UsageError, match=r"for 2 processes, and one process started.*accelerate launch --cpu.*command\.txt"):
        require_world(LaunchPlan(processes=2, sharing="ddp"), Place(0, 1, 0))


def test_more_processes_than_planned_are_refused() -> None:
    with pytest.raises(UsageError, match=r"for one process, and 4 processes started.*--processes 4"):
        require_world(LaunchPlan(), Place(3, 4, 3))


def test_alone_every_decision_is_its_own() -> None:
    meet()
    part()
    tell_failure("nobody reads this")
    assert from_first("1-sft") == "1-sft"
    error = RuntimeError("Connection closed by peer")
    assert as_told(error, "train/1-sft") is error


@pytest.mark.parametrize(
    ("before", "after"), [({}, "0"), ({"CUDA_VISIBLE_DEVICES": "2,3"}, "2"), ({"CUDA_VISIBLE_DEVICES": ""}, "")]
)
def test_one_process_sees_one_gpu_the_first_it_was_given(before: dict[str, str], after: str) -> None:
    see_one_gpu(before)
    assert before["CUDA_VISIBLE_DEVICES"] == after
