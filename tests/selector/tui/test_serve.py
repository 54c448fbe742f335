"""The page of `tunegate --serve`: everything on it comes from this machine."""

import re
from pathlib import Path

import pytest

from selector.commands.app import PAGES, serve_app

PAGE = (PAGES / "app_index.html").read_text("utf-8")


def test_the_page_asks_no_third_party() -> None:
    assert not re.findall(r"(?:https?:)?//\w", PAGE)
    assert re.findall(r"default-src 'none'", PAGE)


@pytest.mark.parametrize("part", ["fonts/RobotoMono-VariableFont_wght.ttf", "css/xterm.css", "js/textual.js"])
def test_what_the_page_loads_is_served_beside_it(part: str) -> None:
    server = pytest.importorskip("textual_serve.server")
    assert part in PAGE
    assert (Path(server.__file__).parent / "static" / part).is_file()


def test_the_server_takes_this_page_and_answers_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    server = pytest.importorskip("textual_serve.server")
    served: list[tuple[str, Path]] = []
    monkeypatch.setattr(server.Server, "serve", lambda serving: served.append((serving.host, serving.templates_path)))
    serve_app(8765)
    assert served == [("localhost", PAGES)]
