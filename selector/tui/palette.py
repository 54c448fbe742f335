"""The command palette: everything that a key does on the screen in front, and the themes, as `area: action`."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from textual.app import App, SystemCommand
from textual.screen import Screen

from selector.tui.settings import THEMES


def commands_of(app: App[Any], screen: Screen[Any]) -> Iterator[SystemCommand]:
    """Return a command for each binding that can be used now, and one for each theme."""
    usable = [found for found in screen.active_bindings.values() if found.enabled and found.binding.description]
    for name in dict.fromkeys(found.binding.id for found in usable if found.binding.id):
        same = [found for found in usable if found.binding.id == name]
        found, keys = same[0], ", ".join(each.binding.key for each in same)
        does = partial(app.call_later, app.run_action, found.binding.action, found.node)
        title = f"{name.partition('.')[0]}: {found.binding.description.lower()}"
        yield SystemCommand(title, f"{found.tooltip}  {keys}".strip(), does)
    for word, name in THEMES.items():
        chosen = partial(setattr, app, "theme", name)
        yield SystemCommand(f"theme: {word}", f"Use the {word} theme until the app is left.", chosen)
