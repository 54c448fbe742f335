"""A review at work: one rater's deck, the verdicts so far, and the file that holds every key press."""

from typing import Final

from evals.review.deck import PLANNED, Item, make_deck
from evals.stats.proportions import exact_interval
from reports.errors import UsageError
from reports.records.review import Rating, RatingLine
from reports.rundir import RunDir, now

GOLD_FLOOR: Final = 0.7
"""Share of known pairs that a rater must get right for the other verdicts to count."""
FEWEST_GOLD: Final = 4
LEVEL: Final = 0.1
"""Of both limits together; each alone errs at most 5 %."""


class Desk:
    """One rater's review of a run; it goes on where it was left."""

    def __init__(self, run: RunDir, rater: str, planned: int = PLANNED) -> None:
        """Make the deck and replay what is stored.

        Raises:
            UsageError: the rater has no name.
            DataError, MissingError: there is nothing to review yet.
        """
        if not rater.strip():
            raise UsageError("A review needs the rater's name. Give it with --rater NAME.")
        self.rater = rater.strip()
        self.deck = make_deck(run, self.rater, planned)
        self.verdicts: dict[str, RatingLine] = {}
        self._store = run.ratings
        names = {item.name for item in self.deck.items}
        for line in self._store.read():
            if line.rater == self.rater and line.item in names:
                self._take(line)

    @property
    def done(self) -> int:
        """Cards that have a verdict or were skipped."""
        return len(self.verdicts)

    @property
    def left(self) -> int:
        """Cards to go, where the review is not ended before."""
        return len(self.deck.items) - self.done

    @property
    def is_complete(self) -> bool:
        """Whether no card is left, or the rater missed too many known pairs to go on."""
        return self.item() is None

    def item(self) -> Item | None:
        """Return the card to judge now; None at the end."""
        if self.is_stopped:
            return None
        return next((item for item in self.deck.items if item.name not in self.verdicts), None)

    @property
    def is_stopped(self) -> bool:
        """Whether the known pairs show, at 95 %, that fewer than seven of ten are rated right."""
        right, judged = self.gold()
        return judged >= FEWEST_GOLD and exact_interval(right, judged, LEVEL).high < GOLD_FLOOR

    def gold(self) -> tuple[int, int]:
        """Return how many known pairs were rated right, and how many were rated."""
        rated = [item for item in self.deck.items if item.kind == "gold" and self._is_judged(item)]
        right = sum(item.preference(self.verdicts[item.name].verdict) == self.deck.better[item.name] for item in rated)
        return right, len(rated)

    def judged(self, kind: str = "prompt") -> list[tuple[Item, str]]:
        """Return the cards of a kind that have a verdict, with it."""
        return [
            (item, self.verdicts[item.name].verdict) for item in self.deck.items if item.kind == kind and self._is_judged(item)
        ]

    def judge(self, verdict: Rating, seconds: float = 0.0, reason: str = "") -> None:
        """Store a verdict on the card to judge now, then take it; StorageError leaves the card to be judged.

        Raises:
            UsageError: a card is skipped without a reason.
        """
        item = self.item()
        if item is None:
            return
        if verdict == "skip" and not reason.strip():
            raise UsageError("Say why the card is skipped: a skipped prompt counts as missing.")
        self._note(item.name, verdict, seconds, reason.strip())

    def undo(self) -> bool:
        """Take the last verdict back; False where there is none, and at the end, where the result has been shown."""
        last = next(reversed(self.verdicts), None)
        if last is None or self.is_complete:
            return False
        self._note(last, "undo", 0.0, "")
        return True

    def _is_judged(self, item: Item) -> bool:
        return item.name in self.verdicts and self.verdicts[item.name].verdict != "skip"

    def _note(self, item: str, verdict: Rating, seconds: float, reason: str) -> None:
        line = RatingLine(rater=self.rater, item=item, verdict=verdict, at=now(), seconds=round(seconds, 1), reason=reason)
        self._store.append(line)
        self._take(line)

    def _take(self, line: RatingLine) -> None:
        if line.verdict == "undo":
            self.verdicts.pop(line.item, None)
        else:
            self.verdicts[line.item] = line
