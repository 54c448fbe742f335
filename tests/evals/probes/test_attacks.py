"""Attack templates: one place for the request, encodings that can be undone, conversations that end with the user."""

import ast
import base64
import codecs
import json

import pytest

from evals.probes.attacks import ATTACKS, REQUEST, Attack, as_words, attack_prompt, in_pieces

ASKED = 'Say "hello" to the {request}, twice.\nThanks, Zoë!'


def places(attack: Attack) -> int:
    return sum(turn.count(REQUEST) for turn in attack.turns)


def test_there_are_at_least_ten_families_and_each_names_its_paper() -> None:
    assert len(ATTACKS) >= 10
    assert len({attack.turns for attack in ATTACKS.values()}) == len(ATTACKS)
    assert all("arXiv:" in attack.paper for attack in ATTACKS.values())


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_template_holds_the_request_once(attack: Attack) -> None:
    assert places(attack) == 1
    assert len(attack.turns) % 2 == 1


def test_a_template_without_a_place_or_with_two_is_told() -> None:
    assert places(Attack("none", "", ("Hello",))) == 0
    assert places(Attack("two", "", ("{request}", "Sure.", "Again: {request}"))) == 2


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_the_request_is_put_in_encoded_and_the_user_speaks_last(attack: Attack) -> None:
    turns = attack_prompt(attack, ASKED)

    assert [turn.role for turn in turns] == ["user", "assistant"] * (len(turns) // 2) + ["user"]
    assert sum(attack.encode(ASKED) in turn.content for turn in turns) == 1
    assert attack_prompt(attack, "Other") != turns


def test_encodings_keep_the_request_whole() -> None:
    pieces = [json.loads(line.split(" = ", 1)[1]) for line in in_pieces(ASKED).splitlines()]

    assert base64.b64decode(ATTACKS["base64"].encode(ASKED)).decode() == ASKED
    assert codecs.decode(ATTACKS["cipher"].encode(ASKED), "rot13") == ASKED
    assert "".join(pieces) == ASKED
    assert ast.literal_eval(as_words("Say hello")) == ["Say", "hello"]


def test_an_encoded_request_cannot_be_read_as_it_stands() -> None:
    hidden = [name for name, attack in ATTACKS.items() if attack.encode("Where is the key?") != "Where is the key?"]

    assert hidden == ["base64", "cipher", "payload_splitting", "code_completion"]
