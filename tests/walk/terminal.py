"""A terminal of tmux to drive a program by keyboard: keys go in, the screen comes out as text."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from reports.errors import MissingError

FRAMES: Final = re.compile(r"[│╭╮╰╯┃▌▊▎▁▔]|(?<=\s)[─━]+(?=\s)")
LOOK_S: Final = 0.1


class NotShownError(AssertionError):
    """A text did not come; the message holds the screen as it was."""


def flat(screen: str) -> str:
    """Return a screen as one line without frames, so that a text is found where it was wrapped."""
    return " ".join(FRAMES.sub(" ", screen).split())


def wait_for(
    look: Callable[[], str],
    *texts: str,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
    rest: Callable[[float], None] = time.sleep,
) -> str:
    """Look until a screen shows all the texts and rests from one look to the next, and return it.

    Raises:
        NotShownError: they did not come within `seconds`.
    """
    until = clock() + seconds
    before = ""
    while True:
        screen = look()
        found = flat(screen)
        missing = [text for text in texts if text not in found]
        if not missing and screen == before:
            return screen
        before = screen
        if clock() >= until:
            wanted = ", ".join(map(repr, missing)) or "rest"
            raise NotShownError(f"not on screen after {seconds:.0f} s: {wanted}. It shows:\n{screen}")
        rest(LOOK_S)


class Terminal:
    """One program in a tmux server of its own, which ends with it."""

    def __init__(self, command: Sequence[str], columns: int, lines: int, environment: Mapping[str, str], folder: str) -> None:
        """Start the program.

        Raises:
            MissingError: tmux is not installed.
        """
        program = shutil.which("tmux")
        if program is None:
            raise MissingError("tmux is not installed. Install it with the package manager of this system.")
        self._program = program
        self._server = f"tunegate-walk-{os.getpid()}-{id(self)}"
        size = ("-x", str(columns), "-y", str(lines))
        given = [f"{name}={value}" for name, value in environment.items()]
        self._tmux("-f", "/dev/null", "new-session", "-d", "-s", "walk", *size, "-c", folder, "env", *given, *command)
        self._tmux("set-option", "-g", "status", "off")
        self._tmux("set-option", "-s", "escape-time", "0")

    def press(self, *keys: str) -> None:
        """Press keys by their names in tmux, for example `Enter`, `C-n`, `Escape` or `a`."""
        if keys:
            self._tmux("send-keys", "-t", "walk", *keys)

    def type(self, text: str) -> None:
        """Type a text as it stands."""
        self._tmux("send-keys", "-t", "walk", "-l", text)

    def screen(self) -> str:
        """Return what the terminal shows."""
        return self._tmux("capture-pane", "-p", "-t", "walk")

    def wait_for(self, *texts: str, seconds: float = 60.0) -> str:
        """Wait until the screen shows all the texts; NotShownError where it does not."""
        return wait_for(self.screen, *texts, seconds=seconds)

    def close(self) -> None:
        """End the program and its server."""
        self._tmux("kill-server")

    def _tmux(self, *words: str) -> str:
        done = subprocess.run((self._program, "-L", self._server, *words), capture_output=True, text=True, check=False)
        return done.stdout
