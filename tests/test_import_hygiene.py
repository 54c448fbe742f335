"""What the command line and the first screen load: nothing heavy."""

import json
import subprocess
import sys

import pytest

HEAVY = {
    "torch", "transformers", "trl", "peft", "datasets", "accelerate", "sklearn", "scipy", "statsmodels", "numpy", "pandas",
    "pyarrow", "altair", "vl_convert", "jinja2", "lm_eval", "plotext", "textual_plotext", "huggingface_hub", "yaml",
}  # fmt: skip


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules a fresh interpreter holds after the statement."""
    code = f"{statement}\nimport json, sys; print(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "statement",
    [
        "import selector.cli",
        "import selector.cli, selector.pipeline, selector.engine, selector.commands.recommend, selector.commands.run",
        "import selector.tui.app, selector.tui.screens.home",
        "import reports.rundir, reports.overview",
    ],
)
def test_nothing_heavy_is_loaded_on_the_start_path(statement: str) -> None:
    assert loaded_by(statement) & HEAVY == set()


def test_the_command_line_does_not_load_the_app() -> None:
    assert "textual" not in loaded_by("import selector.cli, selector.commands.recommend")
