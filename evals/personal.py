"""Personal data in a text: what Presidio's pattern recognizers accept by form and checksum, less what belongs to nobody."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.reserved import is_reserved

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer

CONTEXT_CHARACTERS: Final = 40
WEAK: Final = 0.5
"""Presidio's score; a form that scores less counts only next to a word that says what it is."""
NO_WORDS: Final = re.compile(r"(?!)")


class Found(NamedTuple):
    """One piece of personal data and where it stands."""

    kind: str
    start: int
    end: int
    score: float
    """What Presidio gives, 0 to 1: 1 where a checksum holds."""


class Detector(NamedTuple):
    """One kind of personal data: a cheap look for candidates, and the recognizer that decides."""

    kind: str
    sign: str
    """A text without it is not read; empty: any text."""
    candidate: re.Pattern[str]
    build: "Callable[[], EntityRecognizer]"
    context: re.Pattern[str] = NO_WORDS
    """Words before a weak form that make it count."""
    shape: re.Pattern[str] | None = None
    """What a candidate must look like to be read where no such word stands before it; None: anything."""


def find_personal(text: str) -> list[Found]:
    """Return the personal data of a text in order, without overlaps.

    E-mail addresses, phone numbers, payment cards, bank accounts (IBAN), public IP addresses, US social security numbers,
    Bitcoin wallets and US medical licences. Names and postal addresses have no form of their own and are not found. Values
    that are reserved for examples do not count. Nothing leaves the machine.
    """
    kept: list[Found] = []
    for found in sorted(_find_all(text), key=lambda one: (-one.score, one.start - one.end)):
        if all(found.end <= other.start or other.end <= found.start for other in kept):
            kept.append(found)
    return sorted(kept, key=lambda one: one.start)


def mask_personal(text: str) -> str:
    """Return the text with each piece of personal data replaced by its kind in brackets."""
    for found in reversed(find_personal(text)):
        text = f"{text[: found.start]}[{found.kind}]{text[found.end :]}"
    return text


def _find_all(text: str) -> Iterator[Found]:
    for kind, detector in DETECTORS.items():
        if detector.sign in text:
            for match in detector.candidate.finditer(text):
                if _is_worth_reading(detector, text, match):
                    yield from _decide(kind, detector, text, match)


def _is_worth_reading(detector: Detector, text: str, match: re.Match[str]) -> bool:
    if detector.shape is None or detector.shape.search(match.group()):
        return True
    return _has_context(detector, text, match.start())


def _decide(kind: str, detector: Detector, text: str, match: re.Match[str]) -> Iterator[Found]:
    recognizer = _recognizer(kind)
    for result in recognizer.analyze(match.group(), recognizer.supported_entities):
        start, end = match.start() + result.start, match.start() + result.end
        is_certain = result.score >= WEAK or _has_context(detector, text, start)
        is_shaped = detector.shape is not None and detector.shape.search(text[start:end])
        if (is_certain or is_shaped) and not is_reserved(kind, text[start:end], text[max(0, start - CONTEXT_CHARACTERS) : start]):
            yield Found(kind, start, end, float(result.score))


def _has_context(detector: Detector, text: str, start: int) -> bool:
    return detector.context.search(text[max(0, start - CONTEXT_CHARACTERS) : start]) is not None


@cache
def _recognizer(kind: str) -> "EntityRecognizer":
    return DETECTORS[kind].build()


def _mail() -> "EntityRecognizer":
    from presidio_analyzer.predefined_recognizers import EmailRecognizer
    from tldextract import TLDExtract

    suffixes = TLDExtract(suffix_list_urls=(), cache_dir=None)
    recognizer = EmailRecognizer()
    # Presidio would download the list of suffixes, and would take the host of a link for that of an address.
    recognizer.validate_result = lambda address: suffixes(address.rpartition("@")[2]).fqdn != ""
    return recognizer


def _card() -> "EntityRecognizer":
    from presidio_analyzer.predefined_recognizers import CreditCardRecognizer

    return CreditCardRecognizer()


def _iban() -> "EntityRecognizer":
    from presidio_analyzer.predefined_recognizers import IbanRecognizer

    return IbanRecognizer()


def _ip() -> "EntityRecognizer":
    from presidio_analyzer.predefined_recognizers import IpRecognizer

    return IpRecognizer()


def _phone() -> "EntityRecognizer":
    from presidio_analyzer.predefined_recognizers import PhoneRecognizer

    return PhoneRecognizer()


def _social_security() -> "EntityRecognizer":
    from presidio_analyzer.predefined_recognizers import UsSsnRecognizer

    return UsSsnRecognizer()


def _wallet() -> "EntityRecognizer":
    from presidio_analyzer.predefined_recognizers import CryptoRecognizer

    return CryptoRecognizer()


def _medical() -> "EntityRecognizer":
    from presidio_analyzer.predefined_recognizers import MedicalLicenseRecognizer

    return MedicalLicenseRecognizer()


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})", re.IGNORECASE)


DETECTORS: Final[Mapping[str, Detector]] = {
    one.kind: one
    for one in (
        Detector("e-mail address", "@", re.compile(r"[^\s@<>()\[\],;:\"/]{1,64}@[^\s@<>()\[\],;:\"/]{3,255}"), _mail),
        Detector("payment card", "", re.compile(r"(?<![\w.])\d(?:[ -]?\d){12,}(?![\w])"), _card),
        Detector("bank account", "", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b"), _iban),
        Detector(
            "IP address",
            "",
            re.compile(r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)|[23][0-9a-fA-F]{3}:[0-9a-fA-F:]{2,35})"),
            _ip,
        ),
        Detector(
            "phone number",
            "",
            re.compile(r"(?<![\w.])[+(]{0,2}\d(?:[ ().\-/\u00a0]{0,3}\d){6,}(?!\w)"),
            _phone,
            _words(
                r"phone|tel\b|telephone|call|cell|mobile|fax|whatsapp|sms|text (?:me|us)|ring|dial|reach (?:me|us|him|her|them)"
            ),
            re.compile(r"^\(?\+|(?<![\d.-])(?:\([2-9]\d\d\) ?|[2-9]\d\d[-. ])[2-9]\d\d[-. ]\d{4}(?![\d-])"),
        ),
        Detector(
            "US social security number",
            "",
            re.compile(r"(?<![\w.-])\d{3}[- .]?\d{2}[- .]?\d{4}(?![\w-])"),
            _social_security,
            _words(r"social security|ssn"),
            re.compile(r"^\d{3}-\d{2}-\d{4}$"),
        ),
        Detector("wallet", "", re.compile(r"\b(?:bc1|[13])[a-zA-HJ-NP-Z0-9]{25,59}\b"), _wallet),
        Detector(
            "US medical licence",
            "",
            re.compile(r"\b[A-HJ-MPR-UXa-hj-mpr-ux][A-Za-z9]\d{7}\b"),
            _medical,
            _words(r"DEA\b|medical|licen[cs]e|prescri|physician|doctor|dr\b"),
            NO_WORDS,
        ),
    )
}
