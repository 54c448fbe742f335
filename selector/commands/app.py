"""Open the terminal app."""

import shlex
import sys
from pathlib import Path

from reports.errors import MissingError
from reports.places import runs_root

HOST = "localhost"
"""The app starts processes and deletes runs, so nobody else's machine may reach it."""
PAGES = Path(__file__).parents[1] / "tui" / "web"
"""A page of our own, because that of textual-serve asks a third party for its font."""


def open_app() -> None:
    """Run the app until the person leaves it; runs go on without it."""
    from selector.tui.app import TunegateApp

    TunegateApp(runs_root=runs_root()).run()


def serve_app(port: int) -> None:
    """Show the app in a browser of this machine until interrupted.

    Raises:
        MissingError: the extra `web` is not installed.
    """
    try:
        from textual_serve.server import Server
    except ImportError as error:
        raise MissingError("--serve needs the package textual-serve. Install it with `pip install 'tunegate[web]'`.") from error
    command = shlex.join((sys.executable, "-P", "-c", "from selector.commands.app import open_app; open_app()"))
    Server(command, host=HOST, port=port, title="tunegate", templates_path=PAGES).serve()
