"""Safety: who reads the answers, and what a bad one can do."""

from collections.abc import Mapping
from typing import Final

from reports.records.intake import Value
from selector.question import Question


def _reaches_outsiders(known: Mapping[str, Value]) -> bool:
    return known.get("audience") != "internal"


SAFETY: Final[tuple[Question, ...]] = (
    Question(
        name="audience",
        axis="safety",
        kind="choice",
        text="Who reads the answers?",
        help="Colleagues catch and forgive mistakes; children, patients or people in distress do not get to.",
        short="the audience",
        choices=(("internal", "colleagues"), ("customers", "customers or the public"), ("vulnerable", "vulnerable people")),
        guess=(0.35, 0.55, 0.1),
        hopeful="internal",
    ),
    Question(
        name="harm_potential",
        axis="safety",
        kind="choice",
        text="What is the worst that one bad answer can do?",
        help="It decides how sure the gates must be before the model may ship.",
        short="the possible harm",
        choices=(
            ("low", "embarrassment"),
            ("moderate", "lost money, time or trust"),
            ("high", "harm to health, freedom or livelihood"),
        ),
        guess=(0.4, 0.45, 0.15),
        hopeful="low",
    ),
    Question(
        name="regulated",
        axis="safety",
        kind="yes-no",
        text="Does a law or a regulator govern these answers (health, finance, law, employment, children)?",
        help="Regulated use needs a person who signs, and evidence that can be shown later.",
        short="a regulated field",
        choices=(("yes", "the field is regulated"), ("no", "the field is not regulated")),
        guess=(0.15,),
        hopeful=False,
    ),
    Question(
        name="needs_refusals",
        axis="safety",
        kind="yes-no",
        text="Must the model decline some requests?",
        help="Tuning on harmless rows alone weakens refusals; the line must then be in the data, and measured on both sides.",
        short="requests to decline",
        choices=(("yes", "the model must decline some requests"), ("no", "the model need not decline anything")),
        guess=(0.4,),
        hopeful=False,
    ),
    Question(
        name="personal_data_in_training",
        axis="safety",
        kind="yes-no",
        text="Do the training rows hold personal data?",
        help="A tuned model can repeat what it has read. No new leak is acceptable, and one privacy review comes first.",
        short="personal data in the rows",
        choices=(("yes", "the training rows hold personal data"), ("no", "the training rows hold no personal data")),
        guess=(0.2,),
        hopeful=False,
    ),
    Question(
        name="human_review",
        axis="safety",
        kind="yes-no",
        text="Does a person read every answer before it takes effect?",
        help="A reader in between lowers the class; a chat that answers at once has none.",
        short="review before use",
        choices=(("yes", "a person reviews each answer"), ("no", "answers take effect unreviewed")),
        guess=(0.3,),
        hopeful=True,
        when=_reaches_outsiders,
    ),
)
