"""The command reference in the docs is what the program says."""

import os
import subprocess
import sys

from tests.reference import PAGE, reference

PRINT = "from tests.reference import reference; print(reference(), end='')"


def test_the_page_is_what_the_commands_say() -> None:
    # In a process of its own: click keeps the help option of whoever asked a command first.
    environment = {name: value for name, value in os.environ.items() if name != "USER"}
    said = subprocess.run(
        [sys.executable, "-c", PRINT],
        cwd=PAGE.parents[1],
        env=environment,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    assert PAGE.read_text("utf-8") == said, "The commands changed. Run `make docs` and look at the difference."


def test_every_command_has_a_line_of_help() -> None:
    for section in reference().split("## ")[1:]:
        assert len(section.splitlines()) > 5, section
