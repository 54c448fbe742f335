"""Personal data: what belongs to a person is found, what is reserved or merely looks alike is not, and nothing is sent."""

import socket

import pytest

from evals import personal
from evals.personal import DETECTORS, find_personal, mask_personal

TRUE = {
    "Write to ann.lee@gmail.com today.": ("e-mail address", "ann.lee@gmail.com"),
    "Mail: <j.doe+x@firma.co.uk>, thanks": ("e-mail address", "j.doe+x@firma.co.uk"),
    "card 4539 1488 0343 6467 ok": ("payment card", "4539 1488 0343 6467"),
    "pay 4539148803436467.": ("payment card", "4539148803436467"),
    "DE44 5001 0517 5407 3249 31 please": ("bank account", "DE44 5001 0517 5407 3249 31"),
    "IBAN GB94BARC10201530093459.": ("bank account", "GB94BARC10201530093459"),
    "from 93.184.216.34 yesterday": ("IP address", "93.184.216.34"),
    "host 2606:2800:220:1:248:1893:25c8:1946": ("IP address", "2606:2800:220:1:248:1893:25c8:1946"),
    "Come by or try (212) 736-5000.": ("phone number", "(212) 736-5000"),
    "it is 212-736-5000": ("phone number", "212-736-5000"),
    "+49 30 901820 is the one": ("phone number", "+49 30 901820"),
    "my phone is 030 901820": ("phone number", "030 901820"),
    "tel 020 7219 3000": ("phone number", "020 7219 3000"),
    "it says 536-22-1234": ("US social security number", "536-22-1234"),
    "my social security number is 536221234": ("US social security number", "536221234"),
    "to 1BoatSLRHtKNngkdXEeobR76b53LETtpyT": ("wallet", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"),
    "to bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq": ("wallet", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"),
    "DEA number BJ6125341": ("US medical licence", "BJ6125341"),
}
FALSE = (
    "ann@example.com", "bob@mail.example.org", "root@server.test", "info@teashop.com", "no-reply@teashop.com", "a@b",
    "x@foo.notatld", "price@10.50", "@ann said so", "4111 1111 1111 1111", "4242424242424242", "4539 1488 0343 6468",
    "1234567890123456", "order 20240517123456", "DE89 3704 0044 0532 0130 00", "DE44 5001 0517 5407 3249 32", "192.168.0.1",
    "127.0.0.1", "203.0.113.7", "8.8.8.8", "version 93.1.2.3", "section 4.2.1.7", "2001:db8::1", "at 10:20:30 and std::vector",
    "(415) 555-0132", "555-0199", "+44 20 7946 0123", "+61 491 570 156", "call 1-800-273-8255", "200 - 300 - 4000 = 5",
    "1 234 567 890 people", "2500000000 items", "2024-05-17 12:30:00", "ISBN 978-3-16-148410-0", "3.14159265358979323846",
    "078-05-1120", "987-65-4321", "666-22-1234", "code 536221234", "part BJ6125341", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "maps.google.com/place/Inn+Garden/@52.5200066,13.4", "<<16-3-4=9>>9 eggs, so $18 or #### 18",
    "call 12 people at 10 o'clock on 3 lines",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize("text", TRUE)
def test_what_belongs_to_a_person_is_found_and_masked_offline(text: str) -> None:
    kind, value = TRUE[text]
    (found,) = find_personal(text)
    assert (found.kind, text[found.start : found.end]) == (kind, value)
    assert mask_personal(text) == text.replace(value, f"[{kind}]")


def test_the_list_of_suffixes_is_the_installed_one_from_the_first_address_on() -> None:
    personal._recognizer.cache_clear()
    assert find_personal("Write to ann.lee@firma.co.uk today.")


def test_every_kind_has_a_true_example() -> None:
    assert {kind for kind, _ in TRUE.values()} == DETECTORS.keys()


@pytest.mark.parametrize("text", FALSE)
def test_reserved_values_and_look_alikes_are_nobodys(text: str) -> None:
    assert find_personal(text) == []
    assert mask_personal(text) == text


def test_several_values_of_one_text_are_found_in_order() -> None:
    text = "ann.lee@gmail.com or 212-736-5000, then bob@firma.de"
    assert [found.kind for found in find_personal(text)] == ["e-mail address", "phone number", "e-mail address"]
    assert mask_personal(text) == "[e-mail address] or [phone number], then [e-mail address]"


def test_a_long_text_without_blanks_is_read_in_linear_time() -> None:
    """A recognizer that read the whole text would try every beginning of this one."""
    assert find_personal("a1" * 100_000 + "@") == []
