"""One task asked of one loaded model by lm-evaluation-harness, question by question."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from evals.capability.tasks import FoundTask

if TYPE_CHECKING:
    from lm_eval.models.huggingface import HFLM
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

RANDOM_SEED, NUMPY_SEED, TORCH_SEED = 0, 1234, 1234
"""The harness's own seeds, set before each side of each task."""
MOST_AT_ONCE: Final = 64


class Layout(NamedTuple):
    """How questions are put to a model; the same for both sides."""

    context: int | None
    """Tokens of the model's context; None: as its configuration says."""
    batch_tokens: int
    """Tokens of requests side by side."""
    has_template: bool
    """Whether questions are put as turns of a chat."""


class Questions(NamedTuple):
    """The questions of a task that are asked, by their place in its split."""

    asked: tuple[int, ...]
    too_long: tuple[int, ...]
    """They do not fit the context with their answer: shortened, they would be other questions."""
    whole: int
    """Questions of the task."""
    requests: int
    longest: int
    """Tokens of the longest request that is asked."""
    wording: str
    """What is asked, with the answers that count as right, for a digest."""


def wrap(
    model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", layout: Layout, batch_size: int, answered: Callable[[], None]
) -> "HFLM":
    """Return a loaded model as the harness sees it; `answered` is called after each request."""
    from lm_eval.models.huggingface import HFLM

    class Counting:
        """In the place of the harness's cache, whose keys leave the model out: it keeps nothing."""

        def add_partial(self, *_: Any) -> None:
            answered()

    wrapped = HFLM(pretrained=model, tokenizer=tokenizer, backend="causal", batch_size=batch_size, max_length=layout.context)
    wrapped.set_cache_hook(Counting())
    return wrapped


def choose(found: FoundTask, limit: int | None, lm: "HFLM", layout: Layout) -> Questions:
    """Return which questions of a task are asked: at most `limit`, spread evenly, and only those that fit the context."""
    whole = len(found.task.eval_docs)
    count = min(limit or whole, whole)
    chosen = [place * whole // count for place in range(count)]
    found.task.build_all_requests(samples=chosen, **_worded(lm, layout))
    lengths: dict[int, int] = {}
    room = lm.max_length
    for request in found.task.instances:
        doc_id, tokens = chosen[request.doc_id], _tokens(lm, request)
        lengths[doc_id] = max(lengths.get(doc_id, 0), tokens)
    asked = tuple(doc_id for doc_id in chosen if lengths.get(doc_id, 0) <= room)
    kept = [request for request in found.task.instances if chosen[request.doc_id] in set(asked)]
    return Questions(
        asked=asked,
        too_long=tuple(doc_id for doc_id in chosen if doc_id not in set(asked)),
        whole=whole,
        requests=sum(request.repeats or 1 for request in kept),
        longest=max((lengths[doc_id] for doc_id in asked), default=0),
        wording=repr([(chosen[request.doc_id], request.request_type, request.args, request.doc) for request in kept]),
    )


def ask(found: FoundTask, questions: Questions, lm: "HFLM", layout: Layout) -> list[dict[str, Any]]:
    """Return the harness's samples of the chosen questions: for each question and filter its answers and metrics."""
    import numpy as np
    from lm_eval.evaluator import evaluate
    from lm_eval.utils import set_torch_seed

    random.seed(RANDOM_SEED)
    np.random.seed(NUMPY_SEED)  # the harness's examples are drawn from this generator
    set_torch_seed(TORCH_SEED)
    is_whole = len(questions.asked) == questions.whole
    with _forgetting(lm.model, found):
        results = evaluate(
            lm=lm,
            task_dict={"tasks": {found.name: found.task}},
            samples=None if is_whole else {found.name: list(questions.asked)},
            bootstrap_iters=0,
            apply_chat_template=layout.has_template,
            fewshot_as_multiturn=layout.has_template,
        )
    return list(results["samples"][found.name])


@contextmanager
def _forgetting(model: "PreTrainedModel", found: FoundTask) -> Iterator[None]:
    """Keep no keys and values where a task only scores texts: the harness asks for them and drops them, at half the memory."""
    kept = model.config.use_cache
    model.config.use_cache = kept and found.task.OUTPUT_TYPE == "generate_until"
    try:
        yield
    finally:
        model.config.use_cache = kept


def batch_size(layout: Layout, longest: int) -> int:
    """Return how many requests go side by side."""
    return max(1, min(MOST_AT_ONCE, layout.batch_tokens // max(1, longest)))


def _worded(lm: "HFLM", layout: Layout) -> dict[str, Any]:
    if not layout.has_template:
        return {}
    return {"apply_chat_template": True, "fewshot_as_multiturn": True, "chat_template": lm.apply_chat_template}


def _tokens(lm: "HFLM", request: Any) -> int:
    """Return the tokens that a request takes up in the context; a text that is scored in windows always fits."""
    from lm_eval.models.utils import normalize_gen_kwargs

    match request.request_type:
        case "loglikelihood":
            # The last token is only predicted, never read.
            context, continuation = request.args
            return len(lm.tok_encode(context + continuation)) - (1 if context else 0)
        case "generate_until":
            context, wished = request.args
            return len(lm.tok_encode(context)) + int(normalize_gen_kwargs(dict(wished), lm.max_gen_toks)["max_gen_toks"])
        case _:
            return 1
