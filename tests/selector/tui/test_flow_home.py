"""Home: filter, compare and delete runs; the palette, the keys and the theme that a person chose."""

from pathlib import Path

import pytest
from textual.widgets import Input

from reports.errors import UsageError
from reports.rundir import list_runs
from selector.tui.app import TunegateApp
from selector.tui.settings import Settings, read_settings
from selector.tui.verbs import PipelineVerbs
from selector.tui.widgets.table import Table
from tests.reports.sample_run import build_sample_run
from tests.selector.tui.driving import NARROW, app_on, text_of, until, until_screen
from tests.selector.tui.fakes import FakeVerbs


@pytest.fixture(name="home")
def _home(tmp_path: Path) -> FakeVerbs:
    """Return verbs over a folder with two runs, one passed and one not."""
    build_sample_run(tmp_path, "go", name="20261120-214500-first")
    build_sample_run(tmp_path, "no-go", name="20261120-220000-second")
    return FakeVerbs(tmp_path)


def rows(app: TunegateApp) -> int:
    return app.screen.query_one(Table).list.option_count


async def test_the_filter_keeps_what_holds_every_word_and_goes_away_again(home: FakeVerbs) -> None:
    app = app_on(home.root, home)
    async with app.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: rows(app) == 2)
        await pilot.press("slash")
        await until_screen(pilot, "TextScreen")
        app.screen.query_one(Input).value = "NO-GO second"
        await pilot.press("enter")
        await until_screen(pilot, "HomeScreen")
        await until(pilot, lambda: rows(app) == 1)
        await pilot.press("slash")
        await until(pilot, lambda: rows(app) == 2)


async def test_a_run_is_compared_with_the_marked_one(home: FakeVerbs) -> None:
    app = app_on(home.root, home)
    async with app.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: rows(app) == 2)
        await pilot.press("v", "m")
        await until(pilot, lambda: "marked" in text_of(app, "#run-note"))
        await pilot.press("down", "v")
        await until_screen(pilot, "TextPage")
        assert "A  20261120-220000-second\nB  20261120-214500-first" in text_of(app, "#page-text")
        await pilot.press("escape")
        await until_screen(pilot, "HomeScreen")


async def test_a_run_is_deleted_only_after_a_yes(home: FakeVerbs) -> None:
    app = app_on(home.root, home)
    async with app.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: rows(app) == 2)
        await pilot.press("delete")
        await until_screen(pilot, "ConfirmScreen")
        assert "cannot be undone" in text_of(app)
        await pilot.press("n")
        await until_screen(pilot, "HomeScreen")
        assert len(list_runs(home.root)) == 2
        await pilot.press("delete")
        await until_screen(pilot, "ConfirmScreen")
        await pilot.press("y")
        await until(pilot, lambda: len(list_runs(home.root)) == 1 and rows(app) == 1)


def test_a_run_at_work_is_not_deleted(home: FakeVerbs, monkeypatch: pytest.MonkeyPatch) -> None:
    verbs = PipelineVerbs(home.root)
    monkeypatch.setattr(verbs, "is_alive", lambda run: True)
    with pytest.raises(UsageError, match="Stop it first"):
        verbs.delete_run("20261120-214500-first")
    monkeypatch.setattr(verbs, "is_alive", lambda run: False)
    verbs.delete_run("20261120-214500-first")
    assert [run.path.name for run in list_runs(home.root)] == ["20261120-220000-second"]


def test_two_runs_differ_in_what_compare_says(home: FakeVerbs) -> None:
    told = PipelineVerbs(home.root).compare("20261120-214500-first", "20261120-220000-second")
    assert "no-go" in told


async def test_the_palette_names_every_key_of_the_screen_by_area(home: FakeVerbs) -> None:
    app = app_on(home.root, home)
    async with app.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: rows(app) == 2)
        found = {command.title: command for command in app.get_system_commands(app.screen)}
        assert {"home: new", "home: delete", "app: help", "theme: light"} <= set(found)
        found["theme: light"].callback()
        assert app.theme == "tunegate-light"
        found["home: delete"].callback()
        await until_screen(pilot, "ConfirmScreen")


async def test_keys_and_theme_follow_the_settings(home: FakeVerbs) -> None:
    app = app_on(home.root, home, settings=Settings(theme="light", keys={"home.delete": "f8"}))
    async with app.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: rows(app) == 2)
        assert app.theme == "tunegate-light"
        await pilot.press("delete")
        assert type(app.screen).__name__ == "HomeScreen"
        await pilot.press("f8")
        await until_screen(pilot, "ConfirmScreen")


async def test_a_theme_that_does_not_exist_is_a_dialog_not_a_crash(home: FakeVerbs) -> None:
    app = app_on(home.root, home, settings=Settings(theme="mauve"))
    async with app.run_test(size=NARROW) as pilot:
        await until_screen(pilot, "FailureScreen")
        assert "mauve" in text_of(app)


def test_settings_are_read_and_a_wrong_key_is_named(tmp_path: Path) -> None:
    assert read_settings(tmp_path / "none.toml") == Settings()
    path = tmp_path / "app.toml"
    path.write_text('theme = "light"\n[keys]\n"home.new" = "f2"\n')
    assert read_settings(path) == Settings(theme="light", keys={"home.new": "f2"})
    path.write_text('colour = "red"\n')
    with pytest.raises(UsageError, match="colour"):
        read_settings(path)
