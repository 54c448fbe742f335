"""The top line of every screen: where one is, and what it is about."""

from textual.content import Content
from textual.widgets import Static

from selector.tui.wording import STYLES


class TitleBar(Static):
    """The name of the app, the screen's title, and its subject at the right end."""

    def __init__(self, title: str, subject: Content | str = "") -> None:
        super().__init__()
        self._title = title
        self._subject = subject if isinstance(subject, Content) else Content(subject)

    def show(self, subject: Content | str) -> None:
        """Replace the subject."""
        self._subject = subject if isinstance(subject, Content) else Content(subject)
        self.refresh()

    def render(self) -> Content:
        """Draw the line in the present width."""
        left = Content.assemble(("◆ tunegate", f"{STYLES['accent']} bold"), ("  ", ""), (self._title, "bold"))
        room = self.content_size.width - left.cell_length - 2
        subject = self._subject.truncate(max(0, room), ellipsis=True)
        return left + Content(" " * max(2, self.content_size.width - left.cell_length - subject.cell_length)) + subject
