"""Personal data and secrets that stand in a run's texts are masked in every form that people read."""

from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace

from reports.contents import Contents, read_contents
from reports.records.comparison import Comparison
from reports.records.gates import Deciding
from reports.rundir import RunDir
from reports.sharing.comparison import as_html, as_text
from reports.sharing.formats import RENDERERS, html_of
from reports.sharing.index import write_index
from reports.sharing.profiles import Profile
from reports.sharing.pull_request import markdown_of
from tests.reports.sample_run import build_sample_run

PERSONAL: Final = ("jane.roe@acme-widgets.io", "4539 1488 0343 6467", "DE75512108001245126199", "+49 30 901820", "567-68-0123")
SECRET: Final = "hf_abcdefghijklmnop"
PLANTED: Final = f"Write to {', '.join(PERSONAL)} with {SECRET}."


def leaked(text: str) -> list[str]:
    """Return what was planted and can be read, whatever invisible breaks stand in it."""
    bare = text.replace("&#8203;", "").replace("\u200b", "")
    return [value for value in (*PERSONAL, SECRET) if value in bare]


def planted(run: RunDir, name: str = PLANTED) -> Contents:
    """Return a run whose verdict, gates, checks, answers and rows hold personal data, and `name` as its names."""
    contents = read_contents(run)
    assert contents.gates and contents.checks and contents.plan and contents.metrics
    item = Deciding(prompt_id="1", prompt=PLANTED, baseline=PLANTED, candidate=PLANTED, note="")
    gates = tuple(
        replace(
            gate,
            title=name,
            because=PLANTED,
            resolve=PLANTED,
            fragility=PLANTED,
            state="fail",
            required=True,
            deciding=(item,),
        )
        for gate in contents.gates.results
    )
    rows = tuple(
        replace(check, state="fail", because=PLANTED, evidence=tuple(replace(row, excerpt=PLANTED) for row in check.evidence))
        for check in contents.checks.checks
    )
    return contents._replace(
        record=replace(contents.record, title=name, model=name),
        gates=replace(contents.gates, verdict="no-go", because=PLANTED, next_step=PLANTED, results=gates),
        checks=replace(contents.checks, checks=rows),
        plan=replace(contents.plan, data=tuple(replace(source, label=name) for source in contents.plan.data)),
        completions=[replace(line, prompt=PLANTED, completion=PLANTED) for line in contents.completions],
    )


@pytest.mark.parametrize("profile", ["public", "shared", "full"])
@pytest.mark.parametrize("form", ["md", "junit", "badge", "card"])
def test_no_form_shows_it(go: RunDir, form: str, profile: Profile) -> None:
    assert leaked(RENDERERS[form](planted(go), profile)) == []


def test_the_report_masks_prompts_answers_rows_and_reasons(go: RunDir) -> None:
    text = html_of(planted(go, "Tea"))

    assert text.count("[e-mail address]") > 20
    assert leaked(text) == []


def test_a_quote_says_what_was_masked(go: RunDir) -> None:
    text = markdown_of(planted(go), "full")

    assert "Write to [e-mail address], [payment card], [bank account], [phone number], [US social security number]" in text
    assert "with ***." in text


def test_the_comparison_masks_names_and_values(found: Comparison) -> None:
    runs = tuple(replace(run, title=PLANTED, model=PLANTED) for run in found.runs)
    changes = tuple(replace(row, name=PLANTED, values=(PLANTED, None, "x")) for row in found.changes)
    pairs = tuple(replace(row, because=PLANTED, method=PLANTED) for row in found.paired)
    hostile = replace(found, runs=runs, changes=changes, paired=pairs, notes=(PLANTED,))

    assert leaked(as_text(hostile)) == []
    assert leaked(as_html(hostile)) == []


def test_the_index_masks_titles(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path, "go")
    record: Any = msgspec.json.decode((run.path / "run.json").read_bytes())
    (run.path / "run.json").write_bytes(msgspec.json.encode({**record, "title": PLANTED}))

    assert leaked(write_index(tmp_path).read_text("utf-8")) == []


def test_these_tests_see_what_is_not_masked() -> None:
    assert len(leaked(PLANTED.replace("@", "@&#8203;"))) == len(PERSONAL) + 1
