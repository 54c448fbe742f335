"""The command palette: everything that a key does on the screen in front, and the themes, as `area: action`."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from textual.app import App, SystemCommand
from textual.screen import Screen

from selector.tui.settings import THEMES


def commands_of(app: App[Any], screen: Screen[Any]) -> Iterator[SystemCommand]:
    """Return a command for each binding that can be used now, and one for each theme."""
    for found in screen.active_bindings.values():
        binding = found.binding
        if binding.id and binding.description and found.enabled:
            area = binding.id.partition(".")[0]
            does = partial(app.call_later, app.run_action, binding.action, found.node)
            yield SystemCommand(f"{area}: {binding.description.lower()}", f"{found.tooltip}  {binding.key}".strip(), does)
    for word, name in THEMES.items():
        chosen = partial(setattr, app, "theme", name)
        yield SystemCommand(f"theme: {word}", f"Use the {word} theme until the app is left.", chosen)
