"""Rows whose fields are lists of messages, or mixtures of messages and strings."""

from collections.abc import Mapping
from typing import Final

import msgspec

from evals.data.examples import Fields, Text, Turn, answer_names
from evals.data.layouts import Columns
from evals.data.parsing import name_of
from evals.data.rejection import UnusableRowError

ROLES: Final = frozenset({"system", "user", "assistant", "tool"})
OTHER_ROLES: Final = {"human": "user", "gpt": "assistant", "function": "tool", "observation": "tool", "developer": "system"}
"""What ShareGPT and OpenAI files call them."""
SYSTEM_COLUMNS: Final = ("system", "system_prompt")
"""Columns beside the turns, as in Alpaca and OpenOrca files."""


def read(values: Mapping[str, object], columns: Columns) -> Fields:
    """Return prompt turns and one assistant turn for each answer.

    Answers may repeat the prompt before their last turn, as many published preference sets do.

    Raises:
        UnusableRowError: a field holds no messages, or prompt and answers do not fit together.
    """
    tools = columns.with_tools
    prompt = _turns(_with_context(values, columns), columns.prompt, "user", tools) if columns.prompt else []
    answers = [_turns(_without_unweighted(values[name], name), name, "assistant", tools) for name in columns.answers]
    leads = [answer[:-1] for answer in answers] or [[]]
    if any(lead != leads[0] for lead in leads):
        raise UnusableRowError("chosen and rejected differ before their last turn")
    if leads[0]:
        if prompt and not _same(leads[0][-len(prompt) :], prompt):
            raise UnusableRowError(f"'{columns.answers[0]}' holds several turns that are not those of the prompt")
        prompt = leads[0]
    if not prompt:
        raise UnusableRowError(f"'{columns.answers[0]}' holds one turn only, so there is no prompt")
    if prompt[-1]["role"] == "assistant":
        raise UnusableRowError("the prompt ends with an assistant turn, so nothing is asked")
    for name, answer in zip(columns.answers, answers, strict=True):
        if answer[-1]["role"] != "assistant":
            raise UnusableRowError(f"'{name}' ends with a {answer[-1]['role']} turn, not with the assistant's answer")
    last_turns = dict(zip(answer_names(columns.kind), ([answer[-1]] for answer in answers), strict=True))
    return {"prompt": _with_system(prompt, values), **last_turns}


def as_messages(fields: Fields) -> Fields:
    """Turn a row of strings into one user turn and one assistant turn an answer."""
    return {name: as_turns(text, "user" if name == "prompt" else "assistant") for name, text in fields.items()}


def as_turns(text: Text, role: str) -> list[Turn]:
    """Return a text as one turn of `role`; turns are returned as they are."""
    return [{"role": role, "content": text.strip()}] if isinstance(text, str) else text


def without_oldest_turns(prompt: list[Turn]) -> list[Turn] | None:
    """Drop the turns before the second user turn, a leading system turn kept; None where one user turn is left."""
    users = [place for place, turn in enumerate(prompt) if turn["role"] == "user"]
    if len(users) < 2:
        return None
    system = prompt[:1] if prompt[0]["role"] == "system" else []
    return system + prompt[users[1] :]


def has_turns(value: object) -> bool:
    """Say whether a value is a list, a turn, or an object with `messages`, as OpenAI writes the input of a preference."""
    turns = _listed(value)
    return isinstance(turns, list) and bool(turns)


def is_answered(value: object) -> bool:
    """Say whether the last turn of a dialogue is the assistant's."""
    turns = _listed(value)
    last = turns[-1] if isinstance(turns, list) and turns else None
    role = last.get("role", last.get("from")) if isinstance(last, dict) else None
    return isinstance(role, str) and OTHER_ROLES.get(role, role) == "assistant"


def _listed(value: object) -> object:
    """Return one turn as a list of it, and an object with `messages` as these."""
    if not isinstance(value, dict):
        return value
    return [value] if "role" in value or "from" in value else value.get("messages")


def _with_system(prompt: list[Turn], values: Mapping[str, object]) -> list[Turn]:
    found = (values.get(name) for name in SYSTEM_COLUMNS)
    system = next((text.strip() for text in found if isinstance(text, str) and text.strip()), "")
    is_said = not system or prompt[0]["role"] == "system"
    return prompt if is_said else [{"role": "system", "content": system}, *prompt]


def _same(turns: list[Turn], others: list[Turn]) -> bool:
    return [turn["content"].strip() for turn in turns] == [turn["content"].strip() for turn in others]


def _with_context(values: Mapping[str, object], columns: Columns) -> object:
    prompt, context = values[columns.prompt], values.get(columns.context)
    if isinstance(prompt, str) and isinstance(context, str) and context.strip():
        return f"{prompt}\n\n{context}"
    return prompt


def _without_unweighted(value: object, name: str) -> object:
    """Cut a dialogue behind the last answer to be learned, where OpenAI's `weight` says 0 of those behind it."""
    turns = _listed(value)
    if not isinstance(turns, list) or not any(isinstance(turn, dict) and turn.get("weight") == 0 for turn in turns):
        return value
    answers = [place for place, turn in enumerate(turns) if isinstance(turn, dict) and turn.get("role") == "assistant"]
    learned = [place for place in answers if turns[place].get("weight") != 0]
    if not learned:
        raise UnusableRowError(f"every answer in '{name}' has the weight 0, so nothing is to be learned")
    return turns if learned[-1] == answers[-1] else turns[: learned[-1] + 1]


def _turns(value: object, name: str, role: str, tools: bool) -> list[Turn]:
    if isinstance(value, str):
        return as_turns(value, role)
    value = _listed(value)
    if not isinstance(value, list) or not value:
        raise UnusableRowError(f"'{name}' is {'an empty list' if value == [] else name_of(value)}, not messages")
    return [_turn(turn, name, place, tools) for place, turn in enumerate(value, start=1)]


def _turn(value: object, name: str, place: int, tools: bool) -> Turn:
    if not isinstance(value, dict):
        raise UnusableRowError(f"turn {place} of '{name}' is {name_of(value)}, not an object with role and content")
    role, content = value.get("role", value.get("from")), value.get("content", value.get("value"))
    role = OTHER_ROLES.get(role, role) if isinstance(role, str) else role
    if not isinstance(role, str) or role not in ROLES:
        raise UnusableRowError(f"turn {place} of '{name}' has the role {str(role)[:20]!r}; roles are {', '.join(sorted(ROLES))}")
    content = _joined(content)
    calls = value.get("tool_calls") or value.get("function_call")
    if tools and calls:
        content = "\n".join(part for part in (content, _as_json(calls)) if isinstance(part, str) and part)
    elif calls:
        raise UnusableRowError(f"turn {place} of '{name}' calls a tool, which is checked but not trained on yet")
    if not isinstance(content, str):
        raise UnusableRowError(f"turn {place} of '{name}' has no text as content ({name_of(content)})")
    return {"role": role, "content": content}


def _joined(content: object) -> object:
    """Return OpenAI's list of parts as one text, where all parts are texts."""
    if not isinstance(content, list) or not content:
        return content
    parts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"]
    texts = [part for part in parts if isinstance(part, str)]
    return "".join(texts) if len(texts) == len(content) else content


def _as_json(calls: object) -> str:
    return msgspec.json.encode(calls, order="deterministic").decode("utf-8", "replace")
