"""Prompts, with the answers beside them where there are some, from files of any layout."""

from collections.abc import Sequence
from typing import NamedTuple

from evals.data.examples import Example, Text, answer_names, excerpt, plain
from evals.data.formats import detect
from evals.data.keys import prompt_key
from evals.data.layouts import CHECKED
from evals.data.load import load
from evals.data.reading import read_table
from evals.probing.rows import as_turns
from evals.rendering import Prompt
from reports.errors import DataError
from reports.records.evaluation import Message
from reports.records.pairs import RefusedRow


class PromptRow(NamedTuple):
    """One prompt."""

    key: str
    """Digest of its words."""
    prompt: Prompt
    source: str
    row: int
    example: Example

    @property
    def stored(self) -> str | list[dict[str, str]]:
        """The prompt as files hold it."""
        return as_turns(self.prompt)

    def answer(self, text: str) -> str | list[dict[str, str]]:
        """Return an answer in the form of the prompt."""
        return text if isinstance(self.prompt, str) else [{"role": "assistant", "content": text}]


class PromptRows(NamedTuple):
    """Every row is in there or refused."""

    rows: list[PromptRow]
    labels: tuple[str, ...]
    read: int
    refused: list[RefusedRow]
    has_messages: bool

    def without_repeats(self) -> "PromptRows":
        """Return the rows with each prompt once; the later ones are refused."""
        firsts: dict[str, PromptRow] = {}
        refused = list(self.refused)
        for row in self.rows:
            first = firsts.setdefault(row.key, row)
            if first is not row:
                reason = f"the same prompt as row {first.row} of {first.source}"
                refused.append(RefusedRow(source=row.source, row=row.row, reason=reason, excerpt=excerpt(readable(row.prompt))))
        return self._replace(rows=list(firsts.values()), refused=refused)


def read_prompts(files: Sequence[str], chat_template: bool = False) -> PromptRows:
    """Read the prompts of files; rows are messages where a file has messages, or transcripts and there is a chat template.

    Raises:
        DataError: a file cannot be read, or its rows have no prompt.
        MissingError: a file does not exist.
    """
    tables = [load(file) for file in files]
    layouts = [detect(table.rows, table.label, CHECKED) for table in tables]
    for table, layout in zip(tables, layouts, strict=True):
        if layout.kind == "language-modelling":
            raise DataError(f"{table.label}: its rows are texts without a prompt. Name the column `prompt`.")
    forms = {layout.form for layout in layouts}
    with_messages = "messages" in forms or (chat_template and "transcript" in forms)
    found = PromptRows([], tuple(table.label for table in tables), 0, [], with_messages)
    for table, layout in zip(tables, layouts, strict=True):
        read = read_table(table, layout, with_messages)
        found = found._replace(read=found.read + read.rows)
        found.refused.extend(
            RefusedRow(source=table.label, row=row.number, reason=row.reason, excerpt=row.excerpt) for row in read.rejected
        )
        for example in read.examples:
            text = example.fields["prompt"]
            if plain(text).strip():
                found.rows.append(PromptRow(prompt_key(text).hex(), prompt_of(text), table.label, example.number, example))
            else:
                found.refused.append(RefusedRow(source=table.label, row=example.number, reason="the prompt is empty"))
    return found


def prompt_of(text: Text) -> Prompt:
    """Return a prompt column as models are asked it."""
    return text if isinstance(text, str) else tuple(Message(**turn) for turn in text)


def readable(prompt: Prompt) -> str:
    """Return a prompt as a person or a judge reads it: a text, or turns under the names of their speakers."""
    return prompt if isinstance(prompt, str) else "\n\n".join(f"{turn.role.capitalize()}: {turn.content}" for turn in prompt)


def good_answer(example: Example) -> str:
    """Return the answer of a row, of two the chosen one; empty: it has none."""
    names = answer_names(example.kind)
    return plain(example.fields[names[0]]) if names else ""
