"""Names are read without importing; what is asked for and broken names its package and what to do."""

import sys
from pathlib import Path

import pytest

from evals.plugins.installed import Plugin, installed, listed, load
from reports.errors import MissingError
from selector.doctor import Finding, _plugins
from tests.evals.plugins.packages import install

POINTS = {"tunegate.metrics": {"good": "untouched_plugin:f", "gone": "no_such_module_here:f", "word": "string:digits"}}


def found_by_doctor() -> dict[str, Finding]:
    return {finding.name: finding for finding in _plugins()}


def test_names_are_read_without_importing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, tmp_path, POINTS, modules={"untouched_plugin": "raise SystemExit('imported')"})

    assert installed("metric")["good"] == Plugin("metric", "good", "brought", "1.0", "untouched_plugin:f")
    assert installed("judge") == {}
    assert {one.name for one in listed()} >= {"good", "gone", "word"}
    assert found_by_doctor()["metric good"].seen == "brought 1.0 (untouched_plugin:f), not imported"
    assert "untouched_plugin" not in sys.modules


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("good", r"package brought cannot be imported \(SystemExit: imported\)"),
        ("gone", r"package brought cannot be imported \(ModuleNotFoundError: .*pip install --upgrade brought"),
        ("word", r"package brought is a str, not a function.*string:digits"),
        ("none", r"0 are installed\. Installed: gone, good, word"),
    ],
)
def test_a_broken_plugin_names_its_package(name: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, tmp_path, POINTS, modules={"untouched_plugin": "raise SystemExit('imported')"})

    with pytest.raises(MissingError, match=message):
        load("metric", name)


def test_two_packages_with_one_name_are_both_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("first", "second"):
        install(monkeypatch, tmp_path / package, {"tunegate.judges": {"same": "string:capwords"}}, package)

    with pytest.raises(MissingError, match=r"2 are installed\. The packages first and second each bring one"):
        load("judge", "same")
    assert found_by_doctor()["judge same"].state == "warn"


def test_doctor_says_that_there_is_no_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.plugins.installed.listed", lambda: ())
    assert found_by_doctor()["plugins"].seen == "none"
