"""Every check of the data on files alone: no run, no training, a model only where tokens are counted."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from msgspec import Struct

from evals.data.acceptance import accept
from evals.data.checks.containment import check_containment
from evals.data.checks.contents import check_contents
from evals.data.checks.enough import check_rows
from evals.data.checks.evidence import skipped
from evals.data.checks.leakage import check_leakage, find_leaks
from evals.data.checks.model import Looking, check_with_model
from evals.data.checks.near import check_near_leakage
from evals.data.checks.tokens import check_tokens
from evals.data.checks.unusable import check_unusable
from evals.data.cleaning import remove_defects
from evals.data.examples import Dropped, Example, Kind
from evals.data.formats import detect
from evals.data.keys import prompt_key
from evals.data.layouts import CHECKED, Columns, Layout
from evals.data.lengths import Lengths
from evals.data.load import Table, load
from evals.data.profile import profile
from evals.data.reading import Source, for_comparison, read_table
from evals.data.sources import expand
from evals.data.trail import Trail
from reports.records.data import Check, Checks, Profile
from reports.records.plan import Acceptance

NOT_COMPARED: Final = "no evaluation file was given with --against"
STEPS: Final = ("Reading the files", "Looking for defects", "Counting tokens", "Looking into the rows", "Comparing files")
Say = Callable[[str], None]
"""Called with each of STEPS as it begins."""


class CheckRequest(NamedTuple):
    """What to check, and against what."""

    sources: tuple[str, ...]
    against: tuple[str, ...] = ()
    """Files that the model will be measured on."""
    model: str | None = None
    """Folder or hub name whose tokenizer counts; None: checks of tokens are skipped."""
    layout: Kind | None = None
    """Read all files as this kind; None: detect it."""
    max_length: int | None = None
    """Largest length of a row in tokens; None: the context of the model."""
    accepted: tuple[Acceptance, ...] = ()
    """Blocking checks that may fail, and why."""
    stream: bool = False
    """Never hold all rows, however small the files are."""
    looking: Looking = Looking()
    """What to look at with the model: masks to show, pairs to score."""


class CheckedData(Struct, frozen=True, kw_only=True):
    """What is known about files after all checks."""

    schema_version: int = 1
    passed: bool
    """No blocking check failed unaccepted."""
    rows: int
    """Rows read."""
    left: int
    """Rows without a defect."""
    profile: Profile
    checks: tuple[Check, ...]
    shown: tuple[str, ...] = ()
    """Sampled rows as they are batched: «read» and [learned]."""


class Reading(NamedTuple):
    """Sources, read in one form."""

    sources: list[Source]
    columns: dict[int, Mapping[str, object]]
    """All columns of a row, by the identity of its example."""
    with_messages: bool


class Examined(NamedTuple):
    """What the checks found, with the rows they found it in."""

    found: CheckedData
    sources: list[Source]
    columns: dict[int, Mapping[str, object]]
    """All columns of a row, by the identity of its example."""
    kept: list[Example]
    dropped: list[Dropped]
    """Rows that are left out for a defect."""
    measured: list[Example]
    """Rows of the evaluation files."""


def check_files(request: CheckRequest) -> CheckedData:
    """Run every check on the files, and return what was found; see `examine` for the errors."""
    return examine(request).found


def examine(request: CheckRequest, say: Say = lambda step: None) -> Examined:
    """Run every check on the files, in the order in which a run makes them; `say` hears each step begin.

    Raises:
        DataError: a file cannot be read, or its rows have no accepted layout.
        MissingError: a file or the model does not exist.
        UsageError: an accepted code is that of no check.
    """
    say(STEPS[0])
    tables = [load(source) for source in expand(request.sources)]
    layouts = [detect(table.rows, table.label, accepted_columns(request), asks=True) for table in tables]
    return examine_read(request, read_tables(request, tables, layouts), read_evaluations(request), say)


def examine_read(request: CheckRequest, read: Reading, measured: Sequence[Source], say: Say = lambda step: None) -> Examined:
    """Run every check on rows that were read, `measured` being those of the evaluation files."""
    sources = read.sources
    say(STEPS[1])
    trail = Trail(sum(source.rows for source in sources))
    kept = remove_defects(sources, trail)
    say(STEPS[2])
    lengths = _check_tokens(request, read, kept, trail)
    batched = check_with_model(kept, request.model, request.max_length, read.with_messages, request.looking)
    say(STEPS[3])
    contents = check_contents(kept, read.columns)
    say(STEPS[4])
    leaks = _check_leakage(kept, measured)
    checks = (check_unusable(sources), *trail.checks, *batched.checks, *contents, *leaks, check_rows(_rows_by_kind(kept)))
    accepted = Checks(checks=accept(checks, request.accepted))
    found = CheckedData(
        passed=not accepted.blockers(),
        rows=sum(source.rows for source in sources),
        left=len(kept),
        profile=profile(sources, lengths, trail.notes),
        checks=accepted.checks,
        shown=batched.shown,
    )
    return Examined(found, sources, read.columns, kept, trail.dropped, [row for source in measured for row in source.examples])


def accepted_columns(request: CheckRequest) -> list[Columns]:
    """Return the layouts that the request lets rows have."""
    return [columns for columns in CHECKED if request.layout in (None, columns.kind)]


def read_tables(request: CheckRequest, tables: Sequence[Table], layouts: Sequence[Layout]) -> Reading:
    """Normalise the rows of all tables in one form."""
    with_messages = wants_messages(request, layouts)
    read = [read_table(table, layout, with_messages) for table, layout in zip(tables, layouts, strict=True)]
    rows = [{row.number: row.values for row in table.rows} for table in tables]
    columns = {id(one): values[one.number] for source, values in zip(read, rows, strict=True) for one in source.examples}
    return Reading(read, columns, with_messages)


def wants_messages(request: CheckRequest, layouts: Sequence[Layout]) -> bool:
    """Say whether rows are compared as messages rather than as strings."""
    forms = {layout.form for layout in layouts}
    return "messages" in forms or ("transcript" in forms and _has_template(request.model))


def read_evaluations(request: CheckRequest) -> list[Source]:
    """Read the files that the model will be measured on."""
    return [_read_evaluation(source) for source in expand(request.against)]


def _has_template(model: str | None) -> bool:
    if model is None:
        return False
    from evals.model_source import inspect_model

    return inspect_model(model).has_chat_template


def _check_tokens(request: CheckRequest, read: Reading, kept: Sequence[Example], trail: Trail) -> list[tuple[str, Lengths]]:
    found = check_tokens(kept, request.model, request.max_length, read.with_messages)
    trail.checks += found.checks
    trail.notes += found.notes
    return found.lengths


def _check_leakage(kept: Sequence[Example], measured: Sequence[Source]) -> tuple[Check, ...]:
    learned = [for_comparison(example) for example in kept] if measured else []
    suites = {source.label: {prompt_key(row.fields["prompt"]) for row in source.examples} for source in measured}
    leaks = find_leaks({"sft_train": learned}, suites)
    leaked = {id(leak.example) for leak in leaks}
    known = frozenset(place for place, row in enumerate(learned) if id(row) in leaked)
    items = [row for source in measured for row in source.examples]
    further = check_near_leakage(learned, items, known), check_containment(learned, items, known)
    if not measured:
        return skipped("LEAK001", "Training prompts in the evaluation", NOT_COMPARED, blocking=True), *further
    return check_leakage({"sft_train": learned}, leaks), *further


def _read_evaluation(source: str) -> Source:
    table = load(source)
    read = read_table(table, detect(table.rows, table.label, CHECKED), with_messages=True)
    return read._replace(examples=[for_comparison(example) for example in read.examples])


def _rows_by_kind(kept: Sequence[Example]) -> Mapping[str, int]:
    kinds = [example.kind for example in kept]
    return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)} or {"any kind": 0}
