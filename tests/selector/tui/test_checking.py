"""The state behind the data screens."""

import pytest

from reports.errors import UsageError
from selector.check_process import CheckOrder
from selector.tui.checking import DataForm, clean_text, form_of, suggested_folder


def test_the_fields_become_an_order() -> None:
    form = DataForm("'my data.jsonl' more.csv", "test.jsonl", " models/base ")
    assert form.order() == CheckOrder(("my data.jsonl", "more.csv"), ("test.jsonl",), "models/base")


@pytest.mark.parametrize(("typed", "said"), [("  ", "at least one file"), ('"open.jsonl', "quotation")])
def test_fields_that_name_nothing_are_refused(typed: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        DataForm(typed).order()


def test_a_form_of_known_files_names_the_same_files() -> None:
    assert form_of(("a b.jsonl", "c.jsonl"), "base").order() == CheckOrder(("a b.jsonl", "c.jsonl"), (), "base")


def test_a_name_that_looks_like_a_flag_stays_a_name() -> None:
    assert CheckOrder(("--fix",), ("-x.jsonl",), "-m").words == ["--against=-x.jsonl", "--model=-m", "--", "--fix"]


def test_what_a_cleaned_set_leaves_out_is_counted_by_reason() -> None:
    text = clean_text(1240, {"repeats an earlier row": 31, "SEC001: holds a key": 2})
    assert text.splitlines() == [
        "33 of 1,240 rows go, 1,207 stay:",
        "       31  repeats an earlier row",
        "        2  SEC001: holds a key",
    ]
    assert clean_text(12, {}).startswith("All 12 rows stay")


def test_the_cleaned_set_is_suggested_beside_its_first_file() -> None:
    assert suggested_folder(CheckOrder(("sets/voice.jsonl.gz", "b.csv"))) == "sets/voice-cleaned"
