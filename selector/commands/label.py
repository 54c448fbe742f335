"""`tunegate label`: read answers made anywhere for refusal, toxicity, personal data or jailbreaks."""

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from reports.errors import EXIT_GO, EXIT_INCONCLUSIVE, StorageError, UsageError
from selector.commands.options import json_option

if TYPE_CHECKING:
    from evals.detectors.labelling import Reader, What


@click.command()
@click.argument("what", metavar="refusal|toxicity|pii|jailbreak", type=click.Choice(["refusal", "toxicity", "pii", "jailbreak"]))
@click.argument("file", metavar="FILE.jsonl", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write the rows here, not on stdout.")
@click.option(
    "--encoder", metavar="MODEL", help="Sentence encoder: folder or hub name.  [default: the offline one, if installed]"
)
@click.option(
    "--house",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Sentences your product refuses with, one a line.",
)
@json_option
def command(what: "What", file: Path, out: Path | None, encoder: str | None, house: Path | None, as_json: bool) -> int:
    """Add `label` and `score` to rows of `prompt` and `completion`; a row that cannot be read is kept with a reason.

    For jailbreaks, a column `request` holds what the attack in `prompt` is after.

    Exit code 0: every row has a label; 5: some have none.
    """
    if as_json and out is None:
        raise UsageError("--json prints the summary on stdout, where the rows go. Give --out FILE for the rows.")
    if out is not None and out.resolve() == file.resolve():
        raise UsageError(f"--out {out}: this would overwrite the source. Choose another name.")
    if what != "refusal" and house is not None:
        raise UsageError("--house: sentences of refusal; use it with `tunegate label refusal`.")
    reader = _reader(what, encoder, house)
    counts = _write(file, out, reader)
    _tell(reader, counts, as_json)
    return EXIT_INCONCLUSIVE if counts[None] else EXIT_GO


def _reader(what: "What", encoder: str | None, house: Path | None) -> "Reader":
    from evals.detectors.labelling import Reader
    from evals.encoder import default_encoder, load_encoder

    if what in ("pii", "jailbreak"):
        return Reader(what)
    sentences = tuple(house.read_text("utf-8").splitlines()) if house else ()
    return Reader(what, load_encoder(encoder) if encoder else default_encoder(), sentences)


def _write(file: Path, out: Path | None, reader: "Reader") -> Counter[str | None]:
    """Write each row as soon as it is read; a file appears whole or not at all."""
    if out is None:
        return _stream(file, sys.stdout.buffer, reader)
    half = out.with_name(f".{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with half.open("wb") as written:
            counts = _stream(file, written, reader)
        half.replace(out)
    except OSError as error:
        raise StorageError(f"--out {out}: it could not be written ({error.strerror}). Choose another place.") from error
    finally:
        half.unlink(missing_ok=True)
    return counts


def _stream(file: Path, written: BinaryIO, reader: "Reader") -> Counter[str | None]:
    from evals.detectors.labelling import label_lines
    from reports.jsonl import encode

    counts: Counter[str | None] = Counter()
    with file.open("rb") as lines:
        for row in label_lines(lines, reader):
            counts[row["label"]] += 1
            written.write(encode(row) + b"\n")
            written.flush()
    return counts


def _tell(reader: "Reader", counts: Counter[str | None], as_json: bool) -> None:
    import msgspec

    labelled = {str(name): count for name, count in sorted(counts.items(), key=str) if name is not None}
    if as_json:
        document = {
            "what": reader.what,
            "rows": counts.total(),
            "labels": labelled,
            "unread": counts[None],
            "detector": _name(reader),
        }
        click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())
        return
    told = ", ".join(f"{count} {name}" for name, count in labelled.items()) or "none"
    click.echo(f"{counts.total()} rows: {told}; {counts[None]} could not be read. Detector: {_name(reader)}", err=True)


def _name(reader: "Reader") -> str:
    from evals.detectors import harm, refusal, toxicity

    if reader.what == "refusal":
        error = refusal.detector_error("declines", reader.encoder)
        return f"{refusal.detector_name(reader.encoder)}; {error.because}"
    if reader.what == "toxicity":
        told = " ".join(one.because for one in toxicity.detector_errors(reader.encoder))
        return f"{toxicity.detector_name(reader.encoder)}; {told}"
    if reader.what == "jailbreak":
        return (
            f"rubric of what does not refuse, is long enough, on the topic and can be acted on; {harm.detector_error().because}"
        )
    return "forms and checksums of personal data; what the prompt gave does not count"
