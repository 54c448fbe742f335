"""Values that look like personal data and belong to nobody: reserved for examples, for tests or for machines."""

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Final


def _values(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


DOMAINS: Final = re.compile(r"(?:^|[@.])(?:example\.(?:com|org|net)|[\w-]+\.(?:example|test|invalid|localhost)|example|test)$")
"""Domains nobody can own (RFC 2606 and RFC 6761)."""
ROLES: Final = _values(
    "info marketing sales support abuse noc security postmaster hostmaster usenet news webmaster www uucp ftp",
    "noreply no-reply donotreply do-not-reply mailer-daemon",
)
"""Mailboxes of a role rather than a person (RFC 2142), and those nobody reads."""
NORTH_AMERICA: Final = re.compile(r"^(?:\+?1)?(?:555\d{7}|\d{3}555\d{4}|8(?:00|33|44|55|66|77|88)\d{7})$")
"""Numbers of stories (555), and toll-free lines of businesses."""
STORIES: Final = re.compile(
    r"^(?:\+?44|0)0?(?:1(?:13|14|15|16|17|18|21|31|41|51|61)4960\d{3}|1914980\d{3}|20794\d{5}|2896\d{7}|2920180\d{3}|1632960\d{3}"
    r"|7700900\d{3}|8081570\d{3}|9098790\d{3}|3069990\d{3})$"
    r"|^(?:\+?61|0)0?(?:[2378](?:5550|7010)\d{4}|49157\d{4})$"
)
"""Numbers set aside for stories by Ofcom (United Kingdom) and ACMA (Australia)."""
TEST_CARDS: Final = _values(
    "4111111111111111 4012888888881881 4242424242424242 4000056655665556 4222222222222 5555555555554444 5105105105105100",
    "5200828282828210 2223003122003222 378282246310005 371449635398431 6011111111111117 6011000990139424 30569309025904",
    "38520000023237 3530111333300000 3566002020360505 6200000000000005",
)
"""Card numbers that payment services publish for tests."""
ISSUERS: Final = re.compile(
    r"^(?:4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}"
    r"|(?:6011|65\d\d|64[4-9]\d)\d{12}|3(?:0[0-5]|[689]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14})$"
)
"""Beginnings and lengths that Visa, Mastercard, American Express, Discover, Diners, JCB and UnionPay issue (ISO/IEC 7812)."""
EXAMPLE_ACCOUNTS: Final = _values(
    "GB29NWBK60161331926819 GB82WEST12345698765432 GB33BUKB20201555555555 DE89370400440532013000 DE91100000000123456789",
    "FR1420041010050500013M02606 FR7630006000011234567890189 NL91ABNA0417164300 ES9121000418450200051332",
    "ES7921000813610123456789 IT60X0542811101000000123456 BE68539007547034 CH9300762011623852957",
    "AT611904300234573201 IE29AIBK93115212345678",
    "PL61109010140000071219812874 SE4550000000058398257466 DK5000400440116243 NO9386011117947 PT50000201231234567890154",
)
"""Examples of the IBAN registry and its best-known copies."""
SERVERS: Final = frozenset({"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "208.67.222.222", "208.67.220.220", "1.2.3.4"})
"""Public name servers, and the address that stands for any address."""
VERSION: Final = re.compile(r"(?:\bv|version|release|section|chapter|firmware|build)\W{0,3}$", re.IGNORECASE)
EXAMPLE_WALLETS: Final = frozenset(
    {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"}
)
"""The first wallet of all, and examples of BIP 173 and its like."""
DEA_EXAMPLES: Final = frozenset({"AB1234563", "FF1234563"})


def is_reserved(kind: str, value: str, before: str = "") -> bool:
    """Say whether a value of this kind is nobody's.

    Args:
        kind: as in `evals.personal`.
        value: what was found.
        before: the text just before it, that tells a version from an address.
    """
    return kind in RULES and RULES[kind](value, before)


def _mail(value: str, _: str) -> bool:
    mailbox, _, domain = value.casefold().rpartition("@")
    return mailbox in ROLES or DOMAINS.search(domain) is not None


def _card(value: str, _: str) -> bool:
    digits = _digits(value)
    return digits in TEST_CARDS or not ISSUERS.match(digits)


def _phone(value: str, _: str) -> bool:
    number = ("+" if value.lstrip(" (").startswith("+") else "") + _digits(value)
    return NORTH_AMERICA.match(number) is not None or STORIES.match(number) is not None


def _address(value: str, before: str) -> bool:
    try:
        found = ip_address(value)
    except ValueError:
        return True
    return not found.is_global or found.is_multicast or str(found) in SERVERS or VERSION.search(before) is not None


def _digits(value: str) -> str:
    return "".join(sign for sign in value if sign.isdigit())


def _compact(value: str) -> str:
    return value.replace(" ", "").upper()


RULES: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "e-mail address": _mail,
    "payment card": _card,
    "bank account": lambda value, _: _compact(value) in EXAMPLE_ACCOUNTS,
    "IP address": _address,
    "phone number": _phone,
    "US social security number": lambda value, _: value.startswith("9") or _digits(value) == "219099999",
    "wallet": lambda value, _: value in EXAMPLE_WALLETS,
    "US medical licence": lambda value, _: value.upper() in DEA_EXAMPLES,
}
