"""The prompt ledger: every prompt is answered once a side, and never again."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.batching import Batches
from evals.greedy import Answer, Greedy, prepare_greedy
from evals.models import ModelPair
from evals.rendering import encode_prompt
from evals.suites import readable_prompt
from reports.digest import text_digest
from reports.errors import InterruptedRunError
from reports.progress import ProgressLog
from reports.records.evaluation import Completion, Side, SuiteItem
from reports.rundir import RunDir

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

SIDES: Final[tuple[Side, ...]] = ("baseline", "candidate")
STAGE: Final = "measure"


class GenerationSettings(NamedTuple):
    """Greedy generation: how long, how much at once, and what the answers depend on besides the prompt."""

    new_tokens: int
    prompt_tokens: int
    """Room for the prompt; a longer one loses its beginning."""
    batch_tokens: int
    """Tokens of prompts and answers side by side; affects speed, not keys."""
    identity: dict[Side, str]
    """By side, a digest of weights, adapter, dtype and chat template."""


class Ledger(NamedTuple):
    """All answers, by side and prompt id."""

    completions: dict[Side, dict[str, Completion]]
    passes: dict[str, int]
    """By side, the most often any prompt was answered: 1 unless something was generated twice."""
    generated: int
    """Prompts answered now; the others were in the ledger already."""
    notes: tuple[str, ...]


class Request(NamedTuple):
    """One distinct prompt, and the suite items that ask it."""

    ids: tuple[int, ...]
    items: list[SuiteItem]


class Requests(NamedTuple):
    """The distinct prompts, and the items that cannot be asked, each with the reason."""

    asked: list[Request]
    refused: list[tuple[SuiteItem, str]]
    notes: tuple[str, ...]


def generate(
    run: RunDir,
    pair: ModelPair,
    tokenizer: "PreTrainedTokenizerBase",
    items: Sequence[SuiteItem],
    settings: GenerationSettings,
    progress: ProgressLog,
) -> Ledger:
    """Answer every prompt greedily on both sides, in the same batches, and write each batch to the ledger at once.

    What the ledger already holds under the same key is not generated again; failures are tried again.

    Raises:
        InterruptedRunError: a stop was requested; the answers so far are in the ledger.
    """
    requests = collect_requests(tokenizer, items, settings.prompt_tokens)
    batches = Batches(requests.asked, lambda request: len(request.ids) + settings.new_tokens, settings.batch_tokens)
    passes = {side: _Pass(run, side, settings) for side in SIDES}
    for side in SIDES:
        progress.begin(STAGE, f"Generating, {side}", len(requests.asked), "prompts")
        passes[side].refuse(requests.refused)
        with pair.side(side) as model:
            passes[side].answer(prepare_greedy(model, tokenizer, settings.new_tokens), batches, progress)
    return Ledger(
        completions={side: found.by_prompt() for side, found in passes.items()},
        passes={side: found.times_answered() for side, found in passes.items()},
        generated=sum(found.generated for found in passes.values()),
        notes=requests.notes,
    )


def stop_if_asked(run: RunDir, moment: str) -> None:
    """Raise InterruptedRunError where a stop was requested; what was written before stays and is not done again."""
    if run.stop_file.exists():
        raise InterruptedRunError(f"Measuring stopped on request {moment}, which are kept. Continue with `tunegate run RUN`.")


def collect_requests(tokenizer: "PreTrainedTokenizerBase", items: Sequence[SuiteItem], prompt_tokens: int) -> Requests:
    """Merge items that ask the same; an item that the chat template refuses is kept apart with the reason."""
    import jinja2

    asked: dict[tuple[int, ...], Request] = {}
    refused: list[tuple[SuiteItem, str]] = []
    cut = 0
    for item in items:
        try:
            encoded = encode_prompt(tokenizer, item.prompt, prompt_tokens)
        except (jinja2.TemplateError, ValueError, TypeError) as error:
            refused.append((item, f"the chat template refuses this prompt: {error}"))
            continue
        cut += encoded.was_cut
        asked.setdefault(encoded.ids, Request(encoded.ids, [])).items.append(item)
    notes = []
    if cut:
        notes.append(f"{cut} of {len(items)} prompts were longer than {prompt_tokens} tokens; their beginning was left out.")
    if refused:
        notes.append(f"{len(refused)} of {len(items)} prompts were not asked: {refused[0][1]}")
    return Requests(list(asked.values()), refused, tuple(notes))


class _Pass:
    """One side's answers: what the ledger holds already, and what is added."""

    def __init__(self, run: RunDir, side: Side, settings: GenerationSettings) -> None:
        self.generated = 0
        self._run = run
        self._log = run.completions
        self._side: Side = side
        self._settings = settings
        self._lines = [line for line in self._log.read() if line.side == side]
        self._known = set(self._lines)
        self._answers = {line.key: _read(line) for line in self._lines if line.completion is not None}
        self._keys: set[str] = set()

    def refuse(self, refused: Iterable[tuple[SuiteItem, str]]) -> None:
        """Write down the items that cannot be asked."""
        lines = [self._line(item, self._key(item.id), None, reason) for item, reason in refused]
        self._add([line for line in lines if line not in self._known])

    def answer(self, model: Greedy, batches: Batches[Request], progress: ProgressLog) -> None:
        """Answer what has no answer yet, batch by batch."""
        done = 0
        for worked in batches.run(lambda batch: self._answer_missing(model, batch)):
            new = worked.result or frozenset()
            lines = [
                (key, self._line(item, key, self._answers.get(key), worked.error)) for item, key in self._asked(worked.batch)
            ]
            self._add([line for key, line in lines if key in new or line not in self._known])
            done += len(worked.batch)
            progress.advance(done)
            stop_if_asked(self._run, f"after {done} answers of the {self._side}")

    def by_prompt(self) -> dict[str, Completion]:
        """Return the line of each prompt; an answer goes before a failure of an earlier attempt."""
        current = [line for line in self._lines if line.key in self._keys]
        return {line.prompt_id: line for line in sorted(current, key=lambda line: line.completion is not None)}

    def times_answered(self) -> int:
        """Return the most often that any prompt was answered under its present key."""
        answered = (line for line in self._lines if line.key in self._keys and line.completion is not None)
        return max(Counter((line.key, line.prompt_id) for line in answered).values(), default=0)

    def _answer_missing(self, model: Greedy, batch: Sequence[Request]) -> frozenset[str]:
        missing = {self._key(request.ids): request.ids for request in batch if self._key(request.ids) not in self._answers}
        if missing:
            self._answers |= dict(zip(missing, model.answer(list(missing.values())), strict=True))
            self.generated += len(missing)
        return frozenset(missing)

    def _asked(self, batch: Sequence[Request]) -> Iterable[tuple[SuiteItem, str]]:
        return ((item, self._key(request.ids)) for request in batch for item in request.items)

    def _key(self, prompt: str | tuple[int, ...]) -> str:
        asked = prompt if isinstance(prompt, str) else " ".join(map(str, prompt))
        key = text_digest(self._settings.identity[self._side], f"greedy {self._settings.new_tokens}", asked)
        self._keys.add(key)
        return key

    def _add(self, lines: Sequence[Completion]) -> None:
        """Append the lines with one write."""
        if lines:
            self._log.append(*lines)
            self._lines += lines
            self._known.update(lines)

    def _line(self, item: SuiteItem, key: str, answer: Answer | None, error: str) -> Completion:
        return Completion(
            key=key,
            side=self._side,
            suite=item.suite,
            prompt_id=item.id,
            prompt=readable_prompt(item.prompt),
            completion=answer.text if answer else None,
            tokens=answer.tokens if answer else None,
            finish=answer.finish if answer else None,
            family=item.family,
            error="" if answer else error,
        )


def _read(line: Completion) -> Answer:
    return Answer(line.completion or "", line.tokens or 0, line.finish or "length")
