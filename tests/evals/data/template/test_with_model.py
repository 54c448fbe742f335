"""A check with a model looks at what it would learn; without one it says which flag to set."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from evals.data.check import CheckRequest, check_files
from evals.data.checks.model import Looking, check_with_model, generation_ends
from evals.model_source import inspect_model
from tests.evals.data.rows import write_lines
from tests.evals.data.template.tokenizers import WITHOUT_END, load, named, pairs
from tests.selector.test_commands import call


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(write_lines(tmp_path / "pairs.jsonl", [row.fields for row in pairs(12)]))


def test_without_a_model_all_are_skipped(file: str) -> None:
    found = check_files(CheckRequest((file,)))

    skipped = [check for check in found.checks if check.code.startswith(("TMPL", "MARG"))]
    assert [check.state for check in skipped] == ["skipped"] * 8
    assert all("--model" in check.because for check in skipped)


def test_a_sound_model_passes_and_a_template_without_end_blocks(folder: Path, file: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    for one in folder.iterdir():
        (broken / one.name).write_bytes(one.read_bytes())
    load(folder, WITHOUT_END).save_pretrained(broken)

    sound, faulty = (check_files(CheckRequest((file,), model=str(model))) for model in (folder, broken))

    assert (sound.passed, named(sound.checks, "TMPL002").state) == (True, "pass")
    assert (faulty.passed, named(faulty.checks, "TMPL002").state) == (False, "fail")


def test_the_limit_is_that_of_the_model_or_smaller(folder: Path) -> None:
    because = [
        named(check_with_model(pairs(3), str(folder), limit, True, Looking()).checks, "TMPL007").because
        for limit in (None, 90, 900)
    ]

    assert [words.split(" tokens:")[0].split()[-1] for words in because] == ["256", "90", "256"]


def test_margins_are_scored_when_asked_for(folder: Path) -> None:
    asked, unasked = (check_with_model(pairs(5), str(folder), None, True, Looking(margins=count)) for count in (4, 0))

    assert "of 4 (" in named(asked.checks, "MARG001").because
    assert named(unasked.checks, "MARG001").state == "skipped"


def test_the_ends_of_generation_are_read_where_there_are_some(folder: Path, tmp_path: Path) -> None:
    assert generation_ends(inspect_model(str(folder))) == {2}
    assert generation_ends(replace(inspect_model(str(folder)), name=str(tmp_path))) == frozenset()


def test_the_command_shows_rows_as_they_are_learned(capsys: pytest.CaptureFixture[str], folder: Path, file: str) -> None:
    code, out, _ = call(capsys, "check", file, "--model", str(folder), "--show-mask", "1")

    assert code == 0
    assert "[Slow mornings, sencha 1.</s>]" in out
    assert "«<|user|>Write a caption for sencha tea, batch 1.<|assistant|>»" in out


def test_the_command_answers_in_json(capsys: pytest.CaptureFixture[str], folder: Path, file: str) -> None:
    _, out, err = call(capsys, "check", file, "--model", str(folder), "--show-mask", "1", "--margins", "3", "--json")

    assert len(json.loads(out)["shown"]) == 2
    assert "6 answers scored" in err


@pytest.mark.parametrize("flag", ["--margins", "--assistant-only", "--show-mask=1"])
def test_what_needs_a_model_says_so(capsys: pytest.CaptureFixture[str], file: str, flag: str) -> None:
    code, _, err = call(capsys, "check", file, flag)

    assert (code, "need --model" in err) == (2, True)
