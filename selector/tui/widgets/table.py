"""A list of rows in columns that fit the width, with a cursor for keys and mouse."""

from collections.abc import Sequence
from typing import NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Resize
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from selector.tui.columns import Cell, Column, fit, header, line
from selector.tui.wording import STYLES

MARGIN = 3
"""A cell left and right of the text, and one for a scrollbar."""


class Row(NamedTuple):
    """One row: its name and a cell for every column."""

    name: str
    cells: tuple[Cell, ...]


class Table(Vertical):
    """Rows that keep the cursor where it is when they are shown again."""

    class Highlighted(Message):
        """The cursor moved to a row."""

        def __init__(self, table: "Table", name: str) -> None:
            super().__init__()
            self.table = table
            self.row = name

        @property
        def control(self) -> "Table":
            """The table, for selectors."""
            return self.table

    class Chosen(Highlighted):
        """Enter or a click on a row."""

    def __init__(self, columns: Sequence[Column], *, id: str, rows: type[OptionList] = OptionList) -> None:
        super().__init__(id=id)
        self._columns = columns
        self._kind = rows
        self._rows: Sequence[Row] = ()

    def compose(self) -> ComposeResult:
        """Make the header and the list."""
        yield Static(classes="table-header")
        yield self._kind(compact=True)

    @property
    def list(self) -> OptionList:
        """The list that takes the focus."""
        return self.query_one(OptionList)

    @property
    def highlighted(self) -> str | None:
        """The name of the row under the cursor."""
        option = self.list.highlighted_option
        return option.id if option else None

    def show(self, rows: Sequence[Row]) -> None:
        """Show these rows."""
        same = [row.name for row in rows] == [row.name for row in self._rows]
        self._rows = rows
        self._draw(keep=same)

    @on(Resize)
    def _fit(self) -> None:
        self._draw(keep=True)

    def _draw(self, keep: bool) -> None:
        options = self.list
        width = self.size.width - MARGIN
        if width <= 0:
            return
        widths = fit(self._columns, width)
        self.query_one(".table-header", Static).update(header(self._columns, widths, STYLES["quiet"]))
        lines = [line(self._columns, widths, row.cells) for row in self._rows]
        if keep and options.option_count == len(lines):
            for index, content in enumerate(lines):
                options.replace_option_prompt_at_index(index, content)
            return
        before = self.highlighted
        options.set_options([Option(content, id=row.name) for row, content in zip(self._rows, lines, strict=True)])
        names = [row.name for row in self._rows]
        options.highlighted = names.index(before) if before in names else (0 if names else None)

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if event.option_id is not None:
            self.post_message(self.Highlighted(self, event.option_id))

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id is not None:
            self.post_message(self.Chosen(self, event.option_id))
