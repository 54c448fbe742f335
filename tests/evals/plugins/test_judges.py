"""A judge of a package is chosen by name, held to the contract, and fixed in the plan."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from evals.judges.choosing import open_judge, parse_judge
from evals.judges.contest import BOTH, Advance, Contest, Opinion, Order, candidate_share, say
from evals.plugins.judges import HeldJudge, check_judge
from reports.errors import MissingError, StageError, UsageError
from reports.records.gates import Instrument
from reports.rundir import RunDir
from tests.evals.plugins.packages import install, install_example

Spoil = Callable[[list[Opinion]], list[Opinion]]
LAST = Contest("last", "Ask", "one", "three")


class LongerJudge:
    """Prefers the longer answer; `spoil` plants a mistake into what it says."""

    name: Any = "longer"
    title = "the longer answer"
    identity = "longer 1"
    orders: tuple[Order, ...] = BOTH

    def __init__(self, spoil: Spoil = list) -> None:
        self._spoil = spoil

    def compare(self, contests: Sequence[Contest], advance: Advance) -> Iterator[list[Opinion]]:
        yield self._spoil([Opinion(say(one, self, order, self.prefer(one, order))) for one in contests for order in self.orders])

    def prefer(self, contest: Contest, order: Order) -> float | None:
        first, second = contest.shown(order)
        return candidate_share(order, 0.5 if len(first) == len(second) else float(len(first) > len(second)))

    def checks(self, contests: Sequence[Contest]) -> tuple[Instrument, ...]:
        return ()

    def notes(self) -> tuple[str, ...]:
        return ()


class FirstShownJudge(LongerJudge):
    """Says how good the answer is that was shown first, whoever wrote it."""

    def prefer(self, contest: Contest, order: Order) -> float | None:
        first, second = contest.shown(order)
        return float(len(first) > len(second))


def changed(**fields: Any) -> Spoil:
    """Return what spoils the first opinion."""
    return lambda found: [Opinion(replace(found[0].judgement, **fields)), *found[1:]]


def fail(found: list[Opinion]) -> list[Opinion]:
    raise ValueError("no server")


def test_a_sound_judge_passes_the_check() -> None:
    check_judge(LongerJudge())
    check_judge(LongerJudge(lambda found: [Opinion(replace(one.judgement, preference=None), True) for one in found]))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (changed(preference=float("nan")), "is nan. It is the candidate's share"),
        (changed(preference=1.5), "is 1.5"),
        (changed(prompt_id="5"), "on 5, baseline_first, was not asked.*Join by prompt id"),
        (lambda found: [*found, found[-1]], "came twice"),
        (lambda found: found[:-1], r"1 opinions never came.*A failure is one without preference"),
        (changed(key=""), "Make it with `say"),
        (changed(judge="other"), "lacks the judge's name"),
        (fail, r"failed \(ValueError: no server\)"),
    ],
)
def test_a_mistake_is_explained(spoil: Spoil, message: str) -> None:
    with pytest.raises(StageError, match=message):
        check_judge(LongerJudge(spoil))


def test_a_preference_for_the_answer_shown_first_is_refused() -> None:
    with pytest.raises(StageError, match="A preference is the candidate's"):
        check_judge(FirstShownJudge())


def test_a_judge_that_lacks_a_part_is_none() -> None:
    judge = LongerJudge()
    judge.name = ""
    with pytest.raises(MissingError, match="it lacks name"):
        check_judge(judge)
    judge.name, judge.orders = "longer", BOTH[:1]
    with pytest.raises(MissingError, match="it lacks orders"):
        check_judge(judge)


def test_what_it_said_before_a_mistake_is_kept() -> None:
    class InPieces(LongerJudge):
        def compare(self, contests: Sequence[Contest], advance: Advance) -> Iterator[list[Opinion]]:
            yield from super().compare(contests[:1], advance)
            raise RuntimeError("lost")

    pieces = HeldJudge(InPieces(), "judge").compare([LAST._replace(prompt_id="first"), LAST], lambda done: None)

    assert [one.judgement.preference for one in next(pieces)] == [1.0, 1.0]
    with pytest.raises(StageError, match="lost"):
        next(pieces)


def test_a_judge_of_a_package_is_chosen_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_example(monkeypatch, tmp_path / "site")

    plan = parse_judge("plugin:plain-words")

    assert plan is not None
    assert (plan.kind, plan.place, plan.label) == ("plugin", "plain-words", "plugin:plain-words")
    judge = open_judge(plan, RunDir(tmp_path))
    contest = Contest("p", "Sell it.", "It is revolutionary.", "It is warm.")
    assert [one.judgement.preference for piece in judge.compare([contest], lambda done: None) for one in piece] == [1.0]
    with pytest.raises(StageError, match="judges otherwise since the run was planned"):
        open_judge(replace(plan, digest="another"), RunDir(tmp_path))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("def make():\n    raise OSError('no key')", r"of the package brought cannot be made \(OSError: no key\)"),
        ("def make(url):\n    pass", "must need no arguments"),
        ("def make():\n    return 5", "'mine' of the package brought is no judge: it lacks name, title"),
    ],
)
def test_a_broken_judge_is_refused_while_planning(
    body: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = f"broken_judge_{len(body)}"
    install(monkeypatch, tmp_path, {"tunegate.judges": {"mine": f"{module}:make"}}, modules={module: body})
    with pytest.raises(MissingError, match=message):
        parse_judge("plugin:mine")


def test_a_judge_that_is_not_installed_is_refused() -> None:
    with pytest.raises(MissingError, match="The judge plugin 'nobody' cannot be chosen: 0 are installed"):
        parse_judge("plugin:nobody")
    with pytest.raises(UsageError, match="plugin:NAME"):
        parse_judge("plugin")
