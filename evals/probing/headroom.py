"""How much the good answers surprise the untouched model, beyond what its own answers do."""

from collections import Counter
from collections.abc import Callable, Sequence
from math import log
from typing import Final, NamedTuple

from evals.probing.findings import Unit, mean, missing
from evals.probing.rows import Asked
from evals.probing.sampling import Answered, Ids, Speaker
from evals.probing.scoring import UNCUT, encode_answers, score_answers
from evals.rendering import Scored
from reports.records.probe import Finding

UNIT: Final[Unit] = "nats per token"
HEADROOM: Final = ("loss_headroom", "Loss on good answers minus loss on the model's own")
REFERENCE: Final = ("loss_reference", "Loss on good answers")
OWN: Final = ("loss_own", "Loss on the model's own sampled answers")
UNIGRAM: Final = ("loss_unigram", "Loss on good answers by the counts of tokens alone")


class Answers(NamedTuple):
    """What is scored for one prompt: both answers behind the same tokens."""

    key: str
    reference: Scored
    own: Scored


class Losses(NamedTuple):
    """Mean losses of a token for one prompt, in nats."""

    key: str
    reference: float
    own: float
    unigram: float


def headroom_findings(
    speaker: Speaker, asked: Sequence[Asked], prompts: Sequence[Ids], answered: Answered, advance: Callable[[int], None]
) -> list[Finding]:
    """Return the loss on good answers, on the model's own sampled answers, and the difference by prompt.

    To a model that gives answers as likely as people do, both are equal on average: the cross-entropy of the good answers is
    then its own entropy. What good answers cost on top is about what SFT could win at most. Samples are the yardstick rather
    than greedy answers, which even a perfect model finds likelier than what people write. Both losses are means of a token,
    over at most as many tokens as an answer may have, without the end token.
    """
    answers = _pair_up(speaker, asked, prompts, answered)
    if not answers:
        return _missing("no prompt has both a good answer and one of the model's own")
    losses = score_losses(speaker, answers, advance)
    if not losses:
        return _missing("the model gives the answers no probability")
    return compare(losses, f"the first {speaker.new_tokens} tokens of the answers to {len(losses):,} prompts")


def score_losses(speaker: Speaker, answers: Sequence[Answers], advance: Callable[[int], None]) -> list[Losses]:
    """Return the losses of each prompt whose two answers the model gives a probability."""
    texts = [text for pair in answers for text in (pair.reference, pair.own)]
    found = score_answers(speaker.model, speaker.tokenizer.pad_token_id, texts, speaker.batch_tokens, advance)
    unigram = unigram_losses([pair.reference.ids[pair.reference.start :] for pair in answers])
    return [
        Losses(pair.key, -reference.per_token, -own.per_token, counted)
        for pair, reference, own, counted in zip(answers, found[::2], found[1::2], unigram, strict=True)
        if reference is not None and own is not None
    ]


def compare(losses: Sequence[Losses], because: str) -> list[Finding]:
    """Return the four findings, with limits by prompt."""
    keys = [loss.key for loss in losses]
    counts = "by the counts of the tokens in all other good answers"
    if sum(loss.reference for loss in losses) > sum(loss.unigram for loss in losses):
        counts += "; the model does worse than this counting, so it does not know such text"
    return [
        mean(*HEADROOM, UNIT, [loss.reference - loss.own for loss in losses], keys, because),
        mean(*REFERENCE, UNIT, [loss.reference for loss in losses], keys, because),
        mean(*OWN, UNIT, [loss.own for loss in losses], keys, because),
        mean(*UNIGRAM, UNIT, [loss.unigram for loss in losses], keys, f"{because}, {counts}"),
    ]


def unigram_losses(answers: Sequence[Ids]) -> list[float]:
    """Return the mean loss of a token of each answer under the token counts of all other answers, one added to each kind.

    No answer may be empty.
    """
    counts = Counter(token for answer in answers for token in answer)
    kinds = len(counts) + 1
    losses = []
    for answer in answers:
        own, others = Counter(answer), counts.total() - len(answer) + kinds
        losses.append(sum(log(others / (counts[token] - own[token] + 1)) for token in answer) / len(answer))
    return losses


def _pair_up(speaker: Speaker, asked: Sequence[Asked], prompts: Sequence[Ids], answered: Answered) -> list[Answers]:
    """Take the first sampled answer of each prompt; as good answers demonstrations where there are any, else chosen ones."""
    has_demonstrations = any(one.is_demonstration for one in asked)
    found = []
    for one, ids, drawn in zip(asked, prompts, answered.answers, strict=True):
        good = one.reference if one.is_demonstration or not has_demonstrations else ""
        encoded = encode_answers(speaker.tokenizer, one.prompt, (good,), UNCUT, speaker.ends) if good and drawn else None
        tail = encoded[0].ids[encoded[0].start :][: speaker.new_tokens] if encoded else ()
        if tail and drawn and drawn[0].ids:
            found.append(Answers(one.key, _behind(ids, tail), _behind(ids, drawn[0].ids)))
    return found


def _behind(prompt: Ids, answer: Ids) -> Scored:
    return Scored((*prompt, *answer), len(prompt), was_cut=False)


def _missing(because: str) -> list[Finding]:
    return [missing(*name, UNIT, because) for name in (HEADROOM, REFERENCE, OWN, UNIGRAM)]
