"""The GitHub Actions example: its commands exist, and it trusts nothing from a pull request."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from selector.cli import tunegate

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "github-actions.yml"


@pytest.fixture(scope="module")
def workflow() -> dict[str, Any]:
    """Return the example."""
    found: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    return found


def scripts(workflow: dict[str, Any]) -> list[str]:
    return [step["run"] for step in workflow["jobs"]["gate"]["steps"] if "run" in step]


def joined(script: str) -> list[str]:
    """Return the lines of a script, continued ones as one."""
    return script.replace("\\\n", " ").splitlines()


def test_every_command_and_option_of_it_exists(workflow: dict[str, Any]) -> None:
    lines = [line.split("||")[0].strip() for script in scripts(workflow) for line in joined(script)]
    calls = [shlex.split(line)[1:] for line in lines if line.startswith("tunegate ")]

    assert [call[0] for call in calls] == ["gate"] + ["report"] * 5
    for name, *words in calls:
        found = tunegate.get_command(tunegate.make_context("tunegate", ["--help"], resilient_parsing=True), name)
        assert found is not None
        found.make_context(name, list(words), resilient_parsing=True)
        options = {option for parameter in found.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options


def test_it_fails_with_the_exit_code_of_the_gates(workflow: dict[str, Any]) -> None:
    steps = {step.get("name"): step for step in workflow["jobs"]["gate"]["steps"]}

    assert list(steps)[-1] == "Fail unless it is a go"
    assert steps["Fail unless it is a go"]["run"] == 'exit "$CODE"'
    assert steps["Fail unless it is a go"]["env"] == {"CODE": "${{ steps.gate.outputs.code }}"}
    assert steps["Decide the gates"]["id"] == "gate"
    assert "continue-on-error" not in EXAMPLE.read_text(encoding="utf-8")


def test_nothing_of_a_pull_request_is_pasted_into_a_script(workflow: dict[str, Any]) -> None:
    assert not [script for script in scripts(workflow) if "${{" in script]
    assert workflow["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert not re.search("pull_request_target", EXAMPLE.read_text(encoding="utf-8"))
