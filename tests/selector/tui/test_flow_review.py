"""Comparing answers by keyboard, at the smallest size."""

from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from evals.review.deck import make_deck
from evals.review.desk import Desk
from reports.records.review import ReviewResult
from selector.tui.screens.review import ReviewScreen
from tests.evals.review.reviewed import GOOD, make_run, review
from tests.selector.tui.driving import NARROW, app_on, text_of, until, until_screen
from tests.selector.tui.fakes import FakeVerbs


async def seen(pilot: Pilot[None], count: int) -> None:
    await until(pilot, lambda: f"{count} of " in text_of(pilot.app, "#audit-progress"))


async def test_every_key_is_stored_without_telling_a_side(verbs: FakeVerbs, tmp_path: Path) -> None:
    run = make_run(tmp_path, prompts=12)
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        pilot.app.push_screen(ReviewScreen(run, Desk(run, "ada")))
        await seen(pilot, 0)
        assert not {"baseline", "candidate"} & set(text_of(pilot.app, "#card").lower().split())
        await pilot.press("a", "b", "t", "x", "u")
        await seen(pilot, 3)
        assert [line.verdict for line in run.ratings.read()] == ["first", "second", "tie", "both_bad", "undo"]
        await pilot.press("q")
        await until_screen(pilot, "HomeScreen")


async def test_leaving_half_way_says_what_is_stored(verbs: FakeVerbs, tmp_path: Path) -> None:
    run = make_run(tmp_path, prompts=12)
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        pilot.app.push_screen(ReviewScreen(run, Desk(run, "ada")))
        await seen(pilot, 0)
        await pilot.press("a")
        await seen(pilot, 1)
        await pilot.press("q")
        await until_screen(pilot, "HomeScreen")
        assert [note.message.split(";")[0] for note in pilot.app._notifications] == [
            f"1 of {len(make_deck(run, 'ada').items)} seen and stored"
        ]


async def test_a_skip_asks_for_the_reason(verbs: FakeVerbs, tmp_path: Path) -> None:
    run = make_run(tmp_path, prompts=12)
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        pilot.app.push_screen(ReviewScreen(run, Desk(run, "ada")))
        await seen(pilot, 0)
        await pilot.press("s")
        await until_screen(pilot, "TextScreen")
        pilot.app.screen.query_one(Input).value = "not my language"
        await pilot.press("enter")
        await seen(pilot, 1)
        assert [(line.verdict, line.reason) for line in run.ratings.read()] == [("skip", "not my language")]


async def test_the_end_tells_what_people_prefer_and_keeps_it(verbs: FakeVerbs, tmp_path: Path) -> None:
    run = make_run(tmp_path, prompts=30)
    desk = review(run, "ada", skill=1.0, planned=40, cards=len(make_deck(run, "ada").items) - 1)
    last = desk.item()
    assert last is not None
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        pilot.app.push_screen(ReviewScreen(run, desk))
        await seen(pilot, desk.done)
        await pilot.press("a" if last.answers()[0].startswith(GOOD) else "b")
        await until(pilot, lambda: "70 % preferred" in text_of(pilot.app, "#card"))
        await pilot.press("u")
        assert desk.is_complete, "what was shown cannot be unseen"
    assert run.read(ReviewResult).win_rate.value == 0.7
