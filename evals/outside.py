"""Completions made anywhere: two files joined by prompt, and every metric that text alone allows."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final, NamedTuple

import msgspec

from evals.gates.policy import needs_weights
from evals.judges.asking import raise_alarm
from evals.judges.instruments import missing_judgements, swap_consistency
from evals.logprobs import Drifts
from evals.measure import METRICS
from evals.metrics.measured import Judged, Measured
from evals.metrics.noise_floor import with_noise
from evals.metrics.win_rates import win_rates
from evals.outside_training import read_training
from evals.plugins.metrics import compute_metrics, load_metrics
from evals.stats.judged import Prompt, by_prompt, read_judgements
from evals.suites import readable_prompt
from reports.digest import text_digest
from reports.errors import DataError, MissingError
from reports.records.evaluation import Completion, Judgement, Message, Metric, Metrics, Side, Suite, SuiteItem
from reports.rows import read_rows

NAMED: Final = 3
"""Prompts named in a note."""
NO_WEIGHTS: Final = "it needs the models' weights, and only completions were given"
NO_JUDGEMENTS: Final = "No judgements were given. Add --judgements FILE with a preference for each prompt."
NO_TOKENS: Final = "The rows do not say how many `tokens` an answer has."


class OutsideRow(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of one side; further columns are left alone."""

    prompt: str | tuple[Message, ...]
    completion: str | tuple[Message, ...] | None
    """None: the answer failed, and is missing."""
    id: str | int = ""
    """Empty: the prompt's digest is the id."""
    suite: Suite | None = None
    """None: as in the other file, else `target`."""
    family: str = ""
    reference: str = ""
    category: str = ""
    tokens: Annotated[int, msgspec.Meta(ge=0)] | None = None
    error: str = ""


class Joined(NamedTuple):
    """Both files as one ledger."""

    items: list[SuiteItem]
    completions: dict[Side, dict[str, Completion]]
    notes: tuple[str, ...]


def measure_outside(
    baseline: Path,
    candidate: Path,
    judgements: Path | None = None,
    judge: str | None = None,
    train: str | None = None,
    asked: Sequence[str] = (),
) -> tuple[Metrics, Joined]:
    """Return the metrics of completions made anywhere, and the ledger they were read from; no model is loaded.

    A metric that needs weights, or a suite that the files do not hold, is missing with the reason.

    Raises:
        MissingError: a file does not exist.
        DataError: a row cannot be used, or the files speak about different prompts under one id.
        UsageError: the judgements are of several judges.
    """
    joined = join(read_completions(baseline), read_completions(candidate), {"baseline": baseline, "candidate": candidate})
    judged, notes = read_judged(judgements, joined, judge) if judgements else (Judged({}, (), NO_JUDGEMENTS), ())
    measured = Measured(joined.items, joined.completions, _no_drifts(joined.items), judged)
    told = (*joined.notes, *notes)
    if train is None:
        return measure_texts(measured, told, asked), joined
    with TemporaryDirectory() as folder:
        return measure_texts(measured._replace(trained=read_training(train, Path(folder))), told, asked), joined


def measure_texts(measured: Measured, notes: Sequence[str] = (), asked: Sequence[str] = ()) -> Metrics:
    """Return all metrics of completions whose models are not at hand, and those of packages among the `asked` ones.

    Raises:
        MissingError: such a package is broken.
    """
    plugins = load_metrics(asked)
    found = (
        *(_explained(compute(measured), measured) for compute in METRICS),
        *win_rates(measured),
        *compute_metrics(plugins, measured),
    )
    return Metrics(metrics=tuple(with_noise(metric, None) for metric in found), generation_passes={}, notes=tuple(notes))


def read_completions(path: Path) -> dict[str, OutsideRow]:
    """Return the answers of one side by prompt id, or by the prompt's digest where a row has no id.

    Raises:
        MissingError: the file does not exist.
        DataError: a row cannot be used, a prompt stands twice, or there is no row.
    """
    if not path.is_file():
        raise MissingError(f"{path}: no such file. Name a file of JSON lines with `prompt` and `completion`.")
    rows: dict[str, OutsideRow] = {}
    for number, row in read_rows(path, OutsideRow, "an answer", "A row needs `prompt` and `completion`."):
        name = str(row.id) or text_digest(readable_prompt(row.prompt))[:16]
        if name in rows:
            what = f"the id {row.id!r}" if row.id != "" else "this prompt"
            raise DataError(
                f"{path}:{number}: {what} stands twice. Keep one answer a prompt, or give each row an `id` of its own."
            )
        rows[name] = row
    if not rows:
        raise DataError(f"{path}: the file holds no answers. Give rows with `prompt` and `completion`.")
    return rows


