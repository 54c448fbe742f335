"""Tokenizers with planted faults, and the rows they are tried on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from transformers import PreTrainedTokenizerFast

from evals.data.conversations import as_messages
from evals.data.examples import Example
from reports.records.data import Check
from tests.evals.data.rows import demonstration, example, pair
from tests.evals.tiny import TEMPLATE, build_tiny_model

WITHOUT_END: Final = TEMPLATE.replace("{{ eos_token }}", "")
DOUBLE_BEGIN: Final = "{{ bos_token }}{{ bos_token }}" + TEMPLATE
SHOUTS_ONCE_ANSWERED: Final = TEMPLATE.replace(
    "message['content'] }}",
    "(message['content'] if add_generation_prompt or message['role'] == 'assistant' else message['content'] | upper) }}",
)
"""The question is written in capitals as soon as an answer follows."""
HIDES_REASONING: Final = TEMPLATE.replace("message['content'] }}", "message['content'].split('</think>')[-1] }}")
TAKES_PARTS: Final = TEMPLATE.replace(
    "{{ '<|' + message['role'] + '|>' + message['content'] }}",
    "{{ '<|' + message['role'] + '|>' }}{% for part in message['content'] if part is mapping %}{{ part['text'] }}{% endfor %}",
)
"""A template of a model of text and images: it drops strings."""
MARKED: Final = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>' }}"
    "{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] + eos_token }}{% endgeneration %}"
    "{% else %}{{ message['content'] }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
MARKED_WITHOUT_END: Final = MARKED.replace(" + eos_token }}{% endgeneration %}", " }}{% endgeneration %}{{ eos_token }}")
MARKED_EVERYTHING: Final = MARKED.replace(
    "{{ message['content'] }}{% endif %}", "{% generation %}{{ message['content'] }}{% endgeneration %}{% endif %}"
)
ENDS_WITH_ROLE: Final = TEMPLATE.replace("{{ eos_token }}", "<|user|>")
"""An answer ends with a token that is not the tokenizer's end token."""


def write_tokenizers(folder: Path) -> Path:
    """Write the tiny tokenizer with its sound template."""
    return build_tiny_model(folder)


def load(folder: Path, template: str = TEMPLATE) -> PreTrainedTokenizerFast:
    """Load the tiny tokenizer with this template."""
    tokenizer: PreTrainedTokenizerFast = PreTrainedTokenizerFast.from_pretrained(folder)
    tokenizer.chat_template = template
    return tokenizer


def dialogues(rows: int = 6) -> list[Example]:
    """Return demonstrations as messages, with an earlier answer in each."""
    earlier = [{"role": "user", "content": "Hello!"}, {"role": "assistant", "content": "Good morning."}]
    return [
        example({**fields, "prompt": [*earlier, *fields["prompt"]]}, number)
        for number in range(1, rows + 1)
        if (fields := as_messages(demonstration(number)))
    ]


def pairs(rows: int = 6) -> list[Example]:
    """Return pairs as messages."""
    return [example(as_messages(pair(number)), number) for number in range(1, rows + 1)]


def texts(rows: int = 6) -> list[Example]:
    """Return demonstrations as strings."""
    return [example(demonstration(number), number) for number in range(1, rows + 1)]


def named(checks: Sequence[Check], code: str) -> Check:
    """Return the check with this code."""
    return next(check for check in checks if check.code == code)
