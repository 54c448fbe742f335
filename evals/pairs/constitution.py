"""A written constitution: the principles that answers are held to."""

import random
import re
from pathlib import Path
from typing import Final

from reports.digest import text_digest
from reports.errors import DataError, MissingError

ITEM: Final = re.compile(r"(?:[-*+]|\d+[.)])\s+(.*)")
RULE_OR_HEADING: Final = re.compile(r"#|(?:[-*_]\s*){3,}$")


def read_constitution(path: Path) -> tuple[str, ...]:
    """Return the principles of a Markdown file: its list items, or, where it has no list, its paragraphs; headings are none.

    Raises:
        MissingError: the file does not exist.
        DataError: it cannot be read as text, or holds no principle.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise MissingError(f"{path}: this file does not exist. Name a Markdown file with one principle a list item.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path.name}: cannot be read as text ({error}). Save it as UTF-8.") from error
    principles = tuple(dict.fromkeys(read_principles(text)))
    if not principles:
        raise DataError(f"{path.name}: holds no principle. Write each as a list item: `- Say so where you are not sure.`")
    return principles


def read_principles(text: str) -> list[str]:
    """Return list items with their continuation lines, else paragraphs."""
    paragraphs: list[str] = []
    items: list[str] = []
    target: list[str] | None = None
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped or RULE_OR_HEADING.match(stripped):
            target = None
        elif match := ITEM.fullmatch(stripped):
            items.append(match[1].strip())
            target = items
        elif target is not None:
            target[-1] = f"{target[-1]} {stripped}"
        else:
            paragraphs.append(stripped)
            target = paragraphs
    return items or paragraphs


def draw_principle(principles: tuple[str, ...], seed: int, *parts: str) -> str:
    """Return one principle by chance; which one depends on the seed and the row's own texts, not on the order of the rows."""
    return random.Random(text_digest(str(seed), *parts)).choice(principles)
