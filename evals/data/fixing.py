"""Writing data without the rows that the checks would take out, and what went."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from evals.data.check import Examined
from evals.data.checks.containment import find_contained
from evals.data.checks.contradictions import find_contradictions
from evals.data.checks.leakage import find_leaks
from evals.data.checks.near import row_words
from evals.data.checks.secrets import find_secrets
from evals.data.compression import without_suffix
from evals.data.examples import Dropped, Example, excerpt, plain
from evals.data.keys import prompt_key
from evals.data.load import SUFFIXES
from evals.data.near import find_near, find_near_in
from evals.data.reading import Source, for_comparison
from evals.data.trail import Trail
from reports.errors import UsageError
from reports.jsonl import encode
from reports.rundir import write_text

DIFF: Final = "removed.diff"


class Fixed(NamedTuple):
    """What was written."""

    files: list[Path]
    kept: int
    removed: int


def require_new(folder: Path) -> None:
    """Raise UsageError where cleaned data would mix with what is there."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"--fix {folder}: something is there already. Name a new folder for the cleaned files.")


def write_fixed(examined: Examined, folder: Path) -> Fixed:
    """Write each source as JSON lines without its faulty rows, all columns as they were, and list what went.

    Unusable, empty, identical and repeated rows go; then contradictions, rows with secrets, leaks and near leaks, and near
    duplicates after their first, and rows that hold a measured item. What only a person can judge stays: offence, shortcuts,
    near-identical answers.

    Raises:
        UsageError: the folder is not empty.
        StorageError: the disk refuses.
    """
    require_new(folder)
    trail = Trail(len(examined.kept))
    kept = {id(example) for example in remove_faults(examined.kept, examined.measured, trail)}
    files: list[Path] = []
    for source in examined.sources:
        path = free_path(folder, source.label, files)
        rows = (examined.columns[id(example)] for example in source.examples if id(example) in kept)
        write_text(path, b"".join(encode(row) + b"\n" for row in rows).decode())
        files.append(path)
    lines = list(diff_lines(examined.sources, [*examined.dropped, *trail.dropped]))
    write_text(folder / DIFF, "".join(f"{line}\n" for line in lines))
    return Fixed(files, len(kept), len(lines))


def remove_faults(examples: list[Example], measured: Sequence[Example], trail: Trail) -> list[Example]:
    """Take out contradictions, secrets, leaks and near duplicates; the trail keeps what went, and why."""
    pairs = [example for example in examples if example.kind == "preference"]
    examples = _drop(examples, find_contradictions(pairs), "PAIR003: another pair prefers the answer rejected here", trail)
    examples = remove_secrets(examples, trail)
    examples = remove_leaks(examples, {"": {prompt_key(row.fields["prompt"]) for row in measured}}, trail)
    prompts = [plain(for_comparison(row).fields["prompt"]) for row in examples]
    near = find_near_in(prompts, [plain(row.fields["prompt"]) for row in measured])
    examples = trail.drop(examples, [match.place for match in near], "near leaks", "LEAK002: nearly a prompt that is measured on")
    repeats = [match.place for match in find_near([row_words(row) for row in examples])]
    examples = trail.drop(examples, repeats, "near duplicates", "NEAR001: nearly repeats an earlier row")
    # Last, for what is boilerplate depends on the rows that stay.
    held = [found.place for found in find_contained([for_comparison(row) for row in examples], measured)]
    return trail.drop(examples, held, "leaks inside rows", "LEAK003: holds 13 words in a row of what is measured on")


def remove_secrets(examples: list[Example], trail: Trail) -> list[Example]:
    """Take out rows that hold what looks like a key."""
    return _drop(examples, [secret.example for secret in find_secrets(examples)], "SEC001: holds a key, token or password", trail)


def remove_leaks(examples: list[Example], suites: Mapping[str, Collection[bytes]], trail: Trail) -> list[Example]:
    """Take out rows whose prompt stands in a suite; suites hold the keys of their prompts."""
    learned = [for_comparison(example) for example in examples]
    leaks = {id(leak.example) for leak in find_leaks({"sft_train": learned}, suites)}
    found = [place for place, row in enumerate(learned) if id(row) in leaks]
    return trail.drop(examples, found, "leaks", "LEAK001: the prompt is measured on")


def _drop(examples: list[Example], found: Iterable[Example], because: str, trail: Trail) -> list[Example]:
    faulty = {id(example) for example in found}
    return trail.drop(examples, [place for place, row in enumerate(examples) if id(row) in faulty], because, because)


def diff_lines(sources: Sequence[Source], dropped: Sequence[Dropped]) -> Iterable[str]:
    """Write one line for each row that went, in the order of the files."""
    for source in sources:
        own = {id(example) for example in source.examples}
        lost = [(row.number, f"READ001: {row.reason}", row.excerpt) for row in source.rejected]
        lost += [(row.number, reason, row_words(row)) for row, reason in dropped if id(row) in own]
        for number, reason, shown in sorted(lost):
            yield f"- {source.label}:{number}  {reason}: {excerpt(shown)}"


def free_path(folder: Path, label: str, taken: Sequence[Path]) -> Path:
    """Return a file for a source, by its name, that no other source has."""
    name = without_suffix(label)
    stem = name[: -len(suffix)] if (suffix := next((end for end in SUFFIXES if name.endswith(end)), "")) else name
    stem = re.sub(r"[^\w.-]+", "-", stem)
    paths = (folder / (f"{stem}.jsonl" if number == 1 else f"{stem}-{number}.jsonl") for number in range(1, len(taken) + 2))
    return next(path for path in paths if path not in taken)
