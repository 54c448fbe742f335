"""What installed packages bring: names are read without importing, and what is asked for is imported and must be sound."""

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final, Literal, NamedTuple

from reports.errors import MissingError

Kind = Literal["metric", "judge", "reward"]
GROUPS: Final[dict[Kind, str]] = {"metric": "tunegate.metrics", "judge": "tunegate.judges", "reward": "tunegate.rewards"}
"""Entry-point groups."""


class Plugin(NamedTuple):
    """One name that a package brings, as its metadata tell it."""

    kind: Kind
    name: str
    package: str
    version: str
    place: str
    """`module:object`."""


def installed(kind: Kind) -> dict[str, Plugin]:
    """Return the plugins of one kind by name; nothing is imported."""
    return {plugin.name: plugin for plugin in listed() if plugin.kind == kind}


def listed() -> tuple[Plugin, ...]:
    """Return every plugin, also several of one name; nothing is imported."""
    found = [_plugin(kind, point) for kind, group in GROUPS.items() for point in entry_points(group=group)]
    return tuple(sorted(found))


def load(kind: Kind, name: str) -> Callable[..., Any]:
    """Import an installed plugin.

    Raises:
        MissingError: there is none of that name or there are several, it cannot be imported, or it cannot be called.
    """
    points = list(entry_points(group=GROUPS[kind], name=name))
    owners = " and ".join(sorted(_plugin(kind, point).package for point in points))
    if len(points) != 1:
        known = f"Installed: {', '.join(installed(kind)) or 'none'}. Install the package that brings it: pip install …"
        fix = f"The packages {owners} each bring one. Remove all but one: pip uninstall …" if points else known
        raise MissingError(f"The {kind} plugin '{name}' cannot be chosen: {len(points)} are installed. {fix}")
    try:
        found = points[0].load()
    except (Exception, SystemExit) as error:
        raise MissingError(
            f"The {kind} '{name}' of the package {owners} cannot be imported ({type(error).__name__}: {error}). "
            f"Mend or remove it: pip install --upgrade {owners}."
        ) from error
    if not callable(found):
        raise MissingError(
            f"The {kind} '{name}' of the package {owners} is a {type(found).__name__}, not a function or class. "
            f"Correct the entry point {points[0].value}, or remove it: pip uninstall {owners}."
        )
    return found  # type: ignore[no-any-return]


def _plugin(kind: Kind, point: EntryPoint) -> Plugin:
    package, version = (point.dist.name, point.dist.version) if point.dist else ("unknown", "unknown")
    return Plugin(kind, point.name, package, version, point.value)
