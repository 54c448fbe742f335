"""Hypothesis strategies for valid facts and intakes."""

from hypothesis import strategies as st

from reports.records.intake import Fact, Intake, Origin, Value
from selector.intake import QUESTIONS, make_fact
from selector.question import Question

ORIGINS: tuple[Origin, ...] = ("asked", "probed", "flag", "default")
USUAL_MOST = 1e7
"""Numbers are drawn up to here, and now and then at the very end of what is allowed."""


def values_of(question: Question) -> st.SearchStrategy[Value]:
    """Return valid values of a fact."""
    if question.kind == "yes-no":
        return st.booleans()
    if question.kind == "choice":
        return st.sampled_from([value for value, _ in question.choices])
    most = min(question.maximum, USUAL_MOST)
    if question.whole:
        return st.integers(int(question.minimum), int(most)) | st.sampled_from([int(question.minimum), int(question.maximum)])
    return st.floats(question.minimum, most) | st.sampled_from([question.minimum, question.maximum])


@st.composite
def facts(draw: st.DrawFn, question: Question) -> Fact:
    """Return a valid fact: known, known with an interval, or not known."""
    if draw(st.integers(0, 3)) == 0:
        return make_fact(question.name, None, "asked")
    origin = draw(st.sampled_from(ORIGINS))
    if question.kind in ("number", "share") and draw(st.booleans()):
        low, middle, high = sorted(float(draw(values_of(question)) or 0) for _ in range(3))
        return make_fact(question.name, middle, origin, low=low, high=high)
    return make_fact(question.name, draw(values_of(question)), origin)


@st.composite
def intakes(draw: st.DrawFn) -> Intake:
    """Return a valid intake with any subset of the facts."""
    names = draw(st.sets(st.sampled_from([question.name for question in QUESTIONS])))
    found = {question.name: draw(facts(question)) for question in QUESTIONS if question.name in names}
    return Intake(facts=found)
