"""What tests of pictures share: the sizes, and how a picture is compared."""

from collections.abc import Awaitable, Callable
from typing import Protocol

import pytest
from textual.app import App
from textual.pilot import Pilot

from selector.tui.app import TunegateApp
from tests.selector.tui.driving import NARROW, WIDE, app_on
from tests.selector.tui.fakes import FakeVerbs

Size = tuple[int, int]
SIZES = pytest.mark.parametrize("size", [NARROW, WIDE, (60, 24)], ids=lambda size: f"{size[0]}x{size[1]}")


class Compare(Protocol):
    def __call__(
        self, app: App[None], *, terminal_size: Size, run_before: Callable[[Pilot[None]], Awaitable[None] | None]
    ) -> bool: ...


def app(verbs: FakeVerbs) -> TunegateApp:
    return app_on(verbs.root, verbs)
