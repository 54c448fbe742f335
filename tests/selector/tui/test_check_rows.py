"""What the screen of data checks says."""

from msgspec.structs import replace

from reports.errors import DataError
from selector.tui.check_rows import check_page, check_row, files_page, layouts_to_choose, ordered, verdict
from selector.tui.columns import fit, line
from selector.tui.screens.checks import COLUMNS
from tests.selector.tui.sample_checks import sample_checked

FOUND = sample_checked()
BY_CODE = {check.code: check for check in FOUND.checks}


def test_what_needs_attention_comes_first() -> None:
    assert [check.code for check in ordered(FOUND.checks, problems_only=False)] == [
        "LEAK001",
        "DUP001",
        "SEC001",
        "ROWS001",
        "TRUNC001",
    ]
    assert [check.code for check in ordered(FOUND.checks, problems_only=True)] == ["LEAK001", "DUP001"]


def test_the_verdict_names_what_blocks_until_it_is_accepted() -> None:
    blocked = verdict(FOUND, ()).plain
    assert "✗ FAIL" in blocked
    assert "LEAK001 must be mended before training, 1 warning" in blocked
    assert "1,204 of 1,240 rows are without a defect: voice.jsonl as prompt-completion (text), 5 unusable" in blocked
    taken = verdict(FOUND, ("LEAK001",)).plain
    assert "✓ PASS" in taken
    assert "LEAK001 accepted" in taken


def test_a_row_says_its_state_in_a_word_and_an_accepted_one_still_shows_that_it_failed() -> None:
    def shown(code: str, *accepted: str) -> str:
        cells = line(COLUMNS, fit(COLUMNS, 90), check_row(BY_CODE[code], accepted).cells)
        return " ".join(cells.plain.split())

    assert shown("LEAK001") == "✗ fail LEAK001 Training prompts in the evaluation yes 0.00332 0"
    assert shown("LEAK001", "LEAK001").startswith("✗ accepted")
    assert shown("TRUNC001") == "· skipped TRUNC001 Too long"


def test_a_page_shows_rows_as_text_and_never_as_markup_or_controls() -> None:
    page = check_page(BY_CODE["LEAK001"], "", 76).plain
    assert "[bold]loud[/bold] [U+001B][31mred [U+202E]txet" in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "Row 240" in page
    assert "Delete these rows" in page


def test_a_page_shows_why_a_check_was_accepted() -> None:
    assert "Accepted  the prompts are greetings" in check_page(BY_CODE["LEAK001"], "the prompts are greetings", 76).plain
    assert "Accepted" not in check_page(BY_CODE["LEAK001"], "", 76).plain


def test_the_page_of_the_files_says_how_they_were_read() -> None:
    page = files_page(FOUND.profile, 76).plain
    assert "columns prompt and completion hold strings" in page
    assert "median 18 tokens, 95 % below 60, at most 212" in page
    assert "900 advert, 335 letter" in page
    assert "no chat template" in page
    hostile = replace(FOUND.profile.sources[0], label="a\x1b[2J.jsonl")
    assert "\x1b" not in files_page(replace(FOUND.profile, sources=(hostile,)), 76).plain


def test_an_error_about_an_ambiguous_file_offers_its_layouts_and_others_offer_none() -> None:
    error = DataError("a.jsonl:1: fits both. Say which is meant with --layout preference or --layout prompt-completion.")
    assert layouts_to_choose(error) == ("preference", "prompt-completion")
    assert layouts_to_choose(DataError("a.jsonl:7: broken JSON. Mend the line.")) == ()
