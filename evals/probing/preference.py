"""Whether the untouched model already prefers the chosen answers: sign and size of its log-probability margin."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.probing.findings import Unit, clustered_share, mean, missing
from evals.probing.rows import Pair
from evals.probing.sampling import Speaker
from evals.probing.scoring import Likelihood, encode_answers, score_answers
from evals.rendering import Scored
from reports.records.probe import Finding

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TIED: Final = 0.5
ACCURACY: Final = ("preference_accuracy", "Pairs whose chosen answer is likelier, by token")
ACCURACY_SUMMED: Final = ("preference_accuracy_summed", "Pairs whose chosen answer is likelier, as a whole")
MARGIN: Final = ("preference_margin", "Log-probability of chosen minus rejected, by token")
MARGIN_SUMMED: Final = ("preference_margin_summed", "Log-probability of chosen minus rejected, as a whole")
UNITS: Final[dict[tuple[str, str], Unit]] = {
    ACCURACY: "share",
    MARGIN: "nats per token",
    ACCURACY_SUMMED: "share",
    MARGIN_SUMMED: "nats",
}


class Encoded(NamedTuple):
    """A pair as token ids, both answers behind the same tokens of the prompt."""

    key: str
    chosen: Scored
    rejected: Scored


class Weighed(NamedTuple):
    """A pair under the model."""

    key: str
    chosen: Likelihood
    rejected: Likelihood


def preference_findings(speaker: Speaker, pairs: Sequence[Pair], context: int, advance: Callable[[int], None]) -> list[Finding]:
    """Score both answers of each pair under the model, and compare them.

    By token: the mean log-probability of a token, the implicit reward of SimPO (Meng et al. 2024). As a whole: the sum over
    the tokens, which DPO's loss is made of (Rafailov et al. 2023) and which favours short answers. Limits are by prompt; a tie
    counts as a half.
    """
    if not pairs:
        return _missing("the data hold no preference pairs")
    encoded = _encode(speaker.tokenizer, pairs, context, speaker.ends)
    weighed = _weigh(speaker, encoded, advance)
    cut = sum(pair.chosen.was_cut or pair.rejected.was_cut for pair in encoded)
    because = f"{len(weighed):,} of {len(pairs):,} pairs scored" + (f", {cut:,} cut to {context:,} tokens" if cut else "")
    return compare(weighed, because) if weighed else _missing(because)


def compare(weighed: Sequence[Weighed], because: str) -> list[Finding]:
    """Return accuracy and margin, by token and as a whole."""
    keys = [pair.key for pair in weighed]
    by_token = [pair.chosen.per_token - pair.rejected.per_token for pair in weighed]
    summed = [pair.chosen.nats - pair.rejected.nats for pair in weighed]
    return [
        clustered_share(*ACCURACY, [_wins(margin) for margin in by_token], keys, because),
        mean(*MARGIN, UNITS[MARGIN], by_token, keys, because),
        clustered_share(*ACCURACY_SUMMED, [_wins(margin) for margin in summed], keys, because),
        mean(*MARGIN_SUMMED, UNITS[MARGIN_SUMMED], summed, keys, because),
    ]


def _encode(tokenizer: "PreTrainedTokenizerBase", pairs: Sequence[Pair], context: int, ends: frozenset[int]) -> list[Encoded]:
    """Leave out pairs that the chat template refuses."""
    found = [(pair.key, encode_answers(tokenizer, pair.prompt, (pair.chosen, pair.rejected), context, ends)) for pair in pairs]
    return [Encoded(key, *answers) for key, answers in found if answers is not None]


def _weigh(speaker: Speaker, encoded: Sequence[Encoded], advance: Callable[[int], None]) -> list[Weighed]:
    texts = [text for pair in encoded for text in (pair.chosen, pair.rejected)]
    found = score_answers(speaker.model, speaker.tokenizer.pad_token_id, texts, speaker.batch_tokens, advance)
    return [
        Weighed(pair.key, chosen, rejected)
        for pair, chosen, rejected in zip(encoded, found[::2], found[1::2], strict=True)
        if chosen is not None and rejected is not None
    ]


def _wins(margin: float) -> float:
    return TIED if margin == 0 else float(margin > 0)


def _missing(because: str) -> list[Finding]:
    return [missing(*name, unit, because) for name, unit in UNITS.items()]
