"""Charts: right figures, every gate on the right side of its margin, colours of the page."""

import re
from dataclasses import dataclass
from typing import Literal

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reports.charts import allows_nothing, axes_figure, evidence, gates_figure, ranking_figure, span
from reports.records.gates import Estimate, GateResult, Gates
from reports.records.recommendation import Recommendation
from reports.rundir import RunDir
from reports.svg import COLOURS, Figure, adapt


def rounded(value: float) -> float:
    """Keep a value off those so small that a division ends in zero."""
    return round(value, 9)


finite = st.floats(-1e6, 1e6).map(rounded)
Kind = Literal["superiority", "non-inferiority", "limit", "inform"]


@dataclass
class Drawn:
    """What a hypothesis drew for one gate."""

    kind: Kind
    direction: Literal["higher", "lower"]
    margin: float
    ends: list[float]


drawn = st.builds(
    Drawn,
    kind=st.sampled_from(["superiority", "non-inferiority", "limit", "inform"]),
    direction=st.sampled_from(["higher", "lower"]),
    margin=st.floats(0, 1e3).map(rounded),
    ends=st.lists(finite, min_size=3, max_size=3).map(sorted),
)


def gate(found: Drawn) -> GateResult:
    """Return a gate with the drawn interval on both its candidate and its difference."""
    low, value, high = found.ends
    estimate = Estimate(value=value, low=low, high=high, n=40)
    return GateResult(
        name="x",
        title="X",
        state="pass",
        required=True,
        kind=found.kind,
        metric="x",
        unit="rate",
        direction=found.direction,
        margin=found.margin,
        level=0.05,
        baseline=estimate,
        candidate=estimate,
        difference=estimate,
        n=40,
        missing=0,
        method="",
        because="",
    )


@given(drawn)
def test_an_interval_right_of_the_line_is_one_that_meets_the_margin(found: Drawn) -> None:
    drawn_gate = gate(found)
    assume(not allows_nothing(drawn_gate))
    place = span(drawn_gate)
    assert place is not None
    low, _, high = found.ends
    better = 1 if found.direction == "higher" else -1
    worst = low if better == 1 else high
    met = {
        "superiority": better * worst >= found.margin,
        "non-inferiority": better * worst >= -found.margin,
        "limit": better * worst >= better * found.margin,
        "inform": better * worst >= 0,
    }[found.kind]

    assert (place.low >= 0) == met


@pytest.mark.parametrize(("seen", "side"), [(0.0, 1), (1 / 40, -1)])
def test_a_gate_that_allows_no_case_stands_on_the_side_of_what_was_seen(seen: float, side: int) -> None:
    place = span(gate(Drawn("limit", "lower", 0.0, [0.0, seen, 0.07])))
    assert place is not None

    assert place.low == place.value == place.high
    assert place.value * side > 0
    assert place.no_change is None


@given(drawn)
def test_every_row_fits_its_own_scale(found: Drawn) -> None:
    place = span(gate(found))
    assert place is not None

    assert -1 <= place.low <= place.value <= place.high <= 1
    assert place.no_change is None or -1 <= place.no_change <= 1
    assert (place.no_change is None) == (found.kind == "limit")


def test_no_change_stands_left_of_a_gain_to_show_and_right_of_a_loss_to_allow() -> None:
    gain = span(gate(Drawn("superiority", "higher", 0.1, [0.0, 0.2, 0.3])))
    loss = span(gate(Drawn("non-inferiority", "lower", 0.1, [-0.1, 0.0, 0.2])))

    assert gain is not None and gain.no_change is not None and gain.no_change < 0
    assert loss is not None and loss.no_change is not None and loss.no_change > 0


def test_a_gate_that_measured_nothing_is_drawn_as_not_measured() -> None:
    nothing = Estimate(value=None, low=None, high=None, n=0)
    broken = msgspec.structs.replace(
        gate(Drawn("limit", "lower", 0.1, [0, 0, 0])), state="broken", candidate=nothing, difference=nothing
    )
    figure = gates_figure([broken])

    assert span(broken) is None
    assert figure.rows == (("X", "not measured", "not measured", "at most 10 %", "broken"),)
    assert "not measured" in words_of(figure)


def test_all_gates_are_drawn_in_their_order_even_with_equal_titles(go: RunDir) -> None:
    results = [msgspec.structs.replace(result, title="Same") for result in go.read(Gates).results]
    figure = gates_figure(results)
    shown = words_of(figure)

    assert shown.count("Same") == len(results)
    assert shown[-len(results) :] == [row[1] for row in figure.rows]


def test_a_win_rate_is_shown_as_the_rate_and_other_comparisons_as_the_change(go: RunDir) -> None:
    results = {result.name: result for result in go.read(Gates).results}

    assert evidence(results["win_rate"]) == "79.8 % (76.5 to 83)"
    assert evidence(results["refusal"]) == "+2.5 points (−6.1 to +11.1)"
    assert evidence(results["toxicity"]) == "0 % (0 to 4.9)"


def test_each_state_has_a_sign_and_a_word_beside_its_colour(go: RunDir) -> None:
    shown = words_of(gates_figure(go.read(Gates).results))

    assert {"✓ pass", "? unresolved", "· for information"} <= set(shown)


def test_the_axes_and_the_ranking_list_what_they_draw(go: RunDir) -> None:
    advice = go.read(Recommendation)
    axes, ranking = axes_figure(advice), ranking_figure(advice)

    assert axes.rows[0] == ("Data", "3.6", "3.1 to 4.0", "640 demonstrations; 820 pairs, 91 % of them clear")
    assert ranking.rows[0] == ("sft+dpo", "7.4", "68 % of simulations")
    assert [word for word in words_of(ranking) if "%" in word] == ["68 %", "24 %", "8 %"]


def test_drawings_take_their_colours_from_the_page(go: RunDir) -> None:
    advice = go.read(Recommendation)

    for figure in (axes_figure(advice), ranking_figure(advice), gates_figure(go.read(Gates).results)):
        assert not any(stand_in in figure.svg for stand_in in COLOURS.values())
        assert not re.findall(r'(?:fill|stroke)="(?!none|currentColor|var\(--|transparent)[^"]*"', figure.svg)


def test_ids_are_unique_between_drawings_and_references_follow() -> None:
    svg = '<svg width="1"><clipPath id="clip7"></clipPath><g clip-path="url(#clip7)"/></svg>'

    assert adapt(svg, "a", "t", "d") == (
        '<svg width="1" role="img" aria-labelledby="chart-a-title chart-a-desc">'
        '<title id="chart-a-title">t</title><desc id="chart-a-desc">d</desc>'
        '<clipPath id="chart-a-0"></clipPath><g clip-path="url(#chart-a-0)"/></svg>'
    )


@pytest.mark.parametrize("text", ["</svg><script>", '"onload="x', "\u202e"])
def test_a_hostile_title_stays_text(text: str) -> None:
    svg = adapt("<svg></svg>", "a", text, text)

    assert "<script" not in svg
    assert "\u202e" not in svg
    assert svg.count("<") == svg.count(">")


def words_of(figure: Figure) -> list[str]:
    """Return the texts in a drawing, in the order in which they stand there."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", figure.svg)
