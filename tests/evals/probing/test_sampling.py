"""Answers of the untouched model: seeds, probabilities, order."""

import pytest

from evals.probing.sampling import Speaker
from tests.evals.probing.material import encoded, ignore


def test_the_seed_decides_the_samples(speaker: Speaker) -> None:
    ids = encoded(speaker)[:3]
    first, again = (speaker.sample(ids, 3, ignore).answers for _ in range(2))
    other = speaker._replace(seed=1).sample(ids, 3, ignore).answers
    assert first == again
    assert first != other
    assert [len(answers or ()) for answers in first] == [3, 3, 3]


def test_samples_follow_the_models_own_probabilities(speaker: Speaker) -> None:
    import torch

    ids = encoded(speaker)[0]
    with torch.inference_mode():
        wanted = torch.softmax(speaker.model(torch.tensor([ids])).logits[0, -1], dim=-1)
    answers = speaker._replace(new_tokens=1, batch_tokens=10**6).sample([ids], 4000, ignore).answers[0] or ()
    ends = torch.tensor([not answer.ids for answer in answers]).float().mean()
    seen = torch.bincount(torch.tensor([answer.ids[0] for answer in answers if answer.ids]), minlength=len(wanted)) / len(answers)
    assert ends == pytest.approx(float(sum(wanted[end] for end in speaker.ends)), abs=0.03)
    kept = torch.ones_like(wanted, dtype=torch.bool)
    kept[list(speaker.ends)] = False
    assert float((seen - wanted)[kept].abs().max()) < 0.03


def test_an_answer_that_no_end_token_ends_is_cut_at_the_limit(speaker: Speaker) -> None:
    found = speaker.answer(encoded(speaker)[:2], ignore)
    assert all(len(answer.ids) == 8 or answer.finish == "stop" for answers in found.answers for answer in answers or ())


def test_answers_come_back_in_the_order_of_the_prompts(speaker: Speaker) -> None:
    ids = encoded(speaker, ("Hello", "How do plants turn light into sugar?", "Hi"))
    together = speaker.answer(ids, ignore).answers
    assert together == [speaker.answer([one], ignore).answers[0] for one in ids]
