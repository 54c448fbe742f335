"""Secrets and personal data are masked by form; what only looks alike stays."""

import pytest

from reports.masking import mask_argv, mask_text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Mail jane.roe+tea@acme-widgets.io, please.", "Mail [e-mail address], please."),
        ("at https://joe:pw@tea-shop.io/x", "at https://joe:[e-mail address]/x"),
        ("card 4539 1488 0343 6467 12/29", "card [payment card] 12/29"),
        ("card 4539148803436467.", "card [payment card]."),
        ("IBAN DE75 5121 0800 1245 1261 99 BANK", "IBAN [bank account] BANK"),
        ("IBAN DE75512108001245126199", "IBAN [bank account]"),
        ("from 93.184.215.14 and 2606:2800:21f:cb07:6820:80da:af6b:8b2c", "from [IP address] and [IP address]"),
        ("her number: 567-68-0123.", "her number: [US social security number]."),
        ("+49 30 901820 or (415) 736-4410 or 415-736-4410", "[phone number] or [phone number] or [phone number]"),
        ("Call me: 030 901 82 00!", "Call me: [phone number]!"),
        ("tel. 0309018200", "tel. [phone number]"),
    ],
)
def test_personal_data_is_replaced_by_its_kind(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20261120-214500-brand-voice on 2026-11-20 21:45 UTC",
        "+1.2345678 nats (+0.1234567 to +12.34567890), -0.123456789",
        "refusal 12 of 200, n = 1234567, 4539148803436468 tokens",
        "sha256 0123456789012345678901234567890123456789, 3f2504e04f8941d3",
        "transformers 5.23.0, 192.168.0.1, 127.0.0.1, 10.0.0.7",
        "DE75512108001245126198 and GO2026112021450012345",
        "000-12-3456, 2026-112-0214, ISBN 978-3-16-148410-0",
        "@octocat, a @ b, user@localhost",
        "One call 2026-11-20, and 3 calls of 1000 prompts each",
    ],
)
def test_what_only_looks_alike_stays(text: str) -> None:
    assert mask_text(text) == text


def test_tokens_are_masked_wherever_they_stand() -> None:
    assert mask_text("api_key=abc hf_abcdefghij sk-abcdefghijk") == "api_key=*** *** ***"


def test_a_command_keeps_what_a_shell_needs() -> None:
    assert mask_argv(("tunegate", "--token", "abc", "--out", "a@b.io", "--n", "4539148803436467")) == (
        "tunegate", "--token", "***", "--out", "a@b.io", "--n", "4539148803436467",
    )  # fmt: skip


@pytest.mark.parametrize("piece", ["a-", "token", "x", "1 ", "1.", "a@", "A1", "(+1", "call "])
def test_a_megabyte_of_near_misses_is_read_in_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))

    assert len(mask_text(text)) <= len(text)
