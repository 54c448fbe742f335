"""Where one is in a sequence of steps; a click goes to a step."""

from collections.abc import Sequence
from typing import NamedTuple

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from selector.tui.wording import STYLES


class StepShown(NamedTuple):
    """One step: its title, and a note such as `3/7` of answers."""

    title: str
    note: str
    complete: bool


class StepBar(Static):
    """Steps in one line, the current one marked."""

    class Picked(Message):
        """A step was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._ends: list[int] = []

    def show(self, steps: Sequence[StepShown], current: int) -> None:
        """Draw the steps; notes are left out where the line would be too long."""
        with_notes = self._line(steps, current, notes=True)
        fits = not self.size.width or with_notes.cell_length <= self.content_size.width
        self.update(with_notes if fits else self._line(steps, current, notes=False))

    def _line(self, steps: Sequence[StepShown], current: int, notes: bool) -> Content:
        line = Content()
        self._ends = []
        for index, step in enumerate(steps):
            mark = "●" if index == current else "✓" if step.complete else "○"
            style = f"{STYLES['accent']} bold" if index == current else STYLES["good" if step.complete else "quiet"]
            note = f" {step.note}" if notes and step.note else ""
            join = Content.styled(" ── ", "$border") if index else Content()
            line = line + join + Content.assemble((f"{mark} {step.title}", style), (note, STYLES["quiet"]))
            self._ends.append(line.cell_length)
        return line

    def on_click(self, event: Click) -> None:
        """Find the step under the mouse."""
        place = event.get_content_offset(self)
        if place is not None:
            index = next((i for i, end in enumerate(self._ends) if place.x < end), None)
            if index is not None:
                self.post_message(self.Picked(index))
