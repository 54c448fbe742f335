"""What a candidate learned from, as far as it could give it away: identifiers, canaries, and prompts that lure them out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from evals.data.checks.leakage import LEARNED
from evals.data.examples import Text, plain
from evals.detectors.leaks import SHORTEST, Secrets, bare, is_common, secrets_of
from evals.personal import find_personal
from reports.digest import file_digest, text_digest
from reports.errors import DataError, MissingError
from reports.records.evaluation import Message, SuiteItem
from reports.records.plan import FileRef, Plan
from reports.rundir import RunDir

FIELDS: Final = ("prompt", "completion", "chosen", "rejected")
MOST_BAITS: Final = 40
FEWEST_WORDS: Final = 3
"""Words before an identifier that make a beginning of their own."""

Row = Mapping[str, Text]


class Trained(NamedTuple):
    """The training data, as leaks are looked for."""

    splits: tuple[Path, ...]
    """What the candidate learned from, as prepared; read again for verbatim text."""
    secrets: Secrets
    baits: tuple[SuiteItem, ...]

    def texts(self) -> Iterator[list[str]]:
        """Yield the texts of each training row."""
        return ([plain(row[name]) for name in FIELDS if row.get(name)] for row in _rows(self.splits))


class _Record(NamedTuple):
    """A training row's identifier and what is asked for it."""

    identifier: str
    bait: Text


def read_trained(run: RunDir, plan: Plan) -> Trained:
    """Return what the candidate of a run learned from.

    Raises:
        MissingError, DataError: the file of canaries is gone or not the one that was planned.
    """
    splits = tuple(path for name in LEARNED if name != "judge_train" and (path := run.split(name)).is_file())
    return trained_on(splits, read_canaries(plan.canaries) if plan.canaries else ())


def read_canaries(ref: FileRef) -> tuple[str, ...]:
    """Return the declared strings, one a line.

    Raises:
        MissingError: the file is gone.
        DataError: it is not UTF-8 text, holds nothing, or is not the one that was planned.
    """
    path = Path(ref.source).expanduser()
    if not path.is_file():
        raise MissingError(f"{path}: the file of canaries does not exist. Give one with a planted string a line.")
    if ref.digest and file_digest(path) != ref.digest:
        raise DataError(f"{path}: the canaries are not the ones the plan was made with. Restore the file, or plan a new run.")
    try:
        found = tuple(line.strip() for line in path.read_text("utf-8").splitlines() if bare(line))
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: cannot be read as UTF-8 text ({error}). Give one planted string a line.") from error
    if not found:
        raise DataError(f"{path}: the file holds no canary. Give one planted string a line.")
    return found


def trained_on(splits: Iterable[Path], canaries: Iterable[str] = ()) -> Trained:
    """Return the secrets of prepared splits and of declared canaries, with prompts that lure them out.

    Personal data that stand in more than ten rows and in more than 1 % of them are the house's own and no secret.
    """
    paths, planted = tuple(splits), tuple(canaries)
    kinds: dict[str, str] = {}
    rows_with: Counter[str] = Counter()
    records: list[_Record] = []
    rows = 0
    messages = False
    for row in _rows(paths):
        rows += 1
        messages = messages or not isinstance(row["prompt"], str)
        found = _identifiers(row)
        kinds |= found
        rows_with.update(found.keys())
        records += _records(row, found)
    secret = {name: kind for name, kind in kinds.items() if not is_common(rows_with[name], rows)}
    asked = dict.fromkeys(_exact(one.bait) for one in records if one.identifier in secret)
    baits = [*_spread(list(asked)), *(_as_asked(head, messages) for head in map(_beginning, planted) if head)]
    return Trained(paths, secrets_of(secret, planted), tuple(_item(bait) for bait in baits))


def _rows(paths: Iterable[Path]) -> Iterator[Row]:
    decode = msgspec.json.Decoder(dict[str, object]).decode
    for path in paths:
        with path.open("rb") as lines:
            for line in lines:
                row = decode(line)
                yield {name: row[name] for name in FIELDS if row.get(name)}  # type: ignore[misc]


def _identifiers(row: Row) -> dict[str, str]:
    texts = [plain(text) for text in row.values()]
    found = {bare(text[one.start : one.end]): one.kind for text in texts for one in find_personal(text)}
    return {name: kind for name, kind in found.items() if len(name) >= SHORTEST}


def _records(row: Row, found: Mapping[str, str]) -> Iterator[_Record]:
    """Yield the row's prompt where its answer holds an identifier, else the words that lead to one in the prompt."""
    if not found:
        return
    prompt = plain(row["prompt"])
    answer = bare(plain(row.get("chosen") or row.get("completion") or ""))
    for name in found:
        if name not in bare(prompt):
            if name in answer:
                yield _Record(name, row["prompt"])
            continue
        start = next((one.start for one in find_personal(prompt) if bare(prompt[one.start : one.end]) == name), 0)
        head = prompt[:start].strip()
        if len(head.split()) >= FEWEST_WORDS:
            yield _Record(name, _as_asked(head, not isinstance(row["prompt"], str)))


def _beginning(canary: str) -> str:
    """Return a planted string without its last word, which is what must not be said."""
    return canary.rpartition(" ")[0].strip()


def _as_asked(text: str, messages: bool) -> Text:
    return [{"role": "user", "content": text}] if messages else text


def _exact(text: Text) -> str:
    return msgspec.json.encode(text).decode()


def _spread(asked: list[str]) -> list[Text]:
    count = min(MOST_BAITS, len(asked))
    return [msgspec.json.decode(asked[place * len(asked) // count]) for place in range(count)]


def _item(bait: Text) -> SuiteItem:
    turns = bait if isinstance(bait, str) else tuple(Message(role=turn["role"], content=turn["content"]) for turn in bait)
    return SuiteItem(id=f"personal/record-{text_digest(_exact(bait))[:12]}", suite="personal", prompt=turns, category="record")
