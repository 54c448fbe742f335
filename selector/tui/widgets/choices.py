"""A few answers in a row, one of them chosen; left and right move the choice, a click picks."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.binding import Binding
from textual.content import Content
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from selector.tui.wording import STYLES

GAP = 3


class Place(NamedTuple):
    """Where one option stands."""

    value: str
    label: str
    line: int
    column: int

    @property
    def end(self) -> int:
        """The column behind the option, sign included."""
        return self.column + len(self.label) + 2


def flow(options: Sequence[tuple[str, str]], width: int) -> list[Place]:
    """Return the places of options set one after the other in lines of `width` cells."""
    places: list[Place] = []
    for value, label in options:
        line, column = (places[-1].line, places[-1].end + GAP) if places else (0, 0)
        if column and column + len(label) + 2 > width:
            line, column = line + 1, 0
        places.append(Place(value, label, line, column))
    return places


class Choices(Widget, can_focus=True):
    """Options in a flow of lines."""

    BINDINGS: ClassVar = [
        Binding("left", "move(-1)", "Choose", show=False, id="choice.left"),
        Binding("right,space", "move(1)", "Choose", show=False, id="choice.right"),
        Binding("delete,backspace", "clear", "Clear", show=False, id="choice.clear"),
    ]
    value: reactive[str] = reactive("")

    class Changed(Message):
        """Another option was chosen, by a person."""

        def __init__(self, choices: "Choices", value: str) -> None:
            super().__init__()
            self.choices = choices
            self.value = value

        @property
        def control(self) -> "Choices":
            """The widget, for selectors."""
            return self.choices

    def __init__(self, options: Sequence[tuple[str, str]], value: str = "") -> None:
        super().__init__()
        self._options = options
        self.set_reactive(Choices.value, value)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines the options take."""
        return flow(self._options, width)[-1].line + 1

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Take the width there is."""
        return container.width

    def render(self) -> Content:
        """Draw the options; the sign says which is chosen, so that it shows without colour."""
        lines: dict[int, Content] = {}
        for place in flow(self._options, self.content_size.width):
            chosen = place.value == self.value
            style = f"{STYLES['accent']} bold" if chosen else STYLES["plain"] if self.has_focus else STYLES["quiet"]
            before = lines.get(place.line, Content())
            option = Content.styled(f"{'●' if chosen else '○'} {place.label}", style)
            lines[place.line] = before + Content(" " * (place.column - before.cell_length)) + option
        return Content("\n").join(lines.values())

    def action_move(self, by: int) -> None:
        """Choose the next option, or the first where none is chosen yet."""
        values = [value for value, _ in self._options]
        index = values.index(self.value) + by if self.value in values else (0 if by > 0 else len(values) - 1)
        self._choose(values[index % len(values)])

    def action_clear(self) -> None:
        """Take the choice back."""
        self._choose("")

    def on_click(self, event: Click) -> None:
        """Choose the option under the mouse."""
        place = event.get_content_offset(self)
        if place is None:
            return
        for option in flow(self._options, self.content_size.width):
            if option.line == place.y and option.column <= place.x < option.end:
                self._choose(option.value)

    def _choose(self, value: str) -> None:
        self.value = value
        self.post_message(self.Changed(self, value))
