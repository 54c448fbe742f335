"""`tunegate report` and `tunegate compare` as their users and their scripts meet them."""

import json
from pathlib import Path

import pytest

from reports.records.gates import Verdict
from reports.rundir import RunDir
from tests.reports.sample_run import build_sample_run
from tests.selector.test_commands import call

STARTS = {
    "html": "<!doctype html>",
    "json": '{\n  "schema_version": 1',
    "md": "<!-- tunegate -->",
    "junit": "<?xml version",
    "badge": "<svg ",
    "card": "---\nlibrary_name: peft",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """Return a whole run."""
    return build_sample_run(tmp_path_factory.mktemp("runs"), "go")


@pytest.mark.parametrize("form", list(STARTS))
def test_each_format_is_written_to_a_file_and_its_path_printed(
    capsys: pytest.CaptureFixture[str], run: RunDir, tmp_path: Path, form: str
) -> None:
    out = tmp_path / "new" / "file"
    code, printed, _ = call(capsys, "report", str(run.path), "--format", form, "--out", str(out))

    assert (code, printed) == (0, f"{out}\n")
    assert out.read_text(encoding="utf-8").startswith(STARTS[form])


@pytest.mark.parametrize("form", ["json", "md", "junit", "badge", "card"])
def test_without_out_the_text_is_printed(capsys: pytest.CaptureFixture[str], run: RunDir, form: str) -> None:
    code, printed, err = call(capsys, "report", "latest", "--runs", str(run.path.parent), "--format", form)

    assert (code, err) == (0, "")
    assert printed.startswith(STARTS[form])


def test_evaluation_results_lie_beside_the_card(capsys: pytest.CaptureFixture[str], run: RunDir, tmp_path: Path) -> None:
    card = tmp_path / "README.md"
    words = ("report", str(run.path), "--format", "card", "--out", str(card), "--eval-dataset", "acme/probes")
    code, printed, _ = call(capsys, *words)

    assert code == 0
    assert len(printed.splitlines()) > 2
    assert sorted(printed.splitlines()[1:]) == sorted(str(path) for path in (tmp_path / ".eval_results").iterdir())


def test_a_public_report_leaves_the_run_as_it_is(capsys: pytest.CaptureFixture[str], run: RunDir, tmp_path: Path) -> None:
    call(capsys, "report", str(run.path))
    before = run.report.read_text(encoding="utf-8")
    code, _, _ = call(capsys, "report", str(run.path), "--public", "--out", str(tmp_path / "r.html"))

    assert code == 0
    assert run.report.read_text(encoding="utf-8") == before
    assert "<blockquote" in before
    assert "<blockquote" not in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_the_index_lies_in_the_folder_of_the_runs(capsys: pytest.CaptureFixture[str], run: RunDir) -> None:
    code, printed, _ = call(capsys, "report", "--index", str(run.path.parent))

    assert (code, printed.strip()) == (0, str(run.path.parent / "index.html"))
    assert run.path.name in (run.path.parent / "index.html").read_text(encoding="utf-8")


def test_the_schema_is_printed_without_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    code, printed, _ = call(capsys, "report", "--schema")

    assert code == 0
    assert json.loads(printed)["title"] == "tunegate summary"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "RUN is missing"),
        (("RUN", "--public", "--full"), "--public shows no example"),
        (("RUN", "--eval-dataset", "a/b"), "--format card --out FILE"),
        (("RUN", "--format", "md", "--open"), "only the HTML report opens"),
        (("RUN", "--format", "pdf"), "'pdf' is not one of"),
    ],
)
def test_what_does_not_fit_together_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], run: RunDir, words: tuple[str, ...], said: str
) -> None:
    code, _, err = call(capsys, "report", *(str(run.path) if word == "RUN" else word for word in words))

    assert code == 2
    assert said in err


def test_two_runs_are_compared_as_text_json_and_html(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    verdicts: dict[str, Verdict] = {"a": "go", "b": "no-go"}
    names = [build_sample_run(tmp_path, verdict, name=name).path.name for name, verdict in verdicts.items()]
    code, text, notes = call(capsys, "compare", *names, "--runs", str(tmp_path))
    _, raw, _ = call(capsys, "compare", *names, "--runs", str(tmp_path), "--json")
    page = tmp_path / "compare.html"
    _, printed, _ = call(capsys, "compare", *names, "--runs", str(tmp_path), "--html", str(page))

    assert code == 0
    assert "A → B" in text
    assert "note: " in notes
    assert [row["run_id"] for row in json.loads(raw)["runs"]] == names
    assert printed.strip() == str(page)
    assert "2 runs side by side" in page.read_text(encoding="utf-8")


def test_comparing_one_run_is_a_usage_error(capsys: pytest.CaptureFixture[str], run: RunDir) -> None:
    code, out, err = call(capsys, "compare", str(run.path), "--json")

    assert (code, json.loads(out)["error"]["code"]) == (2, "usage")
    assert "at least two runs" in err
