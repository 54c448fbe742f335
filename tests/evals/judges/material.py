"""Runs, prompts and answers that judges are asked about."""

import re
from collections.abc import Sequence
from pathlib import Path

from evals.judges.contest import Contest
from reports.records.evaluation import Completion, Side, SuiteItem
from reports.rundir import RunDir
from tests.evals.endpoint.server import Request

SHOWN = re.compile(r"<(answer-[ab])-\w+>\n(.*?)\n</", re.DOTALL)
SIDES: tuple[Side, Side] = ("baseline", "candidate")


def contests(*answers: tuple[str, str]) -> list[Contest]:
    """Return contests of baseline and candidate, prompts numbered from 0."""
    return [Contest(f"p{n}", f"prompt {n}", before, after) for n, (before, after) in enumerate(answers)]


def items(number: int) -> list[SuiteItem]:
    """Return prompts of the target domain."""
    return [SuiteItem(id=f"p{n}", suite="target", prompt=f"prompt {n}") for n in range(number)]


def completions(answers: Sequence[tuple[str | None, str | None]]) -> dict[Side, dict[str, Completion]]:
    """Return both sides' answers."""
    return {
        side: {
            f"p{n}": Completion(
                key=f"{side}{n}", side=side, suite="target", prompt_id=f"p{n}", prompt=f"prompt {n}", completion=pair[place]
            )
            for n, pair in enumerate(answers)
        }
        for place, side in enumerate(SIDES)
    }


def empty_run(folder: Path) -> RunDir:
    """Return a run directory without documents."""
    return RunDir(folder / "run")


def shown_answers(request: Request) -> tuple[str, str]:
    """Return the answers A and B that a judge behind an endpoint was shown."""
    found = dict(SHOWN.findall(request.last))
    return found["answer-a"], found["answer-b"]


def prefer_longer(request: Request) -> str:
    """Answer as a judge that likes words."""
    first, second = shown_answers(request)
    return "Words count.\nVERDICT: " + ("TIE" if len(first) == len(second) else "A" if len(first) > len(second) else "B")
