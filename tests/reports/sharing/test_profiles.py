"""What each profile shows of what models wrote."""

import pytest

from reports.contents import read_contents
from reports.rundir import RunDir
from reports.sharing.formats import RENDERERS, html_of
from reports.sharing.profiles import LEFT_OUT, for_profile, guarded_gates, profile_of
from tests.reports.page import Page
from tests.reports.sample_texts import BENIGN, HARMFUL, brand_pairs
from tests.reports.sharing.hostile import SECRET, hostile_contents


@pytest.mark.parametrize("form", list(RENDERERS))
def test_no_form_shows_a_prompt_in_the_public_profile(go: RunDir, form: str) -> None:
    contents = read_contents(go)
    text = RENDERERS[form](contents, "public")
    prompts = [pair.prompt for pair in brand_pairs(60)] + [*HARMFUL, *BENIGN]

    assert not [prompt for prompt in prompts if prompt in text]
    assert SECRET not in RENDERERS[form](hostile_contents(go), "public")


def test_the_shared_report_shows_prompts_and_the_public_one_says_that_they_are_left_out(go: RunDir) -> None:
    contents = read_contents(go)
    shared, public = Page(html_of(contents)), Page(html_of(contents, "public"))

    assert len(shared.all("//section[@id='samples']//article")) == 12
    assert public.text("//section[@id='samples']") == f"Samples not measured: {LEFT_OUT}"
    assert not public.all("//blockquote")
    assert public.text("//section[@id='verdict']") == shared.text("//section[@id='verdict']")


def test_the_full_report_shows_every_sample(go: RunDir) -> None:
    assert len(Page(html_of(read_contents(go), "full")).all("//section[@id='samples']//article")) == 60


def test_counts_and_states_are_the_same_in_every_profile(go: RunDir) -> None:
    contents = read_contents(go)
    public = for_profile(contents, "public")

    assert contents.gates is not None
    assert public.gates is not None
    assert [(r.name, r.state, r.n) for r in public.gates.results] == [(r.name, r.state, r.n) for r in contents.gates.results]
    assert for_profile(contents, "full") is contents


def test_gates_on_harmful_and_on_unknown_suites_are_guarded(go: RunDir) -> None:
    contents = read_contents(go)

    assert "refusal" in guarded_gates(contents)
    assert "over_refusal" not in guarded_gates(contents)
    assert "over_refusal" in guarded_gates(contents._replace(metrics=None))


def test_two_flags_name_a_profile() -> None:
    assert [profile_of(*flags) for flags in ((False, False), (True, False), (False, True))] == ["shared", "public", "full"]
