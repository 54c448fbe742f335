"""Likelihoods by hand, preferences that were planted, and headroom."""

import math
from collections.abc import Sequence

import pytest

from evals.probing.headroom import Answers, Losses, compare, headroom_findings, score_losses, unigram_losses
from evals.probing.preference import Weighed, preference_findings
from evals.probing.preference import compare as compare_pairs
from evals.probing.rows import Pair
from evals.probing.sampling import Answered, Drawn, Speaker
from evals.probing.scoring import Likelihood, encode_answers, score_answers
from evals.rendering import Scored as Text
from reports.records.evaluation import Message
from tests.evals.probing.material import PROMPTS, asked, encoded, ignore, named
from tests.evals.tiny import CONTEXT


def test_a_likelihood_is_the_sum_of_log_probabilities(speaker: Speaker) -> None:
    import torch

    text = encode_answers(speaker.tokenizer, PROMPTS[0], ("A quiet cup.",), CONTEXT, speaker.ends) or []
    ids, start = text[0].ids, text[0].start
    with torch.inference_mode():
        logits = torch.log_softmax(speaker.model(torch.tensor([ids])).logits[0].double(), dim=-1)
    by_hand = sum(float(logits[place - 1, ids[place]]) for place in range(start, len(ids)))
    alone, padded = (
        score_answers(speaker.model, speaker.tokenizer.pad_token_id, texts, 4096, ignore)[0]
        for texts in (text, [text[0], text[0]._replace(ids=(*ids, *ids))])
    )
    assert alone is not None
    assert padded is not None
    assert alone.nats == pytest.approx(by_hand, abs=1e-4)
    assert alone.tokens == len(ids) - start
    assert padded.nats == pytest.approx(alone.nats, abs=1e-4)


def test_a_text_without_an_answer_has_no_likelihood(speaker: Speaker) -> None:
    assert score_answers(speaker.model, 3, [Text((4, 5), 2, False)], 4096, ignore) == [None]


def test_both_answers_follow_the_same_tokens_however_long_they_are(speaker: Speaker) -> None:
    prompt = (Message(role="user", content="tea " * 60),)
    short, long = encode_answers(speaker.tokenizer, prompt, ("Yes.", "word " * 60), 64, speaker.ends) or []
    assert short.ids[: short.start] == long.ids[: long.start]
    assert short.start == long.start == 32
    assert len(long.ids) == 64
    assert short.was_cut
    assert long.was_cut


def test_end_tokens_are_not_part_of_an_answer(speaker: Speaker) -> None:
    prompt = (Message(role="user", content="Hello"),)
    found = encode_answers(speaker.tokenizer, prompt, ("world",), CONTEXT, speaker.ends) or []
    assert not speaker.ends & set(found[0].ids[found[0].start :])
    assert speaker.tokenizer.decode(found[0].ids[found[0].start :]) == "world"


def test_a_model_prefers_what_it_would_say_itself(speaker: Speaker) -> None:
    own = speaker.answer(encoded(speaker), ignore).answers
    pairs = [
        Pair(prompt, prompt, answers[0].text, "Zq#" * 6)
        for prompt, answers in zip(PROMPTS, own, strict=True)
        if answers and answers[0].text.strip()
    ]
    assert len(pairs) > 5
    found = preference_findings(speaker, pairs, CONTEXT, ignore)
    accuracy, margin = (named(found, name).estimate for name in ("preference_accuracy", "preference_margin"))
    assert (accuracy.value, accuracy.high) == (1.0, 1.0)
    assert (margin.low or 0) > 0
    turned = preference_findings(
        speaker, [one._replace(chosen=one.rejected, rejected=one.chosen) for one in pairs], CONTEXT, ignore
    )
    assert named(turned, "preference_accuracy").estimate.value == 0.0
    assert named(turned, "preference_margin").estimate.value == pytest.approx(-(margin.value or 0))


def test_margins_by_token_and_as_a_whole_can_disagree() -> None:
    found = compare_pairs(
        [Weighed("a", Likelihood(-4.0, 4), Likelihood(-3.0, 2)), Weighed("b", Likelihood(-1, 1), Likelihood(-1, 1))], ""
    )
    assert named(found, "preference_accuracy").estimate.value == 0.75
    assert named(found, "preference_accuracy_summed").estimate.value == 0.25
    assert named(found, "preference_margin").estimate.value == 0.25
    assert named(found, "preference_margin_summed").estimate.value == -0.5


def test_without_pairs_there_is_no_preference(speaker: Speaker) -> None:
    found = preference_findings(speaker, [], CONTEXT, ignore)
    assert len(found) == 4
    assert all(finding.estimate.value is None and "no preference pairs" in finding.because for finding in found)


def test_the_models_own_answers_leave_no_headroom(speaker: Speaker) -> None:
    longer = speaker._replace(new_tokens=12)
    prompts = [f"{prompt} {number}" for number in range(4) for prompt in PROMPTS]
    ids = encoded(longer, prompts)
    answered = longer.sample(ids, 2, ignore)
    behind = [
        [Text((*one, *answer.ids), len(one), False) for answer in answers or ()]
        for one, answers in zip(ids, answered.answers, strict=True)
    ]
    own = [Answers(prompt, *texts) for prompt, texts in zip(prompts, behind, strict=True) if _all_scorable(texts)]
    headroom = named(compare(score_losses(longer, own, ignore), ""), "loss_headroom").estimate
    strange = headroom_findings(longer, [asked(prompt, "Zq#" * 8) for prompt in prompts], ids, answered, ignore)
    above = named(strange, "loss_headroom").estimate
    assert (headroom.low or 0) < 0 < (headroom.high or 0)
    assert (above.low or 0) > (headroom.high or 0)


def test_demonstrations_go_before_chosen_answers(speaker: Speaker) -> None:
    prompts = [asked(prompt)._replace(is_demonstration=number < 4) for number, prompt in enumerate(PROMPTS)]
    ids = encoded(speaker)
    found = headroom_findings(speaker, prompts, ids, Answered([drawn_ids()] * len(ids), ""), ignore)
    assert named(found, "loss_reference").estimate.n == 4


def drawn_ids() -> tuple[Drawn, ...]:
    """Return one answer of two tokens."""
    return (Drawn("a b", (70, 71), "stop"),)


def test_token_counts_leave_the_answer_itself_out() -> None:
    losses = unigram_losses([(1, 1), (1, 2)])
    assert losses[0] == pytest.approx(math.log(5 / 2))
    assert losses[1] == pytest.approx((math.log(5 / 3) + math.log(5 / 1)) / 2)


def test_a_model_worse_than_counting_is_called_so() -> None:
    worse = [Losses(str(n), 5.0 + n / 10, 3.0, 4.0 + n / 20) for n in range(6)]
    assert "does not know such text" in named(compare(worse, ""), "loss_unigram").because
    better = [loss._replace(reference=1.0 + n / 10) for n, loss in enumerate(worse)]
    assert "does not know" not in named(compare(better, ""), "loss_unigram").because


def _all_scorable(texts: Sequence[Text]) -> bool:
    return all(text.start < len(text.ids) for text in texts)
