"""A scrolling list of fields in which up and down go from field to field."""

from collections.abc import Callable
from typing import Any

from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Input


class Form(VerticalScroll, can_focus=False, inherit_bindings=False):
    """Leaves the arrow keys to its screen; the focused field is always scrolled into view."""


def after_typing(screen: Screen[Any], then: Callable[[], Any]) -> None:
    """Do `then` once the field in hand has taken the keys that were typed before; on a busy machine they still wait in it."""
    field = screen.focused
    if isinstance(field, Input):
        field.call_later(screen.call_later, then)
    else:
        screen.call_later(then)
