"""The decision on one page of Markdown, to be kept, sent and argued with."""

from collections.abc import Iterator, Sequence
from typing import Final

from reports.records.intake import Fact, Intake
from reports.records.recommendation import Axis, FlipsWhen, Phase, Ranked, Recommendation, RuledOut
from selector.intake import BY_NAME
from selector.scorecard import AXIS_TEXTS
from selector.strategies import PROFILES, title_of
from selector.wording import answer, listed, percent

SHOWN: Final = 4
"""Strategies of the ranking that are shown with their reasons."""
PARAMETER_WORDS: Final = {"full": "all weights", "lora": "LoRA", "qlora": "QLoRA", "none": "no training"}
ORIGIN_WORDS: Final = {"asked": "answered", "probed": "measured", "flag": "given", "default": "assumed"}


def decision_record(intake: Intake, recommendation: Recommendation) -> str:
    """Return the decision record of a recommendation as Markdown.

    Args:
        intake: the facts the recommendation was made from.
        recommendation: the answer of `selector.engine.recommend` on them.
    """
    found = recommendation
    blocks = (
        [f"# Decision record: {PROFILES[found.strategy].title}"],
        [f"**{_safe(found.sentence)}**"],
        [_terms(found)],
        ["## Facts", "", *(_axis(axis, intake) for axis in found.axes)],
        ["## Alternatives", "", *_ranking(found.ranking)],
        _section("Ruled out", [_ruled_out(out) for out in found.ruled_out]),
        _section("What would change the answer", [_flip(flip) for flip in found.flips_when]),
        ["## Steps", "", *(_phase(number, phase) for number, phase in enumerate(found.phases, start=1))],
        [
            "## Before a release",
            "",
            f"- Gates: {_names(found.required_gates)}.",
            f"- Signatures: {_names(found.required_signoffs)}.",
        ],
    )
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _terms(found: Recommendation) -> str:
    best = found.ranking[0].p_best
    return (
        f"Confidence: {found.confidence} (best in {percent(best)} of simulations). "
        f"Weights: {PARAMETER_WORDS[found.parameters]}. {_safe(found.parameters_because)} "
        f"Safety class: {found.safety_class}. Policy: {_safe(found.policy)}, seed {found.seed}."
    )


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return [f"## {title}", "", *lines] if lines else []


def _axis(axis: Axis, intake: Intake) -> str:
    own = [question.name for question in BY_NAME.values() if question.axis == axis.name]
    known = [_fact(intake.facts[name]) for name in own if name in intake.facts and intake.facts[name].value is not None]
    missing = next((line.removesuffix(".") for line in axis.evidence if line.startswith("Not known")), "")
    told = "; ".join([*known, *([missing[0].lower() + missing[1:]] if missing else [])]) or "nothing is known"
    return f"- **{AXIS_TEXTS[axis.name].title}** {axis.score:.1f} of 5 ({axis.low:.1f} to {axis.high:.1f}): {_safe(told)}."


def _fact(fact: Fact) -> str:
    question = BY_NAME[fact.name]
    ends = (fact.value if fact.low is None else fact.low, fact.value if fact.high is None else fact.high)
    interval = "" if fact.low is None and fact.high is None else f", {answer(question, ends[0])} to {answer(question, ends[1])}"
    because = f", {fact.because}" if fact.because else ""
    return f"{question.short}: {answer(question, fact.value)} ({ORIGIN_WORDS[fact.origin]}{interval}{because})"


def _ranking(ranking: Sequence[Ranked]) -> Iterator[str]:
    yield "| strategy | score | P(best) | for it, more than for others | against it, more than against others |"
    yield "| --- | ---: | ---: | --- | --- |"
    usual = _mean_points(ranking)
    for ranked in ranking[:SHOWN]:
        told = (_telling(ranked, usual, 1), _telling(ranked, usual, -1))
        cells = (title_of(ranked.strategy), f"{ranked.score:.1f}", percent(ranked.p_best), *told)
        yield f"| {' | '.join(_safe(cell) for cell in cells)} |"
    if len(ranking) > SHOWN:
        yield ""
        rest = [f"{title_of(ranked.strategy)} ({ranked.score:.1f})" for ranked in ranking[SHOWN:]]
        yield f"Further behind: {listed(rest)}."


def _mean_points(ranking: Sequence[Ranked]) -> dict[str, float]:
    points: dict[str, float] = {}
    for ranked in ranking:
        for reason in ranked.reasons:
            points[reason.rule] = points.get(reason.rule, 0.0) + reason.points / len(ranking)
    return points


def _telling(ranked: Ranked, usual: dict[str, float], sign: int) -> str:
    """Return the reason on one side that sets the strategy most apart from the others, `none` where there is none."""
    side = [reason for reason in ranked.reasons if reason.points * sign > 0]
    strongest = max(side, key=lambda reason: sign * (reason.points - usual[reason.rule]), default=None)
    return f"{strongest.because} ({strongest.points:+.1f})" if strongest else "none"


def _ruled_out(out: RuledOut) -> str:
    return f"- {title_of(out.strategy)}: {_safe(out.because)} {_safe(out.unless)}".rstrip()


def _flip(flip: FlipsWhen) -> str:
    return f"- {_safe(flip.sentence)}"


def _phase(number: int, phase: Phase) -> str:
    return f"{number}. **{_safe(phase.title)}.** {_safe(phase.do)} {_safe(phase.collect)}"


def _names(names: Sequence[str]) -> str:
    return listed([name.replace("_", " ") for name in names]) or "none"


def _safe(text: str) -> str:
    """Return text that cannot break a table, start a line or become markup."""
    flat = " ".join(text.split())
    for sign in ("\\", "`", "*", "|", "<", "[", "]"):
        flat = flat.replace(sign, f"\\{sign}" if sign != "<" else "&lt;")
    return flat
