"""Finding the number that an answer ends with."""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Final, NamedTuple

LONGEST: Final = 60
"""Digits of a number; longer ones are none."""
PLAIN: Final = r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|\.[0-9]+"
NUMBER: Final = re.compile(
    rf"(?P<sign>(?<![\w)\]%.])[-+])?(?<![\w.])(?:(?P<mixed>[0-9]+)\s(?=[0-9]+\s?/\s?[0-9]))?"
    rf"(?P<over>{PLAIN})(?P<power>[eE][-+]?[0-9]{{1,2}}(?![0-9]))?(?:\s?/\s?(?P<under>{PLAIN}))?(?P<percent>\s?%|\s?percent\b)?"
)
"""A number: sign, thousands in groups of three, decimals, exponent, fraction, percent."""
CLEANED: Final = (
    (re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}"), r"\1/\2"),
    (re.compile(r"\\(?:text|mathrm|mathbf)\s*\{[^{}]*\}"), " "),
    (re.compile(r"\\[,!;:]"), ""),
    (re.compile(r"\{,\}"), ","),
    (re.compile(r"\\%"), "%"),
    (re.compile("[−–]"), "-"),
    (re.compile(r"(?<!\w)-\s?\\?[$€£¥]\s?"), "-"),
    (re.compile(r"\\?[$€£¥*]"), " "),
)
"""LaTeX, currency signs and emphasis around numbers."""
BOX: Final = "\\boxed{"
MARK: Final = re.compile(r"####|\banswer\s*(?:is|:|=)", re.IGNORECASE)
SENTENCE_END: Final = re.compile(r"\.(?=\s|$)|\n")


class Number(NamedTuple):
    """A number as it was written."""

    value: Fraction
    is_percent: bool

    def equals(self, other: "Number", tolerance: Fraction) -> bool:
        """Say whether both mean the same; where one is a percentage, `5 %` equals both 5 and 0.05."""
        gaps = [self.value - other.value]
        if self.is_percent != other.is_percent:
            share, plain = (self, other) if self.is_percent else (other, self)
            gaps.append(share.value / 100 - plain.value)
        return any(abs(gap) <= tolerance for gap in gaps)


def find_number(text: str, strict: bool = False) -> Number | None:
    """Return the number that a text gives as its answer, None where there is none.

    The last of these marks decides: `#### 42`, `\\boxed{42}`, "answer is 42". Behind it, the first number of the line or
    sentence counts, or the first one after its last equals sign. Without a mark it is the last number of the text, or none with
    `strict`.
    """
    marked = _behind_last_mark(text)
    number = next(read_numbers(marked), None) if marked is not None else None
    if number is not None or strict:
        return number
    return next(read_numbers(text, backwards=True), None)


def read_numbers(text: str, backwards: bool = False) -> Iterator[Number]:
    """Return all numbers of a text in order, or from its end."""
    for pattern, clean in CLEANED:
        text = pattern.sub(clean, text)
    matches = list(NUMBER.finditer(text))
    return (number for match in (matches[::-1] if backwards else matches) if (number := _read(match)) is not None)


def _behind_last_mark(text: str) -> str | None:
    box, mark = text.rfind(BOX), max((match.end() for match in MARK.finditer(text)), default=-1)
    if box >= mark:
        return _inside_box(text[box + len(BOX) :]) if box >= 0 else None
    sentence = SENTENCE_END.split(text[mark:].lstrip(), maxsplit=1)[0]
    behind = sentence.rpartition("=")[2]
    return behind if next(read_numbers(behind), None) is not None else sentence


def _inside_box(text: str) -> str:
    depth = 1
    for place, sign in enumerate(text):
        depth += (sign == "{") - (sign == "}")
        if depth == 0:
            return text[:place].rpartition("=")[2]
    return ""


def _read(match: "re.Match[str]") -> Number | None:
    if len(match.group()) > LONGEST:
        return None
    over = Fraction(match["over"].replace(",", "") + (match["power"] or ""))
    under = Fraction((match["under"] or "1").replace(",", ""))
    if under == 0:
        return None
    value = Fraction(match["mixed"] or 0) + over / under
    return Number(-value if match["sign"] == "-" else value, bool(match["percent"]))
