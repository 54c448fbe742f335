"""Every layout of the documentation, as strings and as messages, for the tests of files of every kind."""

from typing import Final, NamedTuple

from evals.data.examples import Fields

Row = dict[str, object]

SYSTEM: Final = {"role": "system", "content": "Be brief."}
USER: Final = {"role": "user", "content": "Name our shop."}
GOOD: Final = {"role": "assistant", "content": "Leaf & Cup"}
BAD: Final = {"role": "assistant", "content": "BEST TEA!!!"}
SAID: Final = {"from": "human", "value": "Name our shop."}
ANSWERED: Final = {"from": "gpt", "value": "Leaf & Cup"}
TOOL: Final = {"type": "function", "function": {"name": "brew", "parameters": {"type": "object"}}}
CALLS: Final = [
    {"id": name, "type": "function", "function": {"name": "brew", "arguments": f'{{"tea": "{name}"}}'}}
    for name in ("mint", "chai")
]
CALL_TEXT: Final = (
    '[{"function":{"arguments":"{\\"tea\\": \\"mint\\"}","name":"brew"},"id":"mint","type":"function"},'
    '{"function":{"arguments":"{\\"tea\\": \\"chai\\"}","name":"brew"},"id":"chai","type":"function"}]'
)
HELPED: Final = "\n\nHuman: Name our shop.\n\nAssistant:"


class Case(NamedTuple):
    """A row, what it is detected as, and the row that it becomes."""

    row: Row
    layout: str
    fields: Fields
    is_trained: bool = True
    """A run trains on it, too."""


