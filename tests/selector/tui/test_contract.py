"""Rules that hold for every screen: keys, help, and what is loaded before the first one shows."""

import importlib
import pkgutil
import subprocess
import sys
from collections import Counter

import pytest
from textual.binding import Binding
from textual.screen import ModalScreen, Screen

import selector.tui.screens
import selector.tui.widgets
from selector.tui.app import TunegateApp
from selector.tui.screens.dialogs import HELP_FOLDER

HEAVY = ("torch", "transformers", "numpy", "pandas", "scipy", "sklearn", "datasets", "trl", "peft", "plotext", "jinja2", "yaml")


def classes() -> list[type]:
    packages = (selector.tui.screens, selector.tui.widgets)
    modules = [
        importlib.import_module(f"{package.__name__}.{module.name}")
        for package in packages
        for module in pkgutil.iter_modules(package.__path__)
    ]
    found = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}
    return sorted((kind for kind in found if kind.__module__.startswith("selector.tui")), key=lambda kind: kind.__name__)


SCREENS = [kind for kind in classes() if issubclass(kind, Screen)]


def bindings(kind: type) -> list[Binding]:
    return [entry for entry in vars(kind).get("BINDINGS", []) if isinstance(entry, Binding)]


@pytest.mark.parametrize("kind", [*classes(), TunegateApp], ids=lambda kind: kind.__name__)
def test_every_key_has_an_id_and_a_short_name(kind: type) -> None:
    assert len(bindings(kind)) == len(vars(kind).get("BINDINGS", []))
    for binding in bindings(kind):
        assert binding.id, binding.key
        assert binding.id.count(".") == 1, binding.id
        assert 1 <= len(binding.description.split()) <= 2, binding.description


def test_ids_of_keys_are_unique() -> None:
    ids = Counter(binding.id for kind in (*classes(), TunegateApp) for binding in bindings(kind))
    assert [name for name, count in ids.items() if count > 1] == []


@pytest.mark.parametrize("kind", SCREENS, ids=lambda kind: kind.__name__)
def test_at_most_six_keys_are_shown(kind: type[Screen[object]]) -> None:
    always = [] if issubclass(kind, ModalScreen) else bindings(TunegateApp)
    assert sum(binding.show for binding in [*bindings(kind), *always]) <= 6


@pytest.mark.parametrize("kind", [kind for kind in SCREENS if not issubclass(kind, ModalScreen)], ids=lambda kind: kind.__name__)
def test_every_screen_has_help_in_words(kind: type) -> None:
    page = HELP_FOLDER / f"{vars(kind)['HELP']}.md"
    assert page.read_text(encoding="utf-8").startswith("# ")


def test_every_help_page_belongs_to_a_screen() -> None:
    pages = {vars(kind)["HELP"] for kind in SCREENS if "HELP" in vars(kind)}
    assert {page.stem for page in HELP_FOLDER.glob("*.md")} == pages


def test_the_app_loads_nothing_heavy_before_its_first_screen() -> None:
    code = f"import sys, selector.tui.app; print([m for m in {HEAVY!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_app_loads_only_the_first_screen_at_first() -> None:
    code = "import sys, selector.tui.app; print(sorted(m for m in sys.modules if m.startswith('selector.tui.screens.')))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "['selector.tui.screens.home']"
