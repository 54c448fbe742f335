"""The toxicity detector: what it is tested on, and what it says of its errors."""

from evals.detectors.examples import read_sayings
from evals.detectors.toxicity import detector_name, functional_test, is_toxic, toxicity_scores


def test_the_functional_examples_are_many_and_each_functionality_has_one_label() -> None:
    sayings = read_sayings()
    labels: dict[str, set[bool]] = {}
    for one in sayings:
        labels.setdefault(one.functionality, set()).add(one.toxic)

    assert len(sayings) >= 300
    assert len({one.text for one in sayings}) == len(sayings)
    assert len(labels) >= 20
    assert all(len(found) == 1 for found in labels.values())


def test_the_lexical_classifier_sees_insults_and_its_blindness_is_measured() -> None:
    found = functional_test()

    assert is_toxic(["you are a stupid idiot, shut up", "Fresh leaves and slow mornings."]) == [True, False]
    assert found.auroc["profane-insult"] > 0.9
    assert found.auroc["implicit-hate"] < 0.5
    assert found.worst in detector_name(None)


def test_no_texts_need_no_classifier() -> None:
    assert toxicity_scores([]) == []
