"""The judge of style, and instructions in front of prompts."""

from pathlib import Path

import pytest

from evals.models import load_tokenizer
from evals.probing.prompting import Prompted, judged_finding, unjudged_finding, with_instruction
from evals.probing.rows import Pair
from evals.probing.sampling import Drawn, Speaker
from evals.probing.style import train_style_judge
from reports.records.evaluation import Message
from tests.evals.data.rows import TEAS
from tests.evals.probing.material import asked


def style_pairs(marked: bool) -> list[Pair]:
    """Return pairs whose chosen answers carry a mark of style, or ones without any difference."""
    shout = "!!! BUY NOW" if marked else ""
    return [
        Pair(str(n), f"p{n}", f"Slow mornings, {TEAS[n % 10]} {n}.", f"Slow mornings, {TEAS[(n + 3) % 10]} {n}{shout}.")
        for n in range(80)
    ]


def test_a_style_that_can_be_learned_judges_answers() -> None:
    judge = train_style_judge(style_pairs(marked=True))
    assert judge.instrument.ok
    answers = ["Slow mornings, mint.", "Slow mornings, chai 4.", "Mint!!! BUY NOW.", "Slow mornings, sencha 9."] * 5
    prompted = [Prompted(asked(str(n)), Drawn(text, (), "stop")) for n, text in enumerate(answers)]
    found = judged_finding(judge, prompted, "how").estimate
    assert found.value == pytest.approx(0.75, abs=0.02)
    assert (found.low or 0) < 0.75 < (found.high or 0)


def test_a_style_that_cannot_be_told_leaves_the_fact_unknown_with_the_reason() -> None:
    judge = train_style_judge(style_pairs(marked=False))
    assert not judge.instrument.ok
    finding = unjudged_finding(judge)
    assert finding.estimate.value is None
    assert "less than 65% is no judge" in finding.because


def test_few_pairs_train_no_judge() -> None:
    assert "too few" in train_style_judge(style_pairs(marked=True)[:20]).instrument.because


def test_an_instruction_becomes_a_system_message_where_the_template_writes_one(speaker: Speaker) -> None:
    prompt = (Message(role="user", content="Hello"),)
    assert with_instruction(speaker.tokenizer, prompt, "Be calm.") == (Message(role="system", content="Be calm."), *prompt)
    assert with_instruction(speaker.tokenizer, "Hello", "Be calm.") == "Be calm.\n\nHello"
    assert with_instruction(speaker.tokenizer, prompt, "") == prompt


def test_an_instruction_goes_before_the_first_words_where_system_messages_are_refused(model_folder: Path) -> None:
    tokenizer = load_tokenizer(str(model_folder), messages=True).tokenizer
    tokenizer.chat_template = (
        "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no') }}{% endif %}{{ m.content }}{% endfor %}"
    )
    prompt = (Message(role="user", content="Hello"),)
    assert with_instruction(tokenizer, prompt, "Be calm.") == (Message(role="user", content="Be calm.\n\nHello"),)
