"""Keep secrets, home folders and personal data out of what is stored and shared."""

import re
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Final

_SECRET_FLAG = re.compile(r"(?i)^--?[\w-]*(token|secret|password|api[-_]?key)$")
_SECRET_ASSIGNED = re.compile(r"(?i)(?<![\w-])([\w-]{0,64}(?:token|secret|password|api[-_]?key))=(\S+)")
_SECRET_SHAPE = re.compile(r"\b(?:hf_|sk-|gh[pousr]_|xox[bap]-|AKIA)[A-Za-z0-9_-]{8,}")
_CALLED: Final = re.compile(
    r"(?i)(\b(?:tel|phone|telephone|fax|mobile|cell|whatsapp|sms|call|dial)\b[^\d\n]{0,24})"
    r"(?!\d{4}-\d\d-\d\d)\(?\d(?:[ ()\-/\u00a0]{0,3}\d){6,14}(?!\w)"
)
"""A plain number is one of a telephone after such a word only."""
_DIGITS: Final = re.compile(r"\d")
_DECIMAL: Final = re.compile(r"\+?\d+\.\d+")


def mask_argv(argv: Sequence[str]) -> tuple[str, ...]:
    """Return the command line with secrets as `***` and the home folder as `~`; a shell can still run it."""
    masked: list[str] = []
    hide_next = False
    for word in argv:
        masked.append("***" if hide_next else _mask_secrets(word))
        hide_next = bool(_SECRET_FLAG.match(word))
    return tuple(masked)


def mask_text(text: str) -> str:
    """Return the text with token-like strings as `***`, the home folder as `~`, and personal data as its kind in brackets.

    E-mail addresses, phone numbers, payment cards, bank accounts (IBAN), public IP addresses and US social security numbers
    are known by form and checksum, without any library: a report is written anywhere, in two seconds. So this masks a little
    more than the gate on personal data counts, addresses reserved for examples among them. Names have no form and stay.
    """
    text = _mask_secrets(text)
    for sign, kind, form, is_one in _PERSONAL:
        if sign in text:
            text = form.sub(_masker(kind, is_one), text)
    return _CALLED.sub(r"\1[phone number]", text)


def _mask_secrets(text: str) -> str:
    text = _SECRET_ASSIGNED.sub(r"\1=***", text)
    text = _SECRET_SHAPE.sub("***", text)
    home = str(Path.home())
    return text if home in ("", "/") else text.replace(home, "~")


def _masker(kind: str, is_one: Callable[[str], bool]) -> Callable[[re.Match[str]], str]:
    """Return what replaces the longest run of words in a match that is personal data; the words behind it stay."""

    def masked(found: re.Match[str]) -> str:
        whole = found.group()
        ends = (len(whole), *(space.start() for space in reversed(list(re.finditer(" ", whole)))))
        end = next((end for end in ends if is_one(whole[:end])), 0)
        return f"[{kind}]{whole[end:]}" if end else whole

    return masked


def _is_card(value: str) -> bool:
    """Say whether digits have a length that issuers use and the check digit of ISO/IEC 7812 (Luhn)."""
    digits = [int(digit) for digit in _DIGITS.findall(value)]
    doubled = (digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2])
    return 13 <= len(digits) <= 19 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_account(value: str) -> bool:
    """Say whether an account number has the remainder of ISO 13616 (mod 97)."""
    compact = value.replace(" ", "")
    moved = compact[4:] + compact[:4]
    return 15 <= len(compact) <= 34 and int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1


def _is_address(value: str) -> bool:
    try:
        return ip_address(value).is_global
    except ValueError:
        return False


def _is_phone(value: str) -> bool:
    """Say whether a number is as long as telephone numbers are (ITU-T E.164), and no decimal number."""
    return 7 <= len(_DIGITS.findall(value)) <= 15 and not _DECIMAL.fullmatch(value)


_ALWAYS: Final[Callable[[str], bool]] = bool
_PERSONAL: Final = (
    ("@", "e-mail address", re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w-])"), _ALWAYS),
    ("", "bank account", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b"), _is_account),
    ("", "payment card", re.compile(r"(?<![\w.+-])(?:[3-6]|2[2-7])(?:[ -]?\d){12,18}(?!\w)"), _is_card),
    (
        "-",
        "US social security number",
        re.compile(r"(?<![\w.-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])"),
        _ALWAYS,
    ),
    (
        "",
        "IP address",
        re.compile(r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)|[23][0-9a-fA-F]{3}:[0-9a-fA-F:]{2,35})"),
        _is_address,
    ),
    ("+", "phone number", re.compile(r"(?<![\w.+])\+[1-9](?:[ ().\-/\u00a0]{0,3}\d){6,14}(?!\w)"), _is_phone),
    ("-", "phone number", re.compile(r"(?<![\w.-])\(?[2-9]\d\d[)-][ -]?[2-9]\d\d-\d{4}(?![\w-])"), _ALWAYS),
)
"""A sign that a text must hold, a kind of personal data, its form, and what else must hold of it."""
