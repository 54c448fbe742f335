"""What the files of a model say about it: architecture, licence, and whether it has learned to follow instructions."""

import json
import re
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from evals.model_source import CONTEXT_KEYS, cached_snapshot
from reports.records.plan import ModelRef
from reports.records.probe import ModelDescription

Tuning = Literal["instruct", "base", "unclear"]

LICENCE_FILES: Final = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "LICENCE.txt", "COPYING")
LICENCE_LINE: Final = re.compile(r"^\W*licen[cs]e\W*:\s*([^\n,;(]+)", re.IGNORECASE | re.MULTILINE)
FRONT_MATTER: Final = re.compile(r"\A---\s*\n(.*?)\n---\s*\n", re.DOTALL)
BYTES_READ: Final = 65_536
LONGEST_LICENCE: Final = 60
KNOWN_LICENCES: Final = (
    ("Apache License", "apache-2.0"),
    ("MIT License", "mit"),
    ("Permission is hereby granted, free of charge", "mit"),
    ("Redistribution and use in source and binary forms", "bsd"),
    ("GNU AFFERO GENERAL PUBLIC LICENSE", "agpl"),
    ("GNU LESSER GENERAL PUBLIC LICENSE", "lgpl"),
    ("GNU GENERAL PUBLIC LICENSE", "gpl"),
    ("Creative Commons", "creative commons"),
)
"""A phrase of the text, and what the licence is called; the first that is found counts."""
INSTRUCT_NAMES: Final = frozenset({"instruct", "chat", "it", "sft", "dpo", "rlhf", "assistant", "orpo", "aligned"})
BASE_NAMES: Final = frozenset({"base", "pt", "pretrained", "pretrain"})


class Licence(NamedTuple):
    """A licence's name, and the file that gives it."""

    name: str
    source: str


class Guess(NamedTuple):
    """What the model seems to be, and why."""

    tuning: Tuning
    because: str


def describe_model(name: str, ref: ModelRef | None = None) -> ModelDescription:
    """Read config, model card and licence; no weights.

    Args:
        name: a folder, or a hub name; of a hub model that is not on this machine, only what `ref` says is known.
        ref: what `inspect_model` found, for the number of parameters.
    """
    folder = _folder(name)
    config = _read_json(folder / "config.json") if folder else {}
    architectures = config.get("architectures")
    label = (ref.label if ref else "") or Path(name).expanduser().name
    has_template = ref.has_chat_template if ref else folder is not None and has_chat_template(folder)
    licence = read_licence(folder) if folder else Licence("", "the model is not on this machine")
    guess = guess_tuning(label, has_template)
    return ModelDescription(
        label=label,
        architecture=str(architectures[0] if isinstance(architectures, list) and architectures else config.get("model_type", "")),
        parameters=ref.parameters if ref else None,
        context_length=ref.context_length if ref else context_length(config),
        licence=licence.name,
        licence_source=licence.source,
        has_chat_template=has_template,
        tuning=guess.tuning,
        tuning_because=guess.because,
    )


def read_licence(folder: Path) -> Licence:
    """Return the licence that the model card's front matter names, else the licence file, else the model card's text."""
    card = _read_text(folder / "README.md")
    front = _front_matter(card)
    stated = front.get("license_name") if front.get("license") == "other" else front.get("license")
    if isinstance(stated, str) and stated:
        return Licence(stated, "README.md, front matter")
    for file in LICENCE_FILES:
        text = _read_text(folder / file)
        if text.strip():
            return Licence(_recognise(text), file)
    found = LICENCE_LINE.search(card)
    if found:
        return Licence(found[1].strip()[:LONGEST_LICENCE], "README.md")
    return Licence("", "neither a model card nor a licence file names one")


def guess_tuning(label: str, has_template: bool) -> Guess:
    """Say whether the model follows instructions; its name speaks first, since some base models carry a chat template too."""
    words = [word for word in re.split(r"[^a-z0-9]+", label.lower()) if word]
    by_name: dict[Tuning, frozenset[str]] = {"base": BASE_NAMES, "instruct": INSTRUCT_NAMES}
    for tuning, names in by_name.items():
        said = next((word for word in words if word in names), None)
        if said:
            return Guess(tuning, f"its name says '{said}', and it has {'a' if has_template else 'no'} chat template")
    if not has_template:
        return Guess("base", "it has no chat template, and its name does not say otherwise")
    return Guess("unclear", "it has a chat template, as some base models do, and its name says neither")


def context_length(config: dict[str, Any]) -> int | None:
    """Return the longest input in tokens that a config admits."""
    text = config.get("text_config")
    places = (config, text if isinstance(text, dict) else {})
    return next((int(place[key]) for place in places for key in CONTEXT_KEYS if isinstance(place.get(key), int)), None)


def has_chat_template(folder: Path) -> bool:
    """Say whether a model folder brings a chat template."""
    files = ("chat_template.jinja", "chat_template.json")
    return any((folder / file).is_file() for file in files) or bool(
        _read_json(folder / "tokenizer_config.json").get("chat_template")
    )


def _folder(name: str) -> Path | None:
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder.resolve()
    return cached_snapshot(name)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(BYTES_READ).decode("utf-8", "replace")
    except OSError:
        return ""


def _front_matter(card: str) -> dict[str, Any]:
    found = FRONT_MATTER.match(card)
    if found is None:
        return {}
    import yaml

    try:
        loaded = yaml.safe_load(found[1])
    except yaml.YAMLError:
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _recognise(text: str) -> str:
    lowered = " ".join(text.casefold().split())
    known = next((name for phrase, name in KNOWN_LICENCES if phrase.casefold() in lowered), None)
    first = next(line.strip(" #*\t") for line in text.splitlines() if line.strip())
    return known or first[:LONGEST_LICENCE]
