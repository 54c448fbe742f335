"""Tests wait for what happens, so the list of runs is read more often here; and nothing blinks in pictures."""

from pathlib import Path

import pytest
from textual.widgets import Input

from selector.tui.screens import home
from tests.selector.tui.fakes import FakeVerbs


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "REFRESH_S", 0.3)


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Input, "cursor_blink", False)


@pytest.fixture(name="verbs")
def _verbs(tmp_path: Path) -> FakeVerbs:
    return FakeVerbs(tmp_path / "runs")
