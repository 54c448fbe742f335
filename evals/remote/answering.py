"""Asking one endpoint for the answers of one side: what the ledger holds is not asked again, failures are."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from evals.endpoint.asking import Answer, Missing, Question
from evals.endpoint.client import Client
from evals.suites import readable_prompt
from reports.errors import StageError
from reports.records.evaluation import Completion, Message, Side, SuiteItem
from reports.rundir import RunDir

NEW_TOKENS: Final = 256


class Sampling(NamedTuple):
    """What the answers depend on besides model and prompt."""

    max_tokens: int = NEW_TOKENS
    temperature: float = 0.0
    seed: int | None = None
    system: str = ""
    """Message that stands before every prompt."""

    def question(self, item: SuiteItem) -> Question:
        """Return what the endpoint is asked."""
        turns = (Message(role="user", content=item.prompt),) if isinstance(item.prompt, str) else item.prompt
        before = (Message(role="system", content=self.system),) if self.system else ()
        return Question(messages=(*before, *turns), max_tokens=self.max_tokens, temperature=self.temperature, seed=self.seed)


class Answered(NamedTuple):
    """One side's answers."""

    by_prompt: dict[str, Completion]
    passes: int
    """The most often any prompt was answered: 1 unless something was asked twice."""
    asked: int
    """Prompts asked now; the others were in the ledger."""


def answer_all(
    run: RunDir, side: Side, client: Client, items: Sequence[SuiteItem], sampling: Sampling, advance: Callable[[int], None]
) -> Answered:
    """Let an endpoint answer every prompt and write what it says, or why it says nothing, to the ledger.

    Raises:
        MissingError: the server refuses the key, or knows no such model.
        StageError: not one prompt was answered.
    """
    questions = [sampling.question(item) for item in items]
    keys = [question.key(client.endpoint) for question in questions]
    lines = [line for line in run.completions.read() if line.side == side]
    known = {(line.key, line.prompt_id): line for line in lines if line.completion is not None}
    open_ = [place for place, item in enumerate(items) if (keys[place], item.id) not in known]
    answers = client.ask([questions[place] for place in open_], advance) if open_ else []
    new = [_line(side, items[place], keys[place], answer) for place, answer in zip(open_, answers, strict=True)]
    fresh = [line for line in new if line not in set(lines)]
    if fresh:
        run.completions.append(*fresh)
    wanted = set(zip(keys, (item.id for item in items), strict=True))
    current = [line for line in (*lines, *fresh) if (line.key, line.prompt_id) in wanted]
    found = {line.prompt_id: line for line in sorted(current, key=lambda line: line.completion is not None)}
    if all(line.completion is None for line in found.values()):
        first = next((line.error for line in found.values()), "there are no prompts")
        raise StageError(
            f"{client.endpoint.base_url}: the {side} answered none of {len(items)} prompts ({first}). "
            "Start the server and run the same command again; nothing that was answered is asked twice."
        )
    times = Counter((line.key, line.prompt_id) for line in current if line.completion is not None)
    return Answered(found, max(times.values(), default=0), len(open_))


def _line(side: Side, item: SuiteItem, key: str, answer: Answer) -> Completion:
    return Completion(
        key=key,
        side=side,
        suite=item.suite,
        prompt_id=item.id,
        prompt=readable_prompt(item.prompt),
        completion=None if isinstance(answer, Missing) else answer.text,
        tokens=None if isinstance(answer, Missing) else answer.completion_tokens,
        finish=None if isinstance(answer, Missing) or answer.finish == "unknown" else answer.finish,
        family=item.family,
        error=answer.reason if isinstance(answer, Missing) else "",
    )
