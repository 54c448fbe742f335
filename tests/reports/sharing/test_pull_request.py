"""Markdown for a pull request."""

import pytest
from msgspec.structs import replace

from reports.contents import read_contents
from reports.records.evaluation import PairedValue
from reports.records.gates import Verdict
from reports.records.review import Signoff
from reports.rundir import RunDir
from reports.sharing.formats import html_of
from reports.sharing.model_card import model_card_of
from reports.sharing.profiles import guarded_gates, harmful_prompts
from reports.sharing.pull_request import LARGEST, MARKER, markdown_of
from reports.signoffs import Signed
from tests.reports.conftest import RunFor
from tests.reports.page import Page
from tests.reports.sample_texts import HARMFUL
from tests.reports.sharing.hostile import SECRET, hostile_contents
from tests.reports.sharing.rendered import loose_text, rendered, tags


@pytest.mark.parametrize(("verdict", "word"), [("go", "✓ Go"), ("no-go", "✗ No-go"), ("inconclusive", "? Inconclusive")])
def test_the_verdict_comes_first(run_for: RunFor, verdict: Verdict, word: str) -> None:
    text = markdown_of(read_contents(run_for(verdict, "report", None)))

    assert text.startswith(f"{MARKER}\n\n## {word}: Brand voice for the tea shop\n\n**Why:** ")


def test_the_table_has_a_row_for_each_gate_with_limits_and_what_was_demanded(go: RunDir) -> None:
    contents = read_contents(go)
    rows = rendered(markdown_of(contents)).xpath("//table//tr")
    cells = [[cell.text_content() for cell in row] for row in rows]
    (refusal,) = [row for row in cells if row[0].startswith("Refusal of harmful")]

    assert contents.gates is not None
    assert len(rows) == len(contents.gates.results) + 1
    assert refusal[1] == "✓ pass"
    assert " to " in refusal[2]
    assert refusal[4] == "at most 10 points lower"


def test_details_are_folded(go: RunDir) -> None:
    page = rendered(markdown_of(read_contents(go)))
    open_text = " ".join(str(text) for text in page.xpath("//text()[not(ancestor::details)]"))

    assert "What was not tested (3)" in page.xpath("//summary/text()")
    assert "Languages other than English" in page.text_content()
    assert "Languages other than English" not in open_text


def test_the_roles_that_must_sign_are_named_without_who_signed(go: RunDir) -> None:
    signoff = Signoff(at="2026-11-20T22:00:00Z", role="owner", name="Ada Lovelace", decision="approve", evidence="e" * 64)
    signed = (Signed("owner", True, "approved", signoff, ""), Signed("safety", True, "unsigned", None, ""))
    contents = read_contents(go)._replace(signed=signed)

    assert "**Sign-offs:** ✓ owner (approved), ? safety (unsigned)" in markdown_of(contents)
    assert "Sign-offs: ✓ owner (approved), ? safety (unsigned)" in model_card_of(contents)
    assert "Lovelace" not in markdown_of(contents) + model_card_of(contents)


def test_a_run_without_a_verdict_says_why(run_for: RunFor) -> None:
    text = markdown_of(read_contents(run_for("go", "train", "failed")))

    assert "## – No verdict: " in text
    assert "DPO broke off at step 61" in text
    assert "| Gate |" not in text


def test_hostile_text_adds_no_element_and_no_link(go: RunDir) -> None:
    page, clean = rendered(markdown_of(hostile_contents(go), "full")), rendered(markdown_of(read_contents(go), "full"))

    assert tags(page) <= tags(clean) | {"code", "pre"}
    assert [len(row) for row in page.iter("tr")] == [len(row) for row in clean.iter("tr")]
    assert not page.xpath("//@href | //@src | //@*[starts-with(name(), 'on')]")
    assert "@octocat" not in loose_text(page)
    assert len(page.xpath("//h2")) == 1
    assert all(details.getparent().tag == "main" for details in page.iter("details"))


def test_a_prompt_of_a_megabyte_fits_into_a_comment(go: RunDir) -> None:
    text = markdown_of(hostile_contents(go, size=1_000_000), "full")

    assert len(text) <= LARGEST
    assert "The prompts that decided are left out: they exceed the size of a comment." in text or "(cut: " in text


def test_harmful_prompts_are_shown_in_the_full_profile_only(run_for: RunFor) -> None:
    contents = read_contents(run_for("no-go", "report", None))
    assert contents.gates is not None
    guarded = [result for result in contents.gates.results if result.name in guarded_gates(contents) and result.deciding]
    assert guarded

    harmful = [item.prompt for item in guarded[0].deciding]
    assert any(prompt.startswith(HARMFUL) for prompt in harmful)
    assert harmful[0] in markdown_of(contents, "full")
    assert harmful[0] not in markdown_of(contents)
    assert f"left out: {guarded[0].title}" in markdown_of(contents)


def test_a_toxic_answer_to_a_harmless_prompt_is_left_out_and_folded_in_the_report(go: RunDir) -> None:
    contents = read_contents(go)
    assert contents.gates is not None and contents.metrics is not None
    gate = next(one for one in contents.gates.results if one.metric == "win_rate")
    bad, good = gate.deciding[:2]
    toxic = PairedValue(prompt_id=bad.prompt_id, baseline=0.0, candidate=1.0)
    metrics = tuple(replace(one, pairs=(toxic,)) if one.name == "toxicity" else one for one in contents.metrics.metrics)
    toxic_run = contents._replace(metrics=replace(contents.metrics, metrics=metrics))

    assert harmful_prompts(toxic_run) == {bad.prompt_id}
    assert bad.candidate in markdown_of(contents) and bad.candidate in markdown_of(toxic_run, "full")
    assert bad.candidate not in markdown_of(toxic_run)
    assert good.candidate in markdown_of(toxic_run)
    assert "1 with a toxic answer are left out" in markdown_of(toxic_run)
    folded = Page(html_of(toxic_run)).all("//details[@class='guarded']/article//blockquote")
    assert bad.candidate in [quote.text_content() for quote in folded]
    assert not Page(html_of(contents)).all("//details[@class='guarded']/article[.//bdi[. = $0]]".replace("$0", repr(bad.prompt)))


def test_the_public_profile_shows_no_prompt(go: RunDir) -> None:
    hostile = hostile_contents(go)

    assert SECRET in markdown_of(hostile, "full")
    assert SECRET not in markdown_of(hostile, "public")
