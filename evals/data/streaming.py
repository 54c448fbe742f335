"""Checking files that exceed memory: row-local checks see every row, all others a seeded sample."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from evals.data.acceptance import accept
from evals.data.check import (
    STEPS,
    CheckRequest,
    Examined,
    Say,
    accepted_columns,
    examine_read,
    read_evaluations,
    read_tables,
    wants_messages,
)
from evals.data.checks.duplicates import check_duplicates
from evals.data.checks.empty import check_empty
from evals.data.checks.enough import check_rows
from evals.data.checks.leakage import check_leakage, find_leaks
from evals.data.checks.length import LengthCounts, count_lengths, report_length_bias
from evals.data.checks.pairs import check_identical
from evals.data.checks.secrets import find_secrets, report_secrets
from evals.data.checks.unusable import report_unusable
from evals.data.cleaning import remove_defects
from evals.data.compression import SUFFIXES
from evals.data.examples import Example, RejectedRow, SourceRow
from evals.data.formats import detect
from evals.data.keys import prompt_key, row_key
from evals.data.layouts import Layout
from evals.data.load import Table
from evals.data.reading import Source, for_comparison, read_table
from evals.data.seen import SeenKeys
from evals.data.sources import expand
from evals.data.streaming_rows import Row, stream
from evals.data.trail import Trail
from reports.errors import DataError, UsageError
from reports.records.data import Check, Checks, SourceProfile
from reports.records.plan import Acceptance

SAMPLE: Final = 200_000
"""Rows that the checks see which compare rows with each other."""
CHUNK: Final = 2_000
DETECTED: Final = 2_000
"""First rows that tell the layout of a file."""
SHOWN: Final = 100
SEED: Final = 0
GROWTH: Final = 8
"""Bytes of memory for each byte of text, as measured on rows of 100 bytes of JSON (8.3); longer rows take less."""
PACKED: Final = 5
"""Bytes of text for each byte of a packed or binary file, at the usual compression of prose."""
SHARE: Final = 0.5
"""Share of the available memory from which on files are read as a stream."""


class Tally(Sequence[Any]):
    """As long as all that was counted, and holding the first to show as evidence."""

    def __init__(self, found: Sequence[Any] = (), count: int | None = None) -> None:
        self.shown = list(found[:SHOWN])
        self._length = len(found) if count is None else count

    def add(self, found: Sequence[Any]) -> None:
        """Count some more."""
        self.shown += found[: max(0, SHOWN - len(self.shown))]
        self._length += len(found)

    def of(self, count: int) -> "Tally":
        """Return the same to show, as long as `count`."""
        return Tally(self.shown, count)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, place: Any) -> Any:
        return self.shown[place]


class Chunk(NamedTuple):
    """Neighbouring rows of one file, with what is wrong in them."""

    place: int
    """Of the file among the sources."""
    source: Source
    kept: list[Example]
    trail: Trail


class Opened(NamedTuple):
    """One file, its layout told by its first rows."""

    path: Path
    layout: Layout


def exceeds_memory(sources: Sequence[str]) -> bool:
    """Say whether rows of these files would take more than half of the memory that is free, by the size of the files."""
    import psutil

    paths = [path for source in sources if (path := Path(source).expanduser()).is_file()]
    packed = (*SUFFIXES, ".parquet", ".arrow")
    text = sum(path.stat().st_size * (PACKED if path.name.lower().endswith(packed) else 1) for path in paths)
    return bool(text * GROWTH > SHARE * psutil.virtual_memory().available)


def examine_stream(
    request: CheckRequest,
    say: Say = lambda step: None,
    take: Callable[[Chunk, Mapping[str, set[bytes]]], None] | None = None,
    sample: int = SAMPLE,
) -> Examined:
    """Run every check without ever holding all rows.

    Every row is read once for READ001, EMPTY001, PAIR001, LEN001, DUP001, SEC001, LEAK001 and ROWS001; all other checks see a
    seeded sample of `sample` rows and say so. The layout of a file is told by its first rows; rows of another are unusable.

    Args:
        request: see `examine`.
        say: see `examine`.
        take: called with each chunk and the keys of the measured prompts, in the order of the rows.
        sample: rows that are held.

    Raises:
        DataError: see `examine`; also where a file can only be read whole.
        MissingError, UsageError: see `examine`.
    """
    say(STEPS[0])
    opened = [_open(Path(source).expanduser(), request) for source in expand(request.sources)]
    measured = read_evaluations(request)
    suites = {source.label: {prompt_key(row.fields["prompt"]) for row in source.examples} for source in measured}
    sweep = Sweep([one.layout for one in opened], wants_messages(request, [one.layout for one in opened]), suites)
    reservoir = Reservoir(sample)
    for place, one in enumerate(opened):
        rows = stream(one.path)
        while batch := list(islice(rows, CHUNK)):
            reservoir.add(place, batch)
            chunk = sweep.add(place, one.path.name, batch)
            if take is not None:
                take(chunk, suites)
    tables = [reservoir.table(place, one.path.name) for place, one in enumerate(opened)]
    read = read_tables(request, tables, [one.layout for one in opened])
    sampled = examine_read(request._replace(accepted=()), read, measured, say)
    return _with_counts(sampled, sweep, len(reservoir.rows), request.accepted)


class Reservoir:
    """A uniform sample of rows of unknown number (Vitter 1985, algorithm R)."""

    def __init__(self, size: int) -> None:
        self.rows: list[tuple[int, Row]] = []
        self._size = size
        self._seen = 0
        self._draw = random.Random(SEED)

    def add(self, place: int, rows: Sequence[Row]) -> None:
        """Offer rows of one file."""
        for row in rows:
            self._seen += 1
            if len(self.rows) < self._size:
                self.rows.append((place, row))
            elif (slot := int(self._draw.random() * self._seen)) < self._size:
                self.rows[slot] = (place, row)

    def table(self, place: int, label: str) -> Table:
        """Return the sampled rows of one file in its order; no digest, since the file was not held."""
        rows = sorted((row for of, row in self.rows if of == place), key=lambda row: row.number)
        return _table(label, rows)


class Sweep:
    """What all rows together show, chunk by chunk."""

    def __init__(self, layouts: Sequence[Layout], with_messages: bool, suites: Mapping[str, set[bytes]]) -> None:
        self.usable = [0] * len(layouts)
        self.rejected = [0] * len(layouts)
        self.lost: dict[str, Tally] = {}
        """Rows that a filter took, by its name."""
        self.unusable, self.secrets, self.leaks = Tally(), Tally(), Tally()
        self.kinds: Counter[str] = Counter()
        """Kept rows."""
        self.lengths = LengthCounts(0, 0, 0)
        self.blank_pairs = 0
        self._layouts, self._with_messages, self._suites = layouts, with_messages, suites
        self._seen = SeenKeys()

    def add(self, place: int, label: str, rows: Sequence[Row]) -> Chunk:
        """Look into some rows of one file."""
        source = read_table(_table(label, rows), self._layouts[place], self._with_messages)
        trail = Trail(source.rows)
        kept = remove_defects([source], trail, self._find_repeats)
        self.usable[place] += len(source.examples)
        self.rejected[place] += len(source.rejected)
        self.unusable.add([(label, row) for row in source.rejected])
        self.lengths = LengthCounts(*map(sum, zip(self.lengths, count_lengths(_pairs(source.examples)), strict=True)))
        self._count_lost(trail)
        self.kinds.update(example.kind for example in kept)
        self.secrets.add(find_secrets(kept))
        if self._suites:
            self.leaks.add(find_leaks({"sft_train": [for_comparison(example) for example in kept]}, self._suites))
        return Chunk(place, source, kept, trail)

    def checks(self) -> Iterator[Check]:
        """Report what was counted over all rows."""
        usable, kept = sum(self.usable), sum(self.kinds.values())
        empty, same, repeated = (
            self.lost.get(name, Tally()) for name in ("empty fields", "identical answers", "exact duplicates")
        )
        yield report_unusable(usable + sum(self.rejected), self.unusable)
        yield report_length_bias(self.lengths)
        yield check_empty(empty.of(usable), range(len(empty)))
        yield check_identical(Tally(count=self.lengths.pairs - self.blank_pairs), same)
        yield check_duplicates(repeated.of(usable - len(empty) - len(same)), range(len(repeated)))
        yield report_secrets(kept, self.secrets)
        if self._suites:
            yield check_leakage({"sft_train": Tally(count=kept)}, self.leaks)
        yield check_rows(self.kinds or {"any kind": 0})

    def _find_repeats(self, examples: Sequence[Example]) -> list[int]:
        return self._seen.add([row_key(example) for example in examples])

    def _count_lost(self, trail: Trail) -> None:
        dropped = iter(trail.dropped)
        for step in trail.filters[1:]:
            lost = [drop.example for drop in islice(dropped, step.rows_in - step.rows_out)]
            self.lost.setdefault(step.name, Tally()).add(lost)
            if step.name == "empty fields":
                self.blank_pairs += len(_pairs(lost))


def _open(path: Path, request: CheckRequest) -> Opened:
    if not path.is_file():
        raise UsageError(f"{path}: only files are read as a stream. Name a local file, or leave --stream out.")
    rows = [row for row in islice(stream(path), DETECTED) if isinstance(row, SourceRow)]
    if not rows:
        raise DataError(f"{path.name}: holds no usable row among the first {DETECTED:,}. Give a file with one object a row.")
    return Opened(path, detect(rows, path.name, accepted_columns(request), asks=True))


def _table(label: str, rows: Sequence[Row]) -> Table:
    usable = [row for row in rows if isinstance(row, SourceRow)]
    return Table(label, "", usable, [row for row in rows if isinstance(row, RejectedRow)])


def _pairs(examples: Sequence[Example]) -> list[Example]:
    return [example for example in examples if example.kind == "preference"]


def _with_counts(sampled: Examined, sweep: Sweep, held: int, accepted: Sequence[Acceptance]) -> Examined:
    rows = sum(sweep.usable) + sum(sweep.rejected)
    counted = {check.code: check for check in sweep.checks()}
    checks = Checks(
        checks=accept([counted.get(check.code) or _mark(check, held, rows) for check in sampled.found.checks], accepted)
    )
    profile = sampled.found.profile
    sources = tuple(map(_recount, profile.sources, sweep.usable, sweep.rejected))
    note = f"Read as a stream: {', '.join(counted)} saw all {rows:,} rows, the other checks a sample of {held:,}."
    found = replace(
        sampled.found,
        passed=not checks.blockers(),
        rows=rows,
        left=sum(sweep.kinds.values()),
        profile=replace(profile, sources=sources, notes=(*profile.notes, note)),
        checks=checks.checks,
    )
    return sampled._replace(found=found)


def _recount(source: SourceProfile, rows: int, rejected: int) -> SourceProfile:
    return replace(source, rows=rows, rejected=rejected)


def _mark(check: Check, held: int, rows: int) -> Check:
    if held == rows or check.state == "skipped":
        return check
    return replace(check, because=f"{check.because}; read in a sample of {held:,} of {rows:,} rows")
