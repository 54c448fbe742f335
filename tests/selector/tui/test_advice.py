"""The advice must say everything the engine found, at any width."""

import pytest
from msgspec.structs import replace
from textual.content import Content

from reports.records.recommendation import Recommendation
from selector.intake import BY_NAME
from selector.tui.advice import axes, flips, phases, why_not
from selector.tui.ranking import panel, reasons, strip
from selector.tui.widgets.question import question_text
from tests.reports.sample_decision import sample_recommendation


@pytest.fixture(name="found")
def _found() -> Recommendation:
    return sample_recommendation()


def plain(content: Content) -> str:
    return " ".join(content.plain.split())


def test_every_axis_comes_with_its_evidence(found: Recommendation) -> None:
    text = plain(axes(found, 40))
    for axis in found.axes:
        assert f"{axis.score:.1f}" in text
        assert all(evidence in text for evidence in axis.evidence)
    assert found.parameters_because in text


def test_every_strategy_that_is_ruled_out_says_why_and_what_would_help(found: Recommendation) -> None:
    text = plain(why_not(found, 40))
    for out in found.ruled_out:
        assert out.because in text
        assert out.unless in text
    assert "No strategy is ruled out" in why_not(replace(found, ruled_out=()), 40).plain


def test_what_would_flip_the_answer_is_said(found: Recommendation) -> None:
    assert all(flip.sentence in plain(flips(found, 40)) for flip in found.flips_when)
    assert "would change the answer" in flips(replace(found, flips_when=()), 40).plain


def test_the_steps_say_what_to_do_and_collect(found: Recommendation) -> None:
    text = plain(phases(found, 40))
    assert all(phase.do in text and phase.collect in text for phase in found.phases)


@pytest.mark.parametrize("text", [axes, why_not, flips, phases], ids=lambda text: text.__name__)
def test_no_line_is_wider_than_its_place(found: Recommendation, text: object) -> None:
    assert callable(text)
    assert max(len(line) for line in text(found, 44).plain.split("\n")) <= 44


def test_reasons_are_ordered_by_weight_and_signed(found: Recommendation) -> None:
    lines = reasons(found.ranking[0], 100).plain.split("\n")
    assert [line.split()[0] for line in lines] == ["+3.30", "+2.60", "−0.90"]


def test_the_panel_shows_what_an_answer_moved(found: Recommendation) -> None:
    first, *others = found.ranking
    after = replace(found, ranking=(replace(first, p_best=0.8), *others))
    moved = panel(after, found, 44).plain
    assert "80 % ▲12" in moved
    assert "▼" not in moved
    assert "▲" not in panel(found, None, 44).plain


def test_a_strip_holds_the_first_three(found: Recommendation) -> None:
    line = strip(found, 76).plain
    assert line.startswith("Best now SFT → DPO")
    assert [line.rindex(part) for part in ("SFT → DPO", "SFT ", "ORPO")] == sorted(
        line.rindex(p) for p in ("SFT → DPO", "SFT ", "ORPO")
    )
    assert len(line) <= 76


def test_a_strip_names_the_likeliest_first_and_only_as_many_as_fit(found: Recommendation) -> None:
    first, second, *others = found.ranking
    likelier = replace(found, ranking=(replace(first, p_best=0.1), replace(second, p_best=0.8), *others))
    line = strip(likelier, 50).plain
    assert line.startswith("Best now SFT → DPO")
    assert "chance  SFT 80 %" in line
    assert len(line) <= 50


def test_a_strip_without_a_feasible_strategy_says_so(found: Recommendation) -> None:
    assert strip(replace(found, ranking=()), 76).plain == "Every strategy is ruled out."


def test_a_unit_is_added_only_where_the_question_does_not_name_it() -> None:
    assert question_text(BY_NAME["demonstrations"]).endswith("  (rows)")
    assert question_text(BY_NAME["ram_gib"]) == BY_NAME["ram_gib"].text
