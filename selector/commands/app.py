"""Open the terminal app."""

from reports.places import runs_root


def open_app() -> None:
    """Run the app until the person leaves it; runs go on without it."""
    from selector.tui.app import TunegateApp

    TunegateApp(runs_root=runs_root()).run()
