"""The log of a run: the last lines, wrapped to the width there is."""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from rich.text import Text
from textual import on
from textual.events import Resize
from textual.widgets import RichLog

from selector.tui.following import LOG_LINES
from selector.tui.live_text import tone_of

PAUSED: Final = "held; the end key follows again"


class RunLog(RichLog):
    """Keeps its lines, because what was wrapped for one width does not fit another; follows the end until scrolled up."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, max_lines=LOG_LINES, wrap=True, min_width=20)
        self._kept: deque[str] = deque(maxlen=LOG_LINES)
        self._drawn_width = 0
        self._words: tuple[str, ...] = ()

    def add(self, lines: Sequence[str]) -> None:
        """Add lines at the end."""
        self._kept.extend(lines)
        self._write(lines)

    def show_only(self, words: str) -> None:
        """Show the lines that hold all the words, whatever their case; all lines where there are none."""
        self._words = tuple(words.casefold().split())
        self.border_title = f"Log: {words}" if words else "Log"
        self._rewrite()

    @property
    def is_filtered(self) -> bool:
        """Whether only some lines are shown."""
        return bool(self._words)

    @on(Resize)
    def _rewrap(self) -> None:
        width = self.scrollable_content_region.width
        if width != self._drawn_width:
            self._drawn_width = width
            self._rewrite()
        elif self.auto_scroll:
            # The plots take their room after the first lines are drawn.
            self.scroll_end(animate=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Hold where a person scrolled up, and follow again from the end."""
        super().watch_scroll_y(old_value, new_value)
        self.auto_scroll = self.is_vertical_scroll_end
        self.border_subtitle = "" if self.auto_scroll else PAUSED

    def _rewrite(self) -> None:
        self.clear()
        self._write(self._kept)

    def _write(self, lines: Iterable[str]) -> None:
        for line in lines:
            if all(word in line.casefold() for word in self._words):
                tone = tone_of(line)
                self.write(Text(line, style=self.app.theme_variables[tone] if tone else ""))
