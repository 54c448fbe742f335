"""The log of a run: the last lines, wrapped to the width there is."""

from collections import deque
from collections.abc import Sequence

from rich.text import Text
from textual import on
from textual.events import Resize
from textual.widgets import RichLog

from selector.tui.following import LOG_LINES
from selector.tui.live_text import tone_of


class RunLog(RichLog):
    """Keeps its lines, because what was wrapped for one width does not fit another."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, max_lines=LOG_LINES, wrap=True, min_width=20)
        self._kept: deque[str] = deque(maxlen=LOG_LINES)
        self._drawn_width = 0

    def add(self, lines: Sequence[str]) -> None:
        """Add lines at the end."""
        self._kept.extend(lines)
        self._write(lines)

    @on(Resize)
    def _rewrap(self) -> None:
        width = self.scrollable_content_region.width
        if width != self._drawn_width:
            self._drawn_width = width
            self.clear()
            self._write(self._kept)

    def _write(self, lines: Sequence[str]) -> None:
        for line in lines:
            tone = tone_of(line)
            self.write(Text(line, style=self.app.theme_variables[tone] if tone else ""))
