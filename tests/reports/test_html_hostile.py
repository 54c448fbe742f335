"""Text from models and files is shown as text, whatever it holds."""

from typing import Any

import msgspec
import pytest

from reports.contents import Contents, StageContents, read_contents
from reports.html import render
from reports.records.intake import Value
from reports.records.plan import StagePlan
from reports.rundir import RunDir
from reports.wording import LONGEST_TEXT
from tests.reports.page import Page

MARKUP = "<script>alert(1)</script></style></title><img src=x onerror=alert(2)><a href='javascript:alert(3)'>&lt;"
TEMPLATE = "{{ 1000 * 1001 }}{% include '/etc/passwd' %}{# note #}"
UNSEEN = "\u202egnp.exe\u2066 \x00\x1b[31m\u200b\ud800\udfff"
HOSTILE = f"{MARKUP}{TEMPLATE}{UNSEEN}`\"'--></svg>"


FREE_TEXT = (str, str | None, Value)


def poisoned(value: Any) -> Any:
    """Return a record whose every free text is hostile; closed choices and folder names stay."""
    if isinstance(value, msgspec.Struct):
        changes = {}
        for field in msgspec.structs.fields(value):
            held = getattr(value, field.name)
            folder = isinstance(value, StagePlan) and field.name == "name"
            free = field.type in FREE_TEXT and isinstance(held, str) and not folder
            changes[field.name] = HOSTILE if free else held if isinstance(held, str) else poisoned(held)
        return msgspec.structs.replace(value, **changes)
    if isinstance(value, StageContents):
        return value._replace(plan=poisoned(value.plan), result=poisoned(value.result))
    if isinstance(value, (tuple, list)):
        return type(value)(HOSTILE if isinstance(item, str) else poisoned(item) for item in value)
    if isinstance(value, dict):
        return {HOSTILE if isinstance(key, str) else key: poisoned(item) for key, item in value.items()}
    return value


@pytest.fixture(scope="module")
def contents(go: RunDir) -> Contents:
    """Return the contents of a whole run."""
    return read_contents(go)


@pytest.fixture(scope="module")
def hostile(contents: Contents) -> Page:
    """Return the report of a run whose every text is hostile."""
    parts = {name: poisoned(part) for name, part in contents._asdict().items() if name not in ("absent", "pending")}
    return Page(render(contents._replace(**parts)))


def test_hostile_text_adds_no_element_that_a_clean_report_does_not_have(hostile: Page, page: Page) -> None:
    assert set(hostile.tags()) <= set(page.tags())
    assert not {"script", "img", "iframe", "object"} & set(hostile.tags())
    assert hostile.tags()["style"] == hostile.tags()["title"] - hostile.tags()["svg"] == 1


def test_hostile_text_sets_no_attribute(hostile: Page) -> None:
    names = {str(name) for element in hostile.root.iter() for name in element.attrib}

    assert not {name for name in names if name.startswith("on")}
    assert all(target.startswith("#") for target in hostile.attributes("href"))
    assert hostile.attributes("src") == []


def test_hostile_text_is_readable_as_it_was_written(hostile: Page) -> None:
    answer = hostile.all("//section[@id='samples']//blockquote")[0].text_content()

    assert answer.startswith(MARKUP)
    assert TEMPLATE in answer
    assert "1001000" not in hostile.source


def test_unseen_characters_are_named(hostile: Page) -> None:
    answer = hostile.all("//section[@id='samples']//blockquote")[0].text_content()

    assert "[U+202E]gnp.exe[U+2066] [U+0000][U+001B][31m[U+200B][U+D800][U+DFFF]" in answer
    assert not {"\u202e", "\u2066", "\x00", "\x1b", "\u200b"} & set(hostile.source)
    hostile.source.encode("utf-8")


def test_answers_are_isolated_from_the_direction_of_the_text_around_them(hostile: Page) -> None:
    assert all(quote.get("dir") == "auto" for quote in hostile.all("//blockquote"))
    assert len(hostile.all("//*[@class='prompt']/bdi")) == len(hostile.all("//article"))


def test_a_huge_answer_is_cut_with_a_note(contents: Contents) -> None:
    huge = [msgspec.structs.replace(line, completion="x" * 1_000_000) for line in contents.completions]
    text = render(contents._replace(completions=huge))

    assert f"(cut: {1_000_000 - LONGEST_TEXT:,} of 1,000,000 characters are not shown)" in text
    assert len(text) < 500_000
