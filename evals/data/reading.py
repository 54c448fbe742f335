"""Reading the sources of a plan: every row becomes an example or is rejected with its reason."""

from typing import NamedTuple

from evals.data import conversations, transcripts
from evals.data.examples import Example, Fields, Form, RejectedRow, SourceRow, carried_columns, excerpt
from evals.data.formats import detect_as, normalise
from evals.data.layouts import Layout
from evals.data.load import Table, load
from evals.data.ratings import carry_rating
from evals.data.rejection import Rejected
from reports.errors import StageError
from reports.progress import ProgressLog
from reports.records.plan import DataRef, Plan


class Source(NamedTuple):
    """One source, read: as many examples and rejected rows as there were rows."""

    label: str
    digest: str
    layout: Layout
    examples: list[Example]
    rejected: list[RejectedRow]

    @property
    def rows(self) -> int:
        """Rows read."""
        return len(self.examples) + len(self.rejected)


def read_sources(plan: Plan, progress: ProgressLog) -> list[Source]:
    """Read and normalise all sources of the plan.

    All examples come back in one form: as messages where a source has messages, or where the model
    has a chat template and a source is a transcript; else as strings.

    Raises:
        StageError: a source is not what it was when the plan was made.
        DataError, MissingError: a source cannot be read any more.
    """
    tables = [_load_as_planned(ref) for ref in plan.data]
    layouts = [detect_as(table.rows, table.label, ref.kind) for table, ref in zip(tables, plan.data, strict=True)]
    with_messages = wants_messages(plan, layouts)
    progress.begin("data", "Reading the data", sum(len(table.rows) for table in tables), "rows")
    sources, done = [], 0
    for table, layout in zip(tables, layouts, strict=True):
        sources.append(read_table(table, layout, with_messages))
        done += len(table.rows)
        progress.advance(done)
    return sources


def wants_messages(plan: Plan, layouts: list[Layout]) -> bool:
    """Say whether the run's rows are messages rather than strings."""
    forms = {layout.form for layout in layouts}
    return "messages" in forms or ("transcript" in forms and plan.model.has_chat_template)


def read_table(table: Table, layout: Layout, with_messages: bool) -> Source:
    """Normalise all rows of one table."""
    source = Source(table.label, table.digest, layout, [], list(table.rejected))
    form: Form = "messages" if with_messages else layout.form
    for row in table.rows:
        fields = _fields(row, layout, with_messages)
        if isinstance(fields, Rejected):
            source.rejected.append(RejectedRow(row.number, fields.reason, excerpt(dict(row.values))))
        else:
            carried = carried_columns(row.values) | carry_rating(row.values, layout.columns)
            source.examples.append(Example(table.label, row.number, layout.kind, form, fields, carried, row.values))
    source.rejected.sort(key=lambda row: row.number)
    return source


def for_comparison(example: Example) -> Example:
    """Take marks of speakers and system turns out of the prompt, so that one question is one prompt in every layout."""
    fields = transcripts.as_messages(example.fields) if example.form == "transcript" else example.fields
    if isinstance(fields, Rejected):
        return example
    prompt = fields["prompt"]
    if not isinstance(prompt, str):
        fields = {**fields, "prompt": [turn for turn in prompt if turn["role"] != "system"] or prompt}
    return example._replace(fields=fields)


def _fields(row: SourceRow, layout: Layout, with_messages: bool) -> Fields | Rejected:
    fields = normalise(row.values, layout)
    if isinstance(fields, Rejected) or not with_messages or layout.form == "messages":
        return fields
    return transcripts.as_messages(fields) if layout.form == "transcript" else conversations.as_messages(fields)


def _load_as_planned(ref: DataRef) -> Table:
    table = load(ref.source)
    if table.digest != ref.digest:
        raise StageError(
            f"{ref.label}: the data changed since the plan was made (sha256 {ref.digest[:12]} then, {table.digest[:12]} now). "
            "Put the old file back, or start a new run with `tunegate run`."
        )
    return table
