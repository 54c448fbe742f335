"""The charts of a report: axes, ranking and gates, each with the figures behind it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from reports.records.data import TopicShare
from reports.records.gates import Estimate, GateResult
from reports.records.recommendation import Recommendation
from reports.svg import COLOURS, Figure, draw, row_key, row_labels
from reports.wording import (
    INFORMS,
    SHARES,
    SIGNS,
    change,
    interval,
    is_preference,
    margin,
    number,
    shared_unit,
    state_of,
    visible,
)

if TYPE_CHECKING:
    import altair

TOPIC_WORDS: Final = 4
ZERO_TOLERANCE: Final = 0.5
"""Where a gate stands that allows not one case: on its side of the line, since it has no scale."""
_SHAPES: Final = {"pass": "circle", "fail": "square", "unresolved": "diamond", "broken": "triangle-down", INFORMS: "circle"}
_COLOURS: Final = {**{state: COLOURS[state] for state in ("pass", "fail", "unresolved", "broken")}, INFORMS: COLOURS["muted"]}


class Span(NamedTuple):
    """A gate's interval on the scale of its own margin: 0 is the margin, right of it is better, 1 the row's end."""

    low: float
    value: float
    high: float
    no_change: float | None
    """Where a candidate equal to the baseline would stand; None where a limit makes no comparison."""


def axes_figure(recommendation: Recommendation) -> Figure:
    """Return the four axes, 0 to 5, with their 90 % intervals."""
    import altair as alt

    axes = recommendation.axes
    names = [axis.name.capitalize() for axis in axes]
    rows = [{"row": row_key(i, names[i]), "low": axis.low, "score": axis.score, "high": axis.high} for i, axis in enumerate(axes)]
    base = alt.Chart(alt.Data(values=rows)).encode(y=alt.Y("row:N", title=None, axis=row_labels(names)))
    ticks = alt.Axis(values=[0, 1, 2, 3, 4, 5], grid=True, format="d")
    scale = alt.X("score:Q", scale=alt.Scale(domain=[0, 5]), axis=ticks, title=None)
    chart = alt.layer(
        base.mark_rule(color=COLOURS["accent"], strokeWidth=6, opacity=0.35).encode(x="low:Q", x2="high:Q"),
        base.mark_point(color=COLOURS["accent"], filled=True, size=90, opacity=1).encode(x=scale),
    ).properties(width=330, height=32 * len(rows))
    title = "Scores of the four axes"
    description = "; ".join(f"{axis.name} {axis.score:.1f} of 5" for axis in axes)
    return Figure(
        title=title,
        description=f"{description}.",
        svg=draw(chart, "axes", title, description),
        columns=("Axis", "Score, 0 to 5", "90 % interval", "Evidence"),
        rows=tuple(
            (
                a.name.capitalize(),
                f"{a.score:.1f}",
                f"{a.low:.1f} to {a.high:.1f}",
                "; ".join(said.rstrip(".") for said in a.evidence),
            )
            for a in axes
        ),
    )


def ranking_figure(recommendation: Recommendation) -> Figure:
    """Return the share of simulations that each feasible strategy wins."""
    import altair as alt

    ranking = recommendation.ranking
    rows = [{"row": row_key(i, r.strategy), "p": r.p_best, "text": number(r.p_best, "share")} for i, r in enumerate(ranking)]
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("row:N", title=None, axis=row_labels([r.strategy for r in ranking])),
        x=alt.X("p:Q", scale=alt.Scale(domain=[0, 1]), axis=None),
    )
    chart = alt.layer(
        base.mark_bar(color=COLOURS["accent"], height=14),
        base.mark_text(align="left", dx=6, fontSize=12, color=COLOURS["ink"]).encode(text="text:N"),
    ).properties(width=330, height=32 * len(rows))
    title = "Probability of being the best strategy"
    description = "; ".join(f"{r.strategy} {number(r.p_best, 'share')}" for r in ranking)
    return Figure(
        title=title,
        description=f"{description}.",
        svg=draw(chart, "ranking", title, description),
        columns=("Strategy", "Score", "Best in"),
        rows=tuple((r.strategy, number(r.score), f"{number(r.p_best, 'share')} of simulations") for r in ranking),
    )


def topics_figure(topics: Sequence[TopicShare]) -> Figure:
    """Return the share of rows of each topic, named by its first words."""
    import altair as alt

    names = [visible(", ".join(topic.words[:TOPIC_WORDS])) or "no common words" for topic in topics]
    rows = [
        {"row": row_key(i, names[i]), "share": topic.share, "text": number(topic.share, "share")}
        for i, topic in enumerate(topics)
    ]
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("row:N", title=None, axis=row_labels(names, widest=280)), x=alt.X("share:Q", axis=None)
    )
    chart = alt.layer(
        base.mark_bar(color=COLOURS["accent"], height=12),
        base.mark_text(align="left", dx=6, fontSize=12, color=COLOURS["ink"]).encode(text="text:N"),
    ).properties(width=260, height=22 * len(rows))
    title = "Topics of the prompts"
    description = "; ".join(f"{name}: {row['text']}" for name, row in zip(names, rows, strict=True))
    return Figure(
        title=title,
        description=f"{description}.",
        svg=draw(chart, "topics", title, description),
        columns=("Words that set it apart", "Share", "Rows", "An example"),
        rows=tuple(
            (", ".join(t.words) or "no common words", number(t.share, "share"), f"{t.rows:,}", f"{t.source}, row {t.example_row}")
            for t in topics
        ),
    )


def gates_figure(results: Sequence[GateResult]) -> Figure:
    """Return the intervals of all gates, each on the scale of its own margin so that different units can share a plot."""
    title = "Every gate's interval against its margin"
    description = "; ".join(f"{gate.title}: {state_of(gate)}" for gate in results)
    return Figure(
        title=title,
        description=f"{description}.",
        svg=draw(_gates_chart(results), "gates", title, description),
        columns=("Gate", "Measured", "Interval", "Demanded", "State"),
        rows=tuple(_gate_cells(gate) for gate in results),
        note=(
            "Each row has its own scale, with its margin at the line: compare the side of the line, and the width. "
            "The small tick is where no change from the baseline would stand. "
            "A gate for information has no margin; its line is no change. "
            "A gate that allows not one case is a point without an interval: cases decide it."
        ),
    )


def _gates_chart(results: Sequence[GateResult]) -> "altair.LayerChart":
    import altair as alt

    rows = [_gate_row(position, gate) for position, gate in enumerate(results)]
    states = list(SIGNS)
    colour = alt.Color("state:N", scale=alt.Scale(domain=states, range=[_COLOURS[s] for s in states]), legend=None)
    shape = alt.Shape("state:N", scale=alt.Scale(domain=states, range=[_SHAPES[s] for s in states]), legend=None)
    names = row_labels([str(row["title"]) for row in rows], widest=260)
    base = alt.Chart(alt.Data(values=rows)).encode(y=alt.Y("row:N", title=None, axis=names), color=colour)
    sides = alt.Axis(
        values=[-0.54, 0.54],
        labelExpr="datum.value < 0 ? '◂ worse than the margin' : 'better than the margin ▸'",
        orient="top",
        grid=False,
        labelFontSize=11,
    )
    value = alt.X("value:Q", scale=alt.Scale(domain=[-1.08, 1.08]), axis=sides, title=None)
    words = base.mark_text(align="left", fontSize=12)
    return alt.layer(
        alt.Chart(alt.Data(values=[{"x": 0}])).mark_rule(color=COLOURS["ink"], strokeWidth=1.5).encode(x="x:Q"),
        base.mark_tick(thickness=1.5, size=16, opacity=1).encode(x="no_change:Q", color=alt.value(COLOURS["muted"])),
        base.mark_rule(strokeWidth=3).encode(x="low:Q", x2="high:Q"),
        base.mark_point(filled=True, size=110, opacity=1).encode(x=value, shape=shape),
        words.encode(x=alt.value(396), text="text:N"),
        words.encode(x=alt.value(510), text="figure:N", color=alt.value(COLOURS["ink"])),
    ).properties(width=380, height=34 * len(rows))


def is_compared(gate: GateResult) -> bool:
    """Say whether the gate judges the difference to the baseline, rather than the candidate alone."""
    return gate.kind != "limit"


def allows_nothing(gate: GateResult) -> bool:
    """Say whether a single case fails the gate: then the share seen decides, and not its interval."""
    return gate.kind == "limit" and gate.margin == 0 and gate.direction == "lower" and gate.unit in SHARES


def measured(gate: GateResult) -> Estimate:
    """Return the estimate a gate is decided on."""
    return gate.difference if is_compared(gate) else gate.candidate


def evidence(gate: GateResult) -> str:
    """Return the number a gate is decided on with its interval."""
    value, ends = _value(gate), _interval(gate)
    unit = shared_unit(gate.unit, _shows_change(gate))
    return f"{value} ({ends.removesuffix(unit)})" if unit and value.endswith(unit) else f"{value} ({ends})"


def span(gate: GateResult) -> Span | None:
    """Place a gate's interval relative to its margin; None where nothing was measured."""
    found = measured(gate)
    if found.value is None:
        return None
    if allows_nothing(gate):
        place = -ZERO_TOLERANCE if found.value > 0 else ZERO_TOLERANCE
        return Span(place, place, place, None)
    ends = [found.value if end is None else end for end in (found.low, found.high)]
    better = 1.0 if gate.direction == "higher" else -1.0
    size = better * abs(gate.margin)
    line = {"superiority": size, "non-inferiority": -size, "limit": gate.margin, "inform": 0.0}[gate.kind]
    low, high = sorted(better * (end - line) for end in ends)
    value = better * (found.value - line)
    no_change = -better * line if is_compared(gate) else None
    scale = max(abs(low), abs(high), abs(no_change or 0.0)) or 1.0
    return Span(low / scale, value / scale, high / scale, None if no_change is None else no_change / scale)


def _gate_row(position: int, gate: GateResult) -> dict[str, Any]:
    place, title, state = span(gate), visible(gate.title), state_of(gate)
    row: dict[str, Any] = {
        "row": row_key(position, title),
        "title": title,
        "state": state,
        "text": f"{SIGNS[state]} {state}",
        "figure": visible(_value(gate)),
    }
    return row if place is None else {**row, **place._asdict()}


def _gate_cells(gate: GateResult) -> tuple[str, ...]:
    return (gate.title, _value(gate), _interval(gate), margin(gate), state_of(gate))


def _value(gate: GateResult) -> str:
    return change(gate.difference.value, gate.unit) if _shows_change(gate) else number(gate.candidate.value, gate.unit)


def _interval(gate: GateResult) -> str:
    shows_change = _shows_change(gate)
    return interval(gate.difference if shows_change else gate.candidate, gate.unit, signed=shows_change)


def _shows_change(gate: GateResult) -> bool:
    return is_compared(gate) and not is_preference(gate)
