"""Installed packages made by hand: metadata and modules in a folder that Python imports from."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

EXAMPLE: Final = Path(__file__).parent / "example_plugin"


def install(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    points: Mapping[str, Mapping[str, str]],
    package: str = "brought",
    modules: Mapping[str, str] | None = None,
) -> None:
    """Make a package of version 1.0 as pip leaves it behind; `points` are names and places by group."""
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = {group: [f"{name} = {place}" for name, place in named.items()] for group, named in points.items()}
    (info / "entry_points.txt").write_text("".join(f"[{group}]\n" + "\n".join(named) + "\n" for group, named in lines.items()))
    for name, source in (modules or {}).items():
        (folder / f"{name}.py").write_text(source)
    monkeypatch.syspath_prepend(str(folder))


def install_example(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Make the worked example of docs/plugins.md an installed package."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    install(monkeypatch, folder, project["entry-points"], project["name"], {"brand_voice": _source()})


def _source() -> str:
    return (EXAMPLE / "brand_voice.py").read_text()
