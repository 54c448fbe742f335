"""Finding out how rows are laid out, and bringing each row into TRL's canonical form."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from evals.data import conversations, transcripts
from evals.data.examples import Fields, Form, Kind, SourceRow, answer_names
from evals.data.layouts import ACCEPTED, CHECKED, EXAMPLE, TURN_COLUMNS, Columns, Layout, list_columns
from evals.data.parsing import name_of
from evals.data.ratings import join_steps, read_rating, require_rating
from evals.data.rejection import Rejected, UnusableRowError
from reports.errors import DataError

SEEN_COLUMNS: Final = 12
ROWS_FOR_COLUMNS: Final = 100


def detect(rows: Sequence[SourceRow], label: str = "data", accepted: Sequence[Columns] = ACCEPTED, asks: bool = False) -> Layout:
    """Find the layout that the rows share; rows that have none are left for `normalise` to reject.

    Args:
        rows: of one file.
        label: the file, for messages.
        accepted: the layouts to choose from.
        asks: refuse a row that fits layouts of two kinds, rather than take the first.

    Raises:
        DataError: no row has an accepted layout, or rows have different ones; the message names the row.
    """
    # A prompt or text alone is a layout only where no row has an answer.
    for choices in ([one for one in accepted if one.answers], [one for one in accepted if not one.answers]):
        found = _Shapes(label, choices, asks)
        for row in rows:
            found.add(row)
        if found.first is not None:
            break
    if found.first is None:
        raise DataError(_only_checked(rows, label, accepted) or _unknown_columns(rows, label, accepted))
    columns = found.columns.most_common(1)[0][0]
    form = found.form
    if form == "text" and found.kind != "language-modelling" and found.transcripts * 2 > found.strings:
        form = "transcript"
    return Layout(found.kind, form, _because(columns, form, found), columns)


def detect_as(rows: Sequence[SourceRow], label: str, kind: str | None) -> Layout:
    """Find the layout of a file for a run: `kind` where a row fits it, else whatever the rows share.

    An empty kind takes the first layout that fits; None refuses a row that fits several kinds.

    Raises:
        DataError: see `detect`.
    """
    own = _Shapes(label, [columns for columns in ACCEPTED if columns.kind == kind], asks=False)
    return detect(rows, label, own.accepted) if any(map(own.fits, rows)) else detect(rows, label, asks=kind is None)


def normalise(values: Mapping[str, object], layout: Layout) -> Fields | Rejected:
    """Bring one row into canonical form: prompt and completion, prompt, chosen and rejected, or a prompt alone.

    All are strings (text and transcripts), or all are lists of turns, of which the last field
    or fields hold one assistant turn each. A row that does not fit is returned as `Rejected`.
    """
    columns = layout.columns
    for name in columns.needed:
        if values.get(name) is None:
            return Rejected(f"'{name}' is missing")
    try:
        require_rating(values, columns)
        if columns.kind == "stepwise":
            values = join_steps(values, columns)
        if layout.form == "messages":
            return conversations.read(values, columns)
        prompt = _string(values, columns.prompt) if columns.prompt else ""
        answers = [_string(values, name) for name in columns.answers]
        if layout.form == "transcript":
            prompt, answers = transcripts.split(prompt, answers)
        elif not columns.prompt:
            prompt, answers = _shared_beginning(*answers)
        return {"prompt": prompt, **dict(zip(answer_names(columns.kind), answers, strict=True))}
    except UnusableRowError as error:
        return Rejected(str(error))


class _Shapes:
    """What `detect` has seen so far."""

    def __init__(self, label: str, accepted: Sequence[Columns], asks: bool) -> None:
        self.label = label
        self.accepted = accepted
        self._asks = asks
        self.first: SourceRow | None = None
        self.kind: Kind = "preference"
        self.form: Form = "text"
        self.columns: Counter[Columns] = Counter()
        self.strings = 0
        self.transcripts = 0
        self._columns_by_keys: dict[tuple[str, ...], list[Columns]] = {}

    def add(self, row: SourceRow) -> None:
        """Count one row; DataError where it differs from the rows before."""
        shape = self.shape(row)
        if shape is None:
            return
        if self.first is None:
            self.first, self.kind, self.form = row, shape.columns.kind, shape.form
        elif (shape.columns.kind, shape.form) != (self.kind, self.form):
            raise DataError(
                f"{self.label}:{row.number}: this row is {shape.columns.kind} ({shape.form}), and row {self.first.number} is "
                f"{self.kind} ({self.form}). One file holds one layout: split it into a file for each"
                + (f", or read all rows as one with --layout {self.kind}." if self._asks else ".")
            )
        self.columns[shape.columns] += 1
        if shape.form == "text":
            self.strings += 1
            self.transcripts += transcripts.looks_like(row.values[shape.columns.needed[0]])

    def fits(self, row: SourceRow) -> bool:
        """Say whether a row has one of the layouts."""
        return self.shape(row) is not None

    def shape(self, row: SourceRow) -> "_Shape | None":
        """Return how a row fills the first layout that it fits; DataError where it fits several kinds and that matters."""
        keys = tuple(name for name, value in row.values.items() if value is not None)
        if keys not in self._columns_by_keys:
            self._columns_by_keys[keys] = [one for one in self.accepted if all(name in keys for name in one.needed)]
        shapes = (_fit(columns, row.values) for columns in self._columns_by_keys[keys])
        if not self._asks:
            return next((shape for shape in shapes if shape), None)
        fitting = [shape for shape in shapes if shape]
        self._refuse_ambiguous(row, [shape.columns for shape in fitting])
        return fitting[0] if fitting else None

    def _refuse_ambiguous(self, row: SourceRow, fitting: Sequence[Columns]) -> None:
        """Raise DataError where columns of two kinds stand side by side; a kind that the first contains is no other."""
        for other in fitting[1:]:
            extra = set(other.answers) - set(fitting[0].answers) - set(TURN_COLUMNS)
            if other.kind != fitting[0].kind and extra:
                first = fitting[0]
                raise DataError(
                    f"{self.label}:{row.number}: the columns fit {first.kind} ({', '.join(first.needed)}) and {other.kind} "
                    f"({', '.join(other.needed)}). Say which is meant with --layout {first.kind} or --layout {other.kind}."
                )


def _fit(columns: Columns, values: Mapping[str, object]) -> "_Shape | None":
    """Return how the values fill the columns; None where one is of the wrong kind."""
    form: Form = "messages" if columns.is_dialogue else "text"
    for name in columns.needed:
        value = values[name]
        if name in TURN_COLUMNS and conversations.is_answered(value) is (name == columns.prompt):
            return None
        if name == columns.rating or (columns.kind == "stepwise" and name in columns.answers):
            if not isinstance(value, list) if columns.kind == "stepwise" else read_rating(value) is None:
                return None
        elif conversations.has_turns(value):
            form = "messages"
        elif not isinstance(value, str) or name in TURN_COLUMNS:
            return None
    return _Shape(columns, form)


class _Shape(NamedTuple):
    columns: Columns
    form: Form


def _string(values: Mapping[str, object], name: str) -> str:
    value = values[name]
    if not isinstance(value, str):
        raise UnusableRowError(f"'{name}' is {name_of(value)}, not a text")
    return value


def _shared_beginning(chosen: str, rejected: str) -> tuple[str, list[str]]:
    """Split off the longest common beginning of whole words that leaves both answers at least one word."""
    length = transcripts.shared_length(chosen, rejected)
    room = min(len(chosen.rstrip()), len(rejected.rstrip()))
    cut = chosen.rfind(" ", 0, min(length, room))
    if cut <= 0:
        raise UnusableRowError("chosen and rejected share no beginning, and there is no prompt column")
    return chosen[:cut], [chosen[cut:], rejected[cut:]]


def _because(columns: Columns, form: Form, found: _Shapes) -> str:
    if form == "transcript":
        place = f"column {columns.prompt} holds" if columns.prompt else "chosen and rejected hold"
        shared = "" if columns.prompt else "; the prompt is what both share up to the last 'Assistant:'"
        return f"{place} Human and Assistant turns as one text in {found.transcripts:,} of {found.strings:,} rows{shared}"
    listed = " and ".join(columns.needed)
    if not columns.answers:
        return f"column {listed} stands alone"
    if columns.kind == "stepwise":
        return f"columns {listed}: an answer in steps, each with a rating"
    if columns.is_dialogue:
        return f"columns {listed}: one user turn and one assistant turn"
    implicit = "" if columns.prompt else "; the prompt is what comes before the last turn"
    if form == "messages":
        return (
            f"columns {listed} hold lists of messages{implicit}"
            if len(columns.needed) > 1
            else f"column {listed} holds messages{implicit}"
        )
    return f"columns {listed} hold strings" + ("" if columns.prompt else "; the prompt is what both share at the beginning")


def _only_checked(rows: Sequence[SourceRow], label: str, accepted: Sequence[Columns]) -> str:
    """Say that rows have a layout which is checked and not trained on; empty where they have none, or may have it here."""
    trained = {columns.kind for columns in ACCEPTED}
    found = _Shapes(label, [columns for columns in CHECKED if columns.kind not in trained], asks=False)
    shape = next((shape for row in rows if (shape := found.shape(row))), None)
    if shape is None or accepted is not ACCEPTED:
        return ""
    return (
        f"{label}:{rows[0].number}: the rows are {shape.columns.kind} (columns {', '.join(shape.columns.needed)}), which "
        "`tunegate check` reads and no run trains on yet. Give prompts with answers, as columns `prompt` and `completion`."
    )


def _unknown_columns(rows: Sequence[SourceRow], label: str, accepted: Sequence[Columns]) -> str:
    seen = list(dict.fromkeys(name for row in rows[:ROWS_FOR_COLUMNS] for name in row.values))
    more = f" and {len(seen) - SEEN_COLUMNS} more" if len(seen) > SEEN_COLUMNS else ""
    first = rows[0] if rows else SourceRow(1, {})
    kinds = ", ".join(f"{name} is {name_of(value)}" for name, value in list(first.values.items())[:4])
    return (
        f"{label}:{first.number}: the columns are {', '.join(map(repr, seen[:SEEN_COLUMNS])) or 'none'}{more} "
        f"({kinds or 'no values'}), and no row has an accepted layout. Accepted are {list_columns(accepted)}; "
        f"each as strings or as lists of messages. Rename the columns (a CSV file needs a header line), for example {EXAMPLE}"
    )
