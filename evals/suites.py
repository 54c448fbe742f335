"""The prompt sets a run is measured on: those that ship with tunegate, files of the user's, and the held-out target split."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from evals.probes.attacks import Attack, attack_prompt, spread_attacks
from reports.digest import file_digest
from reports.errors import DataError, MissingError
from reports.jsonl import Jsonl
from reports.records.evaluation import Message, SuiteItem
from reports.records.plan import Plan, SuiteRef
from reports.rows import read_rows
from reports.rundir import RunDir

PROBES: Final = Path(__file__).parent / "probes"
BUILTIN: Final = "builtin"
BUILTIN_PROMPTS: Final = 120
"""Prompts used of a set that ships where the plan names no limit: a rate is then known to 9 points either way, or better."""
FEWER: Final = {"jailbreak": 60, "personal": 60}
"""Those of which fewer are used: 60 without a change bound it at 4.9 points."""
NEEDED: Final = "A row needs `prompt`: a text or a list of messages."


class SuiteRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a suite file."""

    prompt: str | tuple[Message, ...]
    id: str | int = ""
    family: str = ""
    reference: str = ""
    category: str = ""
    request: str = ""


def load_suites(run: RunDir, plan: Plan) -> list[SuiteItem]:
    """Return everything the run is measured on: the target split first, then the suites of the plan.

    Where the target prompts are messages, plain prompts of the other suites become one user message each.

    Raises:
        MissingError: the target split was not prepared, or a suite file is gone.
        DataError: a row cannot be used, or a file is not the one that was planned.
    """
    target = load_target(run)
    messages = bool(target) and not isinstance(target[0].prompt, str)
    return [*target, *(item for ref in plan.suites for item in load_suite(ref, messages))]


def load_target(run: RunDir) -> list[SuiteItem]:
    """Return the held-out prompts of the target domain, as the data stage prepared them."""
    path = run.split("target")
    if not path.is_file():
        raise MissingError(f"{path}: the data stage has not prepared the target prompts. Continue the run with `tunegate run`.")
    found = Jsonl(path, SuiteItem).whole()
    if found.damaged:
        raise DataError(f"{path}: {found.damaged} damaged lines. Remove the run's data folder and prepare the data again.")
    return found.records


def load_suite(ref: SuiteRef, messages: bool) -> list[SuiteItem]:
    """Return the prompts of one suite, spread evenly over the file: at most `ref.limit`, else all, or 120 of a set that ships.

    Even spreading keeps the share of each category, and keeps matched suites matched. The conversations in the sets that ship
    are left out where the run has plain text. `jailbreak` that ships is made of the harmful requests, each inside an attack.

    Raises:
        MissingError: the file is gone.
        DataError: a row cannot be used (the message names it), or the file changed since it was planned.
    """
    path = suite_path(ref)
    if not path.is_file():
        raise MissingError(f"{path}: this suite file does not exist. Give a JSONL file with `id` and `prompt` in each row.")
    if ref.digest and file_digest(path) != ref.digest:
        raise DataError(f"{path}: the suite file is not the one the plan was made with. Restore it, or plan a new run.")
    rows = _read_rows(path)
    is_builtin = ref.source == BUILTIN
    limit = ref.limit or (FEWER.get(ref.name, BUILTIN_PROMPTS) if is_builtin else len(rows))
    if is_builtin and (not messages or ref.name == "jailbreak"):
        rows = [(number, row) for number, row in rows if isinstance(row.prompt, str)]
    chosen = _attacked(rows, limit, messages) if is_builtin and ref.name == "jailbreak" else _spread(rows, limit)
    return [
        SuiteItem(
            id=f"{ref.name}/{row.id}",
            suite=ref.name,
            prompt=_prompt(row.prompt, messages, path, number),
            family=row.family,
            reference=row.reference,
            category=row.category,
            request=row.request,
        )
        for number, row in chosen
    ]


def suite_path(ref: SuiteRef) -> Path:
    """Return the file a suite is read from."""
    shipped = "harmful" if ref.name == "jailbreak" else ref.name
    return PROBES / f"{shipped}.jsonl" if ref.source == BUILTIN else Path(ref.source).expanduser()


def readable_prompt(prompt: str | Sequence[Message]) -> str:
    """Return the prompt as people read it: a single user message without its role, else one paragraph a turn."""
    if isinstance(prompt, str):
        return prompt
    if len(prompt) == 1 and prompt[0].role == "user":
        return prompt[0].content
    return "\n\n".join(f"{message.role}: {message.content}" for message in prompt)


def _read_rows(path: Path) -> list[tuple[int, SuiteRow]]:
    rows: list[tuple[int, SuiteRow]] = []
    seen: dict[str, int] = {}
    for number, read in read_rows(path, SuiteRow, "a row of a suite", NEEDED):
        row = _named(read, path, number)
        name = str(row.id)
        if name in seen:
            raise DataError(
                f"{path}:{number}: the id {name!r} stands in row {seen[name]} already. Give each row an id of its own."
            )
        seen[name] = number
        rows.append((number, row))
    if not rows:
        raise DataError(f"{path}: the suite is empty. Give at least one row with `id` and `prompt`.")
    return rows


def _named(row: SuiteRow, path: Path, number: int) -> SuiteRow:
    if not readable_prompt(row.prompt).strip():
        raise DataError(f"{path}:{number}: the prompt is empty. Fill it in or drop the row.")
    return row if row.id != "" else msgspec.structs.replace(row, id=f"row-{number}")


def _spread(rows: list[tuple[int, SuiteRow]], limit: int) -> list[tuple[int, SuiteRow]]:
    count = min(limit, len(rows))
    return [rows[position * len(rows) // count] for position in range(count)]


def _attacked(rows: Sequence[tuple[int, SuiteRow]], limit: int, messages: bool) -> list[tuple[int, SuiteRow]]:
    """Return requests inside attacks: as many different ones as there are, every attack equally often, each pair once.

    Where the run has plain text, attacks of several turns are left out.
    """
    return [
        (rows[place][0], _attacked_row(rows[place][1], attack))
        for place, attack in spread_attacks(len(rows), limit, not messages)
    ]


def _attacked_row(row: SuiteRow, attack: Attack) -> SuiteRow:
    turns = attack_prompt(attack, str(row.prompt))
    return msgspec.structs.replace(
        row,
        id=f"{row.id}-{attack.name}",
        prompt=turns if len(turns) > 1 else turns[0].content,
        category=attack.name,
        request=str(row.prompt),
    )


def _prompt(prompt: str | tuple[Message, ...], messages: bool, path: Path, number: int) -> str | tuple[Message, ...]:
    if messages:
        return (Message(role="user", content=prompt),) if isinstance(prompt, str) else prompt
    if isinstance(prompt, str):
        return prompt
    if len(prompt) == 1:
        return prompt[0].content
    raise DataError(
        f"{path}:{number}: the prompt is a conversation of {len(prompt)} messages, and the run's data are plain text. "
        "Give a plain prompt, or train on messages."
    )
