"""Prompts, answers and findings that the probe's tests share."""

from collections.abc import Sequence

from evals.probing.rows import Asked
from evals.probing.sampling import Drawn, Ids, Speaker
from evals.rendering import encode_prompt
from reports.records.probe import Finding
from tests.evals.data.rows import TEAS

PROMPTS = tuple(f"Write a caption for {tea}." for tea in TEAS)


def ignore(_: int) -> None:
    """Take progress and do nothing."""


def asked(prompt: str, reference: str = "Fresh leaves.", **columns: object) -> Asked:
    """Return one prompt to ask, its words as its key."""
    return Asked(prompt, prompt, reference, True, columns)


def drawn(*texts: str) -> tuple[Drawn, ...]:
    """Return answers of which only the text matters."""
    return tuple(Drawn(text, (), "stop") for text in texts)


def encoded(speaker: Speaker, prompts: Sequence[str] = PROMPTS) -> list[Ids]:
    """Return prompts as tokens."""
    return [encode_prompt(speaker.tokenizer, prompt, 64).ids for prompt in prompts]


def named(findings: Sequence[Finding], name: str) -> Finding:
    """Return the finding of a name."""
    return next(finding for finding in findings if finding.name == name)
