"""Our four packages have plain names; make sure that they are ours."""

import importlib
from pathlib import Path

from reports.errors import MissingError

PACKAGES = ("selector", "trainers", "evals", "reports")


def check_siblings() -> None:
    """Raise MissingError when one of the four packages belongs to another distribution."""
    home = Path(__file__).resolve().parent.parent
    for name in PACKAGES:
        found = importlib.import_module(name)
        place = Path(found.__file__ or ".").resolve()
        if getattr(found, "__distribution__", "") != "tunegate" or place.parent.parent != home:
            raise MissingError(
                f"The package '{name}' at {place.parent} is not tunegate's; another distribution uses the name. "
                "Install tunegate in an environment of its own; `tunegate doctor` shows who owns the names."
            )
