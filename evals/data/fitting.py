"""The rule for rows that are too long: old turns go first, then the row."""

from collections.abc import Sequence
from typing import NamedTuple

from evals.data import conversations, transcripts
from evals.data.examples import Dropped, Example, Text
from evals.data.lengths import Lengths, Refused, TokenCounter


class Fitted(NamedTuple):
    """Rows of one kind that fit, and what became of the others."""

    kept: list[Example]
    lengths: list[Lengths]
    overlong: list[Example]
    """Rows that did not fit as they came."""
    shortened: int
    too_long: list[Dropped]
    refused: list[Dropped]

    @property
    def same(self) -> list[int]:
        """Places in `kept` where chosen and rejected give the same tokens."""
        return [place for place, length in enumerate(self.lengths) if length.is_same]


def fit(examples: Sequence[Example], lengths: Sequence[Lengths | Refused], counter: TokenCounter, limit: int | None) -> Fitted:
    """Shorten rows of more than `limit` tokens, and drop those that are too long even so.

    From messages and transcripts the oldest turns go, up to the last user turn; a leading system
    turn stays. Other texts are never cut: what to leave out of them is not ours to guess.
    """
    rows = list(examples)
    measured = list(lengths)
    overlong = [place for place, length in enumerate(measured) if _is_over(length, limit)]
    pending = overlong
    while pending:
        shorter = {place: row for place in pending if (row := _without_oldest_turns(rows[place])) is not None}
        rows_again = list(shorter.values())
        for place, row, length in zip(shorter, rows_again, counter.measure(rows_again), strict=True):
            rows[place], measured[place] = row, length
        pending = [place for place in shorter if _is_over(measured[place], limit)]
    kept = [
        (row, length)
        for row, length in zip(rows, measured, strict=True)
        if isinstance(length, Lengths) and not _is_over(length, limit)
    ]
    too_long = [place for place in overlong if _is_over(measured[place], limit)]
    return Fitted(
        kept=[row for row, _ in kept],
        lengths=[length for _, length in kept],
        overlong=[examples[place] for place in overlong],
        shortened=sum(isinstance(measured[place], Lengths) for place in overlong) - len(too_long),
        too_long=[Dropped(examples[place], f"longer than {limit} tokens, even without its older turns") for place in too_long],
        refused=[
            Dropped(row, length.reason) for row, length in zip(examples, measured, strict=True) if isinstance(length, Refused)
        ],
    )


def _is_over(length: Lengths | Refused, limit: int | None) -> bool:
    return limit is not None and isinstance(length, Lengths) and length.longest > limit


def _without_oldest_turns(example: Example) -> Example | None:
    prompt = example.fields["prompt"]
    shorter: Text | None = None
    if not isinstance(prompt, str):
        shorter = conversations.without_oldest_turns(prompt)
    elif example.form == "transcript":
        shorter = transcripts.without_oldest_turns(prompt)
    return None if shorter is None else example._replace(fields={**example.fields, "prompt": shorter})
