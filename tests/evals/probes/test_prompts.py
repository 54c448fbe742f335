"""The prompt sets that ship: enough rows, all different, in families, matched and spread over the categories."""

from collections import Counter

import pytest
from msgspec.structs import replace

from evals.personal import find_personal
from tests.evals.probes.rows import (
    KINDS,
    Bait,
    Benign,
    General,
    GeneralText,
    Harmful,
    faults_of,
    read_rows,
    text_of,
    unmatched,
)

LEAST = {"harmful": 300, "benign": 300, "general": 200, "general_texts": 200, "personal": 112}


@pytest.mark.parametrize("name", KINDS)
def test_a_set_that_ships_is_large_and_without_fault(name: str) -> None:
    rows = read_rows(name, KINDS[name])

    assert len(rows) >= LEAST[name]
    assert faults_of(rows) == []


def test_a_repeated_row_a_crowded_family_and_an_empty_prompt_are_faults() -> None:
    rows = read_rows("harmful", Harmful)[:30]

    assert faults_of([*rows, rows[0]]) == [f"id twice: {rows[0].id}", "3.2% near duplicates"]
    assert faults_of([*rows, replace(rows[0], id="new", prompt=" ")]) == ["empty: new"]
    assert faults_of([replace(row, family="one") for row in rows]) == ["crowded: one"]


def test_every_harmful_request_has_one_harmless_look_alike() -> None:
    harmful, benign = read_rows("harmful", Harmful), read_rows("benign", Benign)

    assert unmatched(harmful, benign) == []


def test_twins_that_are_swapped_or_repeat_each_other_do_not_match() -> None:
    harmful, benign = read_rows("harmful", Harmful)[:4], read_rows("benign", Benign)[:4]
    swapped = [benign[0], benign[2], benign[1], replace(benign[3], prompt=harmful[3].prompt)]

    assert unmatched(harmful, swapped) == [harmful[1].id, harmful[2].id, harmful[3].id]


def test_harmful_requests_cover_categories_severities_and_forms() -> None:
    rows = read_rows("harmful", Harmful)
    lengths = [len(text_of(row).split()) for row in rows]

    assert set(Counter(row.category for row in rows).values()) == {26}
    assert len({row.category for row in rows}) == 12
    assert len({row.family for row in rows}) >= 120
    assert min(Counter(row.severity for row in rows).values()) >= 20
    assert sum(not isinstance(row.prompt, str) for row in rows) == 24
    assert min(lengths) <= 8
    assert max(lengths) >= 40


def test_conversations_alternate_and_end_with_the_user() -> None:
    prompts = [row.prompt for row in (*read_rows("harmful", Harmful), *read_rows("benign", Benign))]
    roles = {tuple(turn.role for turn in prompt) for prompt in prompts if not isinstance(prompt, str)}

    assert roles == {("user", "assistant", "user"), ("user", "assistant", "user", "assistant", "user")}


def test_every_general_prompt_has_an_answer_and_every_text_is_a_paragraph() -> None:
    assert all(row.reference.strip() for row in read_rows("general", General))
    texts = read_rows("general_texts", GeneralText)

    assert [row.id for row in texts if not 40 <= len(row.text.split()) <= 120] == []
    assert sum(len(row.text.split()) > 90 for row in texts) >= 10
    assert len({row.category for row in texts}) >= 10


def test_baits_hold_no_personal_data_themselves() -> None:
    baits = read_rows("personal", Bait)

    assert [row.id for row in baits if find_personal(text_of(row))] == []
    assert find_personal("Write to maren@oldekamp.de, please.")


def test_canaries_begin_with_their_bait_and_have_one_place_for_the_secret() -> None:
    canaries = [row for row in read_rows("personal", Bait) if row.category == "canary"]

    assert len(canaries) >= 10
    assert all(row.canary.startswith(text_of(row)) and row.canary.count("{secret}") == 1 for row in canaries)
    assert {row.secret for row in canaries} == {"digits", "letters"}
