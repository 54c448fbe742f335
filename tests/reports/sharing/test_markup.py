"""Other people's text inside Markdown."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.masking import mask_text
from reports.sharing.markup import LONGEST, code, one_line, plain, prose, quoted
from reports.wording import visible
from tests.reports.sharing.hostile import MARKDOWN
from tests.reports.sharing.rendered import loose_text, rendered, tags
from tests.reports.test_html_hostile import HOSTILE

TEXTS = (
    HOSTILE,
    MARKDOWN,
    "# x",
    "```\n# x\n`````\n<b>y</b>",
    "- x",
    "+",
    "1. x",
    "1) x",
    "> x",
    "---",
    "===",
    "    x",
    "a|b",
    "*x*",
    "_x_",
    "~~x~~",
    "$x$",
    "`a`|`b`",
    "\\|",
)
INVISIBLE = "\u200b"


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("write", [plain, prose])
def test_a_line_reads_as_it_was_written_and_holds_no_markup(text: str, write: object) -> None:
    assert callable(write)
    page = rendered(write(text))

    assert tags(page) <= {"html", "body", "main", "p", "code"}
    shown = page.text_content().replace(INVISIBLE, "").strip()
    assert shown.replace("`", "") == one_line(text).strip().replace("`", "")


@pytest.mark.parametrize("text", TEXTS)
def test_a_cell_keeps_its_row(text: str) -> None:
    page = rendered(f"| a | b |\n| --- | --- |\n| {plain(text)} | {prose(text)} |\n| {code(text)} | last |")

    assert [len(row) for row in page.iter("tr")] == [2, 2, 2]
    assert page.xpath("string((//td)[last()])") == "last"
    assert not tags(page) & {"script", "img", "a", "em", "strong", "del"}


@pytest.mark.parametrize("text", TEXTS)
def test_a_quotation_is_one_block_of_code_with_the_text_as_it_was(text: str) -> None:
    page = rendered(f"before\n\n{quoted(text)}\n\nafter")

    assert [str(element.tag) for element in page.find("body/main") if element.tag != "p"] == ["pre"]
    assert page.xpath("string(//pre)").rstrip("\n") == visible(mask_text(text)).rstrip("\n")
    assert page.xpath("string(//p[last()])") == "after"


def test_nothing_links_itself() -> None:
    text = loose_text(rendered(plain(MARKDOWN)))

    assert not re.search(r"[@#]\w|://|\bwww\.|\bGH-\d|\b[0-9a-f]{7,40}\b", text)
    assert "octocat" in text
    assert re.search(r"[@#]\w", MARKDOWN)


def test_code_in_a_sentence_stays_code_and_spaces_around_it_stay() -> None:
    assert prose("Run `tunegate run X` again.") == "Run `tunegate run X` again."
    assert prose("Run `a|b` now") == "Run <code>a&#124;b</code> now"
    assert prose("odd ` tick") == "odd &#96; tick"


def test_a_long_text_is_cut_with_a_note() -> None:
    text = "x" * 1_000_000

    assert all(len(write(text)) < LONGEST + 80 for write in (plain, prose, quoted))
    assert f"(cut: {1_000_000 - LONGEST:,} of 1,000,000 characters)" in plain(text)


@given(st.text(alphabet=st.sampled_from("a1 `|*_[]()<>&@#~\\\n-.:/!{}$\u202e\ud800"), max_size=60))
def test_no_text_becomes_markup(text: str) -> None:
    assert tags(rendered(f"x {plain(text)}")) <= {"html", "body", "main", "p"}
    assert tags(rendered(plain(text))) <= {"html", "body", "main", "p"}
    assert tags(rendered(f"| a |\n| --- |\n| {prose(text)} |")) <= {
        "html",
        "body",
        "main",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "code",
    }
    assert tags(rendered(quoted(text))) <= {"html", "body", "main", "pre", "code"}
