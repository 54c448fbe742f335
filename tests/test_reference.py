"""The command reference in the docs is what the program says."""

import pytest

from tests.reference import PAGE, reference


def test_the_page_is_what_the_commands_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("USER", raising=False)
    assert PAGE.read_text("utf-8") == reference(), "The commands changed. Run `make docs` and look at the difference."


def test_every_command_has_a_line_of_help() -> None:
    for section in reference().split("## ")[1:]:
        assert len(section.splitlines()) > 5, section
