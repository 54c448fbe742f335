"""Steps that lead from one data screen to the next, with a question where it is open how to go on."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from selector.tui.check_rows import layouts_to_choose
from selector.tui.screens.asking import ChoiceScreen
from selector.tui.screens.audit import AuditScreen

if TYPE_CHECKING:
    from selector.check_process import CheckOrder
    from selector.tui.app import TunegateApp
    from selector.tui.checking import TakeFact


def ask_layout(app: "TunegateApp", error: Exception, then: Callable[[str], None]) -> None:
    """Ask which of the layouts an error offers is meant, and do `then` with it; show any other error."""
    layouts = layouts_to_choose(error)
    if not layouts:
        app.show_failure(error)
        return
    text = f"{str(error).partition(' Say which')[0]}\n\nAll files are then read as the kind you choose."
    app.push_screen(ChoiceScreen("What are these rows?", text, layouts), lambda layout: then(layout) if layout else None)


def open_audit(app: "TunegateApp", order: "CheckOrder", take_fact: "TakeFact | None") -> None:
    """Judge rows of one file; where there are several, ask which."""

    def open_file(path: str | None) -> None:
        if path is not None:
            app.attempt(
                lambda: app.verbs.open_audit(path, order.layout), lambda desk: app.push_screen(AuditScreen(desk, take_fact))
            )

    def choose(files: list[str]) -> None:
        if len(files) == 1:
            open_file(files[0])
        else:
            app.push_screen(ChoiceScreen("Which file?", "A spot audit judges the rows of one file.", files), open_file)

    app.attempt(lambda: app.verbs.data_files(order.sources), choose)
