"""A spot audit at work: the rows of one file, the verdicts, and the file beside it that holds every key press."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

from evals.audit import Audit, AuditResult, Judgement, Verdict, replay, result, rows_to_audit, stored_judgements
from evals.data.examples import SourceRow, Text
from evals.data.formats import detect, normalise
from evals.data.layouts import CHECKED, Layout
from evals.data.load import load
from evals.data.rejection import Rejected
from reports.errors import DataError
from reports.rundir import now
from reports.wording import visible

BOUNDS: Final = (0.9, 0.95, 0.99)
HIDDEN: Final = ("id", "digest")


class Card(NamedTuple):
    """One row as it is judged."""

    row: int
    prompt: str
    """Empty where the row has no layout that is known; all columns are then `others`."""
    answers: tuple[tuple[str, str], ...]
    """Title and text; chosen and rejected of a pair."""
    others: tuple[tuple[str, str], ...]
    """The columns that are neither prompt nor answer."""


class AuditDesk:
    """An audit of one file, as `tunegate audit FILE --resume` has it: either continues what the other began."""

    def __init__(self, path: str, bound: float = BOUNDS[0], layout: str = "") -> None:
        """Read the file and the judgements beside it; rows that fit several kinds are read as `layout`.

        Raises:
            DataError, MissingError: the file cannot be read.
            UsageError: the judgements are of another version of the file.
        """
        table = load(path)
        self.path = path
        self.label = table.label
        self.bound = bound
        self._digest = table.digest
        self._rows = {row.number: row.values for row in table.rows}
        self._layout = _layout(table.rows, table.label, layout)
        self._store = stored_judgements(path)
        stored = self._store.read()
        self.seed = stored[0].seed if stored else 0
        self._audit = Audit(list(self._rows), rows_to_audit(bound), self.seed)
        replay(self._audit, stored, table.digest, self.seed)

    @property
    def result(self) -> AuditResult:
        """What the verdicts so far show."""
        return result(self._audit, self.label, len(self._rows), self.seed, self.bound)

    @property
    def is_complete(self) -> bool:
        """Say whether all planned rows are judged."""
        return self._audit.next_row() is None

    def card(self) -> Card | None:
        """Return the row to judge now; None where the audit is complete."""
        row = self._audit.next_row()
        return None if row is None else card_of(row, self._rows[row], self._layout)

    def judge(self, verdict: Verdict) -> None:
        """Store a verdict on the row to judge now, then take it; StorageError leaves the row to be judged."""
        row = self._audit.next_row()
        if row is not None:
            self._note(row, verdict)
            self._audit.judge(row, verdict)

    def undo(self) -> bool:
        """Take the last verdict back; False where there is none."""
        row = next(reversed(self._audit.verdicts), None)
        if row is None:
            return False
        self._note(row, "undo")
        self._audit.undo()
        return True

    def next_bound(self) -> bool:
        """Take the next of BOUNDS; False once a row is judged, since a bound chosen afterwards proves nothing."""
        if self._audit.verdicts:
            return False
        self.bound = BOUNDS[(BOUNDS.index(self.bound) + 1) % len(BOUNDS)]
        self._audit.planned = min(rows_to_audit(self.bound), len(self._rows))
        return True

    def extend(self) -> bool:
        """Plan as many rows as would decide with no further wrong one; False where that is no more than are planned."""
        needed = min(rows_to_audit(self.bound, self.result.wrong), len(self._rows))
        if needed <= self._audit.planned:
            return False
        self._audit.planned = needed
        return True

    def _note(self, row: int, verdict: Literal["right", "wrong", "skip", "undo"]) -> None:
        self._store.append(Judgement(row=row, verdict=verdict, seed=self.seed, digest=self._digest, at=now()))


def card_of(row: int, values: Mapping[str, object], layout: Layout | None) -> Card:
    """Return a row as prompt and answers where its layout is known, else as its columns; everything safe to show."""
    fields = Rejected("no layout") if layout is None else normalise(values, layout)
    used = () if layout is None else (*layout.columns.needed, layout.columns.context)
    if isinstance(fields, Rejected):
        fields, used = {}, ()
    others = tuple((visible(name), _shown(value)) for name, value in values.items() if name not in (*used, *HIDDEN))
    answers = tuple((name.capitalize(), _text(text)) for name, text in fields.items() if name != "prompt")
    return Card(row, _text(fields.get("prompt", "")), answers, others)


def _layout(rows: Sequence[SourceRow], label: str, kind: str) -> Layout | None:
    try:
        return detect(rows, label, sorted(CHECKED, key=lambda columns: columns.kind != kind))
    except DataError:
        return None


def _text(text: Text) -> str:
    if isinstance(text, str):
        return visible(text.strip())
    if len(text) == 1:
        return visible(text[0]["content"].strip())
    return visible("\n\n".join(f"{turn['role']}: {turn['content'].strip()}" for turn in text))


def _shown(value: object) -> str:
    return visible(value if isinstance(value, str) else str(value))
