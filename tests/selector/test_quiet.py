"""Commands that load a model keep the bars of libraries off the terminal."""

import os
import subprocess
import sys

import pytest

from selector.commands.quiet import be_quiet


def test_bars_are_off_unless_a_person_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"TQDM_DISABLE": "0"})
    be_quiet()
    assert os.environ["TQDM_DISABLE"] == "0"
    assert os.environ["TRANSFORMERS_VERBOSITY"] == "error"


def test_a_bar_of_a_library_draws_nothing() -> None:
    code = "from selector.commands.quiet import be_quiet; be_quiet(); import tqdm; list(tqdm.tqdm(range(3)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
