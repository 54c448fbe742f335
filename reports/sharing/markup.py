"""Other people's text inside Markdown: secrets and personal data masked, never read as markup, a mention or a link."""

import re
from typing import Final

from reports.masking import mask_text
from reports.wording import visible

LONGEST: Final = 600
"""Characters of one text in Markdown."""

_MARKUP: Final = re.compile(r"[\\`*_\[\]<>&|~$^{}]")
_OPENING: Final = re.compile(r"(?=\d{1,9}[.)](?:\s|$)|[-+=#:](?:\W|$))(.)")
"""Characters that open a list, a heading or a rule where a line begins with them."""
_SAFE_CODE: Final = re.compile(r"[\w .,:;/=+~-]+")
_BREAKS: Final = (
    (re.compile(r"([@#])(?=\w)"), "\\1&#8203;"),
    (re.compile(r":(?=//)"), ":&#8203;"),
    (re.compile(r"\b(www|mailto|xmpp|GH)(?=[.:-])", re.IGNORECASE), "\\1&#8203;"),
    (re.compile(r"\b([0-9a-fA-F]{6})(?=[0-9a-fA-F]{1,34}\b)"), "\\1&#8203;"),
)
"""An invisible space keeps the site from linking people, issues, commits and addresses."""


def plain(text: str, most: int = LONGEST) -> str:
    """Return a text for one line of Markdown or a table cell, cut at `most` characters."""
    line = one_line(text, most)
    opened = _OPENING.match(line)
    marked = _MARKUP.sub(_reference, line[1:] if opened else line)
    marked = _reference(opened) + marked if opened else marked
    for pattern, broken in _BREAKS:
        marked = _broken_up(pattern, broken, marked)
    return marked


def prose(text: str, most: int = LONGEST) -> str:
    """Return a sentence as `plain` does, with pairs of backticks kept as code where their content is harmless."""
    parts = shortened(mask_text(text), most).split("`")
    if len(parts) % 2 == 0 or any(part == "" or part != one_line(part, most) for part in parts[1::2]):
        return plain(text, most)
    return "".join(code(part) if position % 2 else _spaced(part) for position, part in enumerate(parts))


def quoted(text: str, most: int = LONGEST) -> str:
    """Return a text as a fenced block, whose fence is longer than any run of backticks in it."""
    shown = visible(shortened(mask_text(text), most))
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{shown}\n{fence}"


def one_line(text: str, most: int = LONGEST) -> str:
    """Return a text without line breaks, masked, unseen characters named and its end cut off; it is no Markdown yet."""
    return " ".join(visible(shortened(mask_text(text), most)).split())


def shortened(text: str, most: int) -> str:
    """Return the text, its end cut off with a note where it exceeds `most` characters."""
    return text if len(text) <= most else f"{text[:most]} […] (cut: {len(text) - most:,} of {len(text):,} characters)"


def code(text: str, most: int = LONGEST) -> str:
    """Return an identifier as code."""
    shown = one_line(text, most)
    return f"`{shown}`" if _SAFE_CODE.fullmatch(shown) else f"<code>{plain(shown, len(shown))}</code>"


def _reference(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"


def _spaced(part: str) -> str:
    """Return `plain`, with the space at both ends that joins it to the code beside it."""
    inner = plain(part, len(part))
    return f"{' ' * part[:1].isspace()}{inner}{' ' * (part[-1:].isspace() and inner != '')}"


def _broken_up(pattern: re.Pattern[str], broken: str, text: str) -> str:
    """Apply a break outside of the character references that stand in the text."""
    pieces = re.split(r"(&#\d+;)", text)
    return "".join(piece if position % 2 else pattern.sub(broken, piece) for position, piece in enumerate(pieces))
