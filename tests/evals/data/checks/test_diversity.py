"""DIV001 and DIV002: one template or one topic in most rows warns; varied rows, labels and figures do not."""

import random

import pytest

from evals.data.checks.diversity import check_templates, check_topics
from evals.data.examples import Fields
from tests.evals.data.rows import TEAS, examples

TOPICS = {
    "tea": ["tea", "leaves", "kettle", "steep", "brew", "cup", "pot", "harvest", "oolong", "sencha"],
    "sport": ["goal", "match", "league", "keeper", "stadium", "striker", "referee", "season", "penalty", "coach"],
    "money": ["loan", "interest", "bank", "rate", "mortgage", "credit", "savings", "broker", "bond", "tax"],
}
FILLERS = [
    f"{first}{second}{third}" for first in ("ka", "lo", "mi", "ru", "te", "sa") for second in "aeiou" for third in "bdfghkmnprst"
]


def varied(count: int) -> list[Fields]:
    """Return rows that share no wording."""
    draw = random.Random(5)
    return [{"prompt": " ".join(draw.sample(FILLERS, 9)), "completion": " ".join(draw.sample(FILLERS, 12))} for _ in range(count)]


def framed(count: int, part: str) -> list[Fields]:
    """Return rows that share one frame around words that differ."""
    draw = random.Random(6)
    rows: list[Fields] = []
    for number, fields in enumerate(varied(count)):
        frames = {
            "prompt": f"Write a short caption for {TEAS[number % 8]} tea, batch {number}: {draw.choice(FILLERS)}",
            "open": f"Of course, here is your {draw.choice(FILLERS)}. {fields['completion']}",
            "close": f"{fields['completion']}. Let me know what {draw.choice(FILLERS)}!",
        }
        rows.append({**fields, "prompt" if part == "prompt" else "completion": frames[part]})
    return rows


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        ("prompt", "prompts begin alike ('write a short caption for … tea batch')"),
        ("open", "answers open alike ('of course here is your')"),
        ("close", "answers close alike ('let me know what …')"),
    ],
)
@pytest.mark.parametrize(("planted", "state"), [(40, "pass"), (41, "warn")])
def test_a_frame_around_more_than_a_fifth_of_the_rows_warns(part: str, shown: str, planted: int, state: str) -> None:
    check = check_templates(examples([*varied(200 - planted), *framed(planted, part)]))
    assert (check.code, check.state, check.blocking, check.value) == ("DIV001", state, False, planted / 200)
    assert shown in check.because
    assert [evidence.row for evidence in check.evidence] == ([160, 161, 162, 163, 164] if state == "warn" else [])


@pytest.mark.parametrize("answer", ["positive", "#### 18", "18", "Yes."])
def test_labels_and_figures_are_no_template(answer: str) -> None:
    rows: list[Fields] = [{**fields, "completion": answer} for fields in varied(200)]
    assert (check_templates(examples(rows)).state, check_templates(examples(rows)).value) == ("pass", 0.0)


def test_system_turns_are_no_template() -> None:
    system = {"role": "system", "content": "You are a kind assistant who always answers briefly."}
    rows: list[Fields] = [
        {"prompt": [system, {"role": "user", "content": str(row["prompt"])}], "completion": row["completion"]}
        for row in varied(200)
    ]
    assert check_templates(examples(rows)).state == "pass"


def about(topic: str, count: int) -> list[Fields]:
    """Return rows with the words of one topic."""
    draw = random.Random(topic)
    return [{"prompt": " ".join(draw.sample(TOPICS[topic], 6)), "completion": "Yes."} for _ in range(count)]


@pytest.mark.parametrize(("rows", "state"), [((100, 100, 100), "pass"), ((260, 20, 20), "warn")])
def test_most_rows_about_one_of_several_topics_warn(rows: tuple[int, int, int], state: str) -> None:
    planted = [row for topic, count in zip(TOPICS, rows, strict=True) for row in about(topic, count)]
    check = check_topics(examples(planted))
    assert (check.code, check.state, check.blocking) == ("DIV002", state, False)
    assert check.value == pytest.approx(rows[0] / 300, abs=0.02)
    assert bool(check.evidence) == bool(check.fix) == (state == "warn")


def test_a_set_about_one_thing_has_no_skew() -> None:
    assert check_topics(examples([{"prompt": "Steep the leaves", "completion": "?"}] * 100)).state == "pass"


def test_few_rows_are_skipped() -> None:
    rows = examples(varied(99))
    assert [check.state for check in (check_templates(rows), check_topics(rows))] == ["skipped", "skipped"]
