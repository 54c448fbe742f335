"""Every check of the data on files alone: no run, no training, a model only where tokens are counted."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from evals.data.checks.contents import check_contents
from evals.data.checks.enough import check_rows
from evals.data.checks.evidence import skipped
from evals.data.checks.leakage import check_leakage, find_leaks
from evals.data.checks.near import check_near_leakage
from evals.data.checks.tokens import check_tokens
from evals.data.checks.unusable import check_unusable
from evals.data.cleaning import remove_defects
from evals.data.examples import Dropped, Example, Kind
from evals.data.formats import detect
from evals.data.keys import prompt_key
from evals.data.layouts import CHECKED
from evals.data.lengths import Lengths
from evals.data.load import load
from evals.data.profile import profile
from evals.data.reading import Source, for_comparison, read_table
from evals.data.sources import expand
from evals.data.trail import Trail
from reports.errors import UsageError
from reports.records.data import Check, Checks, Profile

NOT_COMPARED: Final = "no evaluation file was given with --against"
ACCEPTED: Final = "accepted on the command line"


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
    accepted: frozenset[str] = frozenset()
    """Codes of blocking checks that may fail."""


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


def examine(request: CheckRequest) -> Examined:
    """Run every check on the files, in the order in which a run makes them.

    Raises:
        DataError: a file cannot be read, or its rows have no accepted layout.
        MissingError: a file or the model does not exist.
        UsageError: an accepted code is that of no check.
    """
    read = _read(request)
    sources = read.sources
    trail = Trail(sum(source.rows for source in sources))
    kept = remove_defects(sources, trail)
    lengths = _check_tokens(request, read, kept, trail)
    measured = [_read_evaluation(source) for source in expand(request.against)]
    checks = (
        check_unusable(sources),
        *trail.checks,
        *check_contents(kept, read.columns),
        *_check_leakage(kept, measured),
        check_rows(_rows_by_kind(kept)),
    )
    accepted = Checks(checks=_accept(checks, request.accepted))
    found = CheckedData(
        passed=not accepted.blockers(),
        rows=sum(source.rows for source in sources),
        left=len(kept),
        profile=profile(sources, lengths, trail.notes),
        checks=accepted.checks,
    )
    return Examined(found, sources, read.columns, kept, trail.dropped, [row for source in measured for row in source.examples])


def _read(request: CheckRequest) -> Reading:
    tables = [load(source) for source in expand(request.sources)]
    accepted = [columns for columns in CHECKED if request.layout in (None, columns.kind)]
    layouts = [detect(table.rows, table.label, accepted, asks=True) for table in tables]
    forms = {layout.form for layout in layouts}
    with_messages = "messages" in forms or ("transcript" in forms and _has_template(request.model))
    read = [read_table(table, layout, with_messages) for table, layout in zip(tables, layouts, strict=True)]
    rows = [{row.number: row.values for row in table.rows} for table in tables]
    columns = {id(one): values[one.number] for source, values in zip(read, rows, strict=True) for one in source.examples}
    return Reading(read, columns, with_messages)


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


def _check_leakage(kept: Sequence[Example], measured: Sequence[Source]) -> tuple[Check, Check]:
    learned = [for_comparison(example) for example in kept] if measured else []
    suites = {source.label: {prompt_key(row.fields["prompt"]) for row in source.examples} for source in measured}
    leaks = find_leaks({"sft_train": learned}, suites)
    leaked = {id(leak.example) for leak in leaks}
    known = frozenset(place for place, row in enumerate(learned) if id(row) in leaked)
    near = check_near_leakage(learned, [row for source in measured for row in source.examples], known)
    if not measured:
        return skipped("LEAK001", "Training prompts in the evaluation", NOT_COMPARED, blocking=True), near
    return check_leakage({"sft_train": learned}, leaks), near


def _read_evaluation(source: str) -> Source:
    table = load(source)
    read = read_table(table, detect(table.rows, table.label, CHECKED), with_messages=True)
    return read._replace(examples=[for_comparison(example) for example in read.examples])


def _rows_by_kind(kept: Sequence[Example]) -> Mapping[str, int]:
    kinds = [example.kind for example in kept]
    return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)} or {"any kind": 0}


def _accept(checks: Sequence[Check], accepted: frozenset[str]) -> tuple[Check, ...]:
    codes = [check.code for check in checks]
    unknown = sorted(accepted.difference(codes))
    if unknown:
        raise UsageError(f"--accept {unknown[0]}: no check has this code. Codes: {', '.join(codes)}.")
    return tuple(
        replace(check, accepted_because=ACCEPTED) if check.state == "fail" and check.code in accepted else check
        for check in checks
    )
