"""Languages: sentences of several are told apart, and what cannot be told is undetermined."""

import pytest

from evals.data.languages import UNDETERMINED, language_of, language_shares

SENTENCES = {
    "en": "How long should I let this tea stand before I drink it?",
    "de": "Wie lange soll dieser Tee ziehen, bevor ich ihn trinke?",
    "fr": "Combien de temps faut-il laisser infuser ce thé avant de le boire ?",
    "es": "¿Cuánto tiempo debo dejar reposar este té antes de beberlo?",
    "pl": "Jak długo powinienem parzyć tę herbatę, zanim ją wypiję?",
    "ru": "Сколько времени нужно заваривать этот чай?",
    "ja": "このお茶は何分ぐらい蒸らせばいいですか",
    "zh": "这种茶应该泡多久才能喝",
}


@pytest.mark.parametrize(("language", "text"), SENTENCES.items())
def test_a_sentence_has_its_language(language: str, text: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize("text", ["", "ok thanks", "1234 + 5678 = 6912, 99 % of 3.5", "SELECT * FROM t WHERE x = y AND z = 3"])
def test_short_texts_numbers_and_code_are_undetermined(text: str) -> None:
    assert language_of(text) == UNDETERMINED


def test_shares_add_up_and_the_most_frequent_comes_first() -> None:
    found = language_shares([SENTENCES["de"], SENTENCES["de"], SENTENCES["en"], "ok"])
    assert found == {"de": 0.5, "en": 0.25, UNDETERMINED: 0.25}
    assert next(iter(found)) == "de"