LAYOUTS: Final[dict[str, Case]] = {
    "language modelling, strings": Case(
        {"text": "A quiet cup."}, "language-modelling (text)", {"prompt": "A quiet cup."}, is_trained=False
    ),
    "language modelling, messages": Case(
        {"messages": [SYSTEM, USER, GOOD]}, "prompt-completion (messages)", {"prompt": [SYSTEM, USER], "completion": [GOOD]}
    ),
    "prompt-completion, strings": Case(
        {"prompt": "Name", "completion": " Leaf"}, "prompt-completion (text)", {"prompt": "Name", "completion": " Leaf"}
    ),
    "prompt-completion, messages": Case(
        {"prompt": [SYSTEM, USER], "completion": [GOOD]},
        "prompt-completion (messages)",
        {"prompt": [SYSTEM, USER], "completion": [GOOD]},
    ),
    "explicit preference, strings": Case(
        {"prompt": "Name", "chosen": " Leaf", "rejected": " TEA"},
        "preference (text)",
        {"prompt": "Name", "chosen": " Leaf", "rejected": " TEA"},
    ),
    "explicit preference, messages": Case(
        {"prompt": [SYSTEM, USER], "chosen": [GOOD], "rejected": [BAD]},
        "preference (messages)",
        {"prompt": [SYSTEM, USER], "chosen": [GOOD], "rejected": [BAD]},
    ),
    "implicit preference, strings": Case(
        {"chosen": "The sky is blue.", "rejected": "The sky is black."},
        "preference (text)",
        {"prompt": "The sky is", "chosen": " blue.", "rejected": " black."},
    ),
    "implicit preference, messages": Case(
        {"chosen": [USER, GOOD], "rejected": [USER, BAD]},
        "preference (messages)",
        {"prompt": [USER], "chosen": [GOOD], "rejected": [BAD]},
    ),
    "unpaired preference, strings": Case(
        {"prompt": "Name", "completion": " Leaf", "label": True},
        "unpaired-preference (text)",
        {"prompt": "Name", "completion": " Leaf"},
    ),
    "unpaired preference, messages": Case(
        {"prompt": [USER], "completion": [GOOD], "label": False},
        "unpaired-preference (messages)",
        {"prompt": [USER], "completion": [GOOD]},
    ),
    "prompt-only, strings": Case({"prompt": "Name"}, "prompt-only (text)", {"prompt": "Name"}),
    "prompt-only, messages": Case({"prompt": [SYSTEM, USER]}, "prompt-only (messages)", {"prompt": [SYSTEM, USER]}),
    "stepwise, strings": Case(
        {"prompt": "2+2*2", "completions": ["2*2=4", "2+4=6"], "labels": [True, False]},
        "stepwise (text)",
        {"prompt": "2+2*2", "completion": "2*2=4\n2+4=6"},
        is_trained=False,
    ),
    "stepwise, messages": Case(
        {"prompt": [USER], "completions": ["Leaf", "Cup"], "labels": [True, True]},
        "stepwise (messages)",
        {"prompt": [USER], "completion": [{"role": "assistant", "content": "Leaf\nCup"}]},
        is_trained=False,
    ),
    "Alpaca": Case(
        {"instruction": "Name our shop.", "input": "", "output": "Leaf & Cup"},
        "prompt-completion (messages)",
        {"prompt": [USER], "completion": [GOOD]},
    ),
    "Alpaca with an input": Case(
        {"instruction": "Translate.", "input": "Tee", "output": "tea"},
        "prompt-completion (messages)",
        {"prompt": [{"role": "user", "content": "Translate.\n\nTee"}], "completion": [{"role": "assistant", "content": "tea"}]},
    ),
    "ShareGPT": Case(
        {"conversations": [{"from": "system", "value": "Be brief."}, SAID, ANSWERED]},
        "prompt-completion (messages)",
        {"prompt": [SYSTEM, USER], "completion": [GOOD]},
    ),
    "ShareGPT preference": Case(
        {"prompt": [SAID], "chosen": [ANSWERED], "rejected": [{"from": "gpt", "value": "BEST TEA!!!"}]},
        "preference (messages)",
        {"prompt": [USER], "chosen": [GOOD], "rejected": [BAD]},
    ),
    "OpenAI parts": Case(
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Name our "}, {"type": "text", "text": "shop."}]},
                      {"role": "assistant", "content": [{"type": "text", "text": "Leaf & Cup"}]}]},
        "prompt-completion (messages)",
        {"prompt": [USER], "completion": [GOOD]},
    ),
    "OpenAI developer": Case(
        {"messages": [{"role": "developer", "content": "Be brief."}, USER, GOOD]},
        "prompt-completion (messages)",
        {"prompt": [SYSTEM, USER], "completion": [GOOD]},
    ),
    "OpenAI weights": Case(
        {"messages": [USER, {**BAD, "weight": 0}, USER, {**GOOD, "weight": 1}, USER, {**BAD, "weight": 0}]},
        "prompt-completion (messages)",
        {"prompt": [USER, BAD, USER], "completion": [GOOD]},
    ),
    "OpenAI tools": Case(
        {"messages": [SYSTEM, USER, GOOD], "tools": [TOOL], "parallel_tool_calls": False},
        "prompt-completion (messages)",
        {"prompt": [SYSTEM, USER], "completion": [GOOD]},
    ),
    "OpenAI parallel tool calls": Case(
        {"messages": [USER, {"role": "assistant", "content": None, "tool_calls": CALLS},
                      {"role": "tool", "tool_call_id": "mint", "content": "hot"},
                      {"role": "tool", "tool_call_id": "chai", "content": "cold"}, GOOD], "tools": [TOOL]},
        "prompt-completion (messages)",
        {"prompt": [USER, {"role": "assistant", "content": CALL_TEXT}, {"role": "tool", "content": "hot"},
                    {"role": "tool", "content": "cold"}], "completion": [GOOD]},
        is_trained=False,
    ),
    "OpenAI function call": Case(
        {"messages": [USER, {"role": "assistant", "content": None, "function_call": {"name": "brew", "arguments": "{}"}}],
         "functions": [TOOL["function"]]},
        "prompt-completion (messages)",
        {"prompt": [USER], "completion": [{"role": "assistant", "content": '{"arguments":"{}","name":"brew"}'}]},
        is_trained=False,
    ),
    "OpenAI preference": Case(
        {"input": {"messages": [USER], "tools": [TOOL], "parallel_tool_calls": True},
         "preferred_output": [GOOD], "non_preferred_output": [BAD]},
        "preference (messages)",
        {"prompt": [USER], "chosen": [GOOD], "rejected": [BAD]},
    ),
    "transcripts": Case(
        {"chosen": f"{HELPED} Leaf & Cup", "rejected": f"{HELPED} BEST TEA!!!"},
        "preference (transcript)",
        {"prompt": HELPED, "chosen": " Leaf & Cup", "rejected": " BEST TEA!!!"},
    ),
    "transcripts with a prompt": Case(
        {"prompt": HELPED, "chosen": " Leaf & Cup", "rejected": " BEST TEA!!!"},
        "preference (transcript)",
        {"prompt": HELPED, "chosen": " Leaf & Cup", "rejected": " BEST TEA!!!"},
    ),
}  # fmt: skip
