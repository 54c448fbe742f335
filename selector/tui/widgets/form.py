"""A scrolling list of fields in which up and down go from field to field."""

from textual.containers import VerticalScroll


class Form(VerticalScroll, can_focus=False, inherit_bindings=False):
    """Leaves the arrow keys to its screen; the focused field is always scrolled into view."""