def join(baseline: Mapping[str, OutsideRow], candidate: Mapping[str, OutsideRow], files: Mapping[Side, Path]) -> Joined:
    """Join both sides by prompt id, never by row; a prompt that one file lacks is missing on that side, not left out.

    Raises:
        DataError: one id has two prompts or two suites, or no prompt stands in both files.
    """
    both = [name for name in baseline if name in candidate]
    if not both:
        raise DataError(
            f"{files['baseline']} and {files['candidate']} share no prompt. Give both the same `id`s or the same prompts."
        )
    for name in both:
        _require_same(name, baseline[name], candidate[name], files)
    names = [*baseline, *(name for name in candidate if name not in baseline)]
    items = [_item(name, *(rows[name] for rows in (baseline, candidate) if name in rows)) for name in names]
    sides: dict[Side, Mapping[str, OutsideRow]] = {"baseline": baseline, "candidate": candidate}
    ledger = {
        side: {item.id: _line(side, item, rows.get(item.id), files[side]) for item in items} for side, rows in sides.items()
    }
    notes = [_unmatched([name for name in names if name not in rows], len(names), files[side]) for side, rows in sides.items()]
    return Joined(items, ledger, tuple(note for note in notes if note))


def read_judged(path: Path, joined: Joined, judge: str | None = None) -> tuple[Judged, tuple[str, ...]]:
    """Return preferences made elsewhere, and what was left out; answers that are no answers are not counted.

    Raises:
        MissingError: the file does not exist.
        DataError: a line is no judgement, or none is about these prompts.
        UsageError: the file holds several judges and none was chosen, or not the one that was.
    """
    rows = read_judgements(path, judge)
    targets = [item for item in joined.items if item.suite == "target"]
    known = {item.id for item in targets}
    ours = [row for row in rows if row.prompt_id in known]
    if not ours:
        raise DataError(f"{path}: no judgement is about a prompt of the suite `target`. `prompt_id` must be the `id` of a row.")
    strange = {row.prompt_id for row in rows} - known
    notes = (f"{path}: judgements of {len(strange)} prompts are left out, for no `target` row has their id.",) if strange else ()
    alarm = raise_alarm(targets, joined.completions)
    if not alarm.ok:
        return Judged({}, (alarm,), f"The judgements were not counted: {alarm.because}"), notes
    prompts = by_prompt(ours)
    name = ours[0].judge or "a judge elsewhere"
    found = {prompt.prompt_id: _judgement(prompt, name) for prompt in prompts}
    checks = (
        alarm,
        swap_consistency([prompt.agrees for prompt in prompts if prompt.agrees is not None]),
        missing_judgements([found[item.id].preference if item.id in found else None for item in targets]),
    )
    both = tuple(ours) if any(row.order != "pointwise" for row in ours) else ()
    return Judged(found, tuple(check for check in checks if check is not None), rows=both, judge=name), notes


def _judgement(prompt: Prompt, judge: str) -> Judgement:
    error = "" if prompt.preference is not None else "no complete judgement in the file"
    return Judgement(prompt_id=prompt.prompt_id, judge=judge, order="pointwise", preference=prompt.preference, error=error)


def _require_same(name: str, before: OutsideRow, after: OutsideRow, files: Mapping[Side, Path]) -> None:
    for what, one, other in (
        ("prompts", readable_prompt(before.prompt).strip(), readable_prompt(after.prompt).strip()),
        ("suites", before.suite or after.suite, after.suite or before.suite),
    ):
        if one != other:
            raise DataError(
                f"The id {name!r} has different {what} in {files['baseline']} and {files['candidate']}: answers to different "
                "questions cannot be compared. Correct the ids, or leave `id` out to join by prompt."
            )


def _item(name: str, *rows: OutsideRow) -> SuiteItem:
    return SuiteItem(
        id=name,
        suite=next((row.suite for row in rows if row.suite), "target"),
        prompt=rows[0].prompt,
        family=next((row.family for row in rows if row.family), ""),
        reference=next((row.reference for row in rows if row.reference), ""),
        category=next((row.category for row in rows if row.category), ""),
    )


def _line(side: Side, item: SuiteItem, row: OutsideRow | None, file: Path) -> Completion:
    text = row.completion if row else None
    return Completion(
        key=text_digest(side, item.id),
        side=side,
        suite=item.suite,
        prompt_id=item.id,
        prompt=readable_prompt(item.prompt),
        completion=text if text is None or isinstance(text, str) else "\n\n".join(turn.content for turn in text),
        tokens=row.tokens if row else None,
        family=item.family,
        error=(row.error or ("" if text is not None else "the completion is null."))
        if row
        else f"the prompt is not in {file.name}.",
    )


def _unmatched(names: Sequence[str], total: int, file: Path) -> str:
    if not names:
        return ""
    shown = ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
    return f"{file.name} lacks {len(names)} of {total} prompts ({shown}); they count as missing answers."


def _no_drifts(items: Sequence[SuiteItem]) -> Drifts:
    return Drifts({}, {item.id: NO_WEIGHTS for item in items}, ())


def _explained(metric: Metric, measured: Measured) -> Metric:
    """Say of an empty metric what the files lack."""
    if metric.n or metric.name.startswith("win_rate"):
        return metric
    if needs_weights(metric.name):
        return msgspec.structs.replace(metric, because=f"{NO_WEIGHTS[0].upper()}{NO_WEIGHTS[1:]}.")
    because = metric.because or ("" if measured.of(metric.suite) else f"The files hold no rows with the suite `{metric.suite}`.")
    return msgspec.structs.replace(metric, because=NO_TOKENS if metric.name == "length" else because)
