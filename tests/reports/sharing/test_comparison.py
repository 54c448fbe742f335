"""A comparison as lines and as a page."""

from pathlib import Path

import msgspec

from reports.records.comparison import Comparison
from reports.records.gates import Estimate
from reports.sharing.comparison import as_html, as_text, letters
from tests.reports.page import Page
from tests.reports.test_html_hostile import HOSTILE, poisoned


def test_the_lines_say_what_changed_the_gates_and_the_differences(found: Comparison) -> None:
    lines = [" ".join(line.split()) for line in as_text(found).splitlines()]

    assert "A a go sft m seed 0" in lines
    assert "plan method sft dpo –" in lines
    assert "7 others are the same." in lines
    assert "Refusal ✓ pass, 90 % – –" in lines
    assert "A → B on the prompts they share, b: 1 worse" in lines
    assert "✗ worse Refusal 90 % → 70 % −20 points (−30 to −10) 40 prompts, 2 missing" in lines
    assert "A → C on the prompts they share, c: 1 not compared" in lines
    assert "– not compared Win rate no shared prompt" in lines


def test_the_unit_of_other_values_stands_once(found: Comparison) -> None:
    loss = msgspec.structs.replace(found.paired[0], title="Loss", unit="nats/token", finding="higher")
    lines = as_text(msgspec.structs.replace(found, paired=(loss,))).splitlines()

    assert lines[-1] == "A → C on the prompts they share, c: no metric was measured in both"
    assert "↑ higher Loss, nats/token 0.9 → 0.7 −0.2 (−0.3 to −0.1) 40 prompts, 2 missing" in [" ".join(x.split()) for x in lines]


def test_the_page_says_the_same(found: Comparison) -> None:
    page = Page(as_html(found))

    assert page.text("//section[@id='changes']//tbody") == "method sft dpo –"
    assert "✗ worse" in page.text("//section[@id='paired']")
    assert "not measured no shared prompt" not in page.text("//section[@id='gates']")
    assert "not measured" in page.text("(//section[@id='paired']//tbody)[2]")
    assert page.text("//p[@class='note']") == "A note."


def test_the_page_is_sound_for_readers_who_do_not_see_it(found: Comparison) -> None:
    page = Page(as_html(found))
    ids = page.attributes("id")

    assert all(table.xpath("string(caption)").strip() for table in page.all("//table"))
    assert not page.all("//th[not(@scope)]")
    assert len(ids) == len(set(ids))
    assert {target.removeprefix("#") for target in page.attributes("href")} <= set(ids)
    assert "default-src 'none'" in page.attributes("content")[1] or "default-src 'none'" in page.source


def test_hostile_text_is_text(found: Comparison) -> None:
    hostile = poisoned(found)
    runs = tuple(msgspec.structs.replace(run, run_id=name) for run, name in zip(hostile.runs, "abc", strict=True))
    pairs = tuple(msgspec.structs.replace(p, first="a", other=o) for p, o in zip(hostile.paired, "bc", strict=True))
    changed = msgspec.structs.replace(hostile, runs=runs, paired=pairs)
    page, clean = Page(as_html(changed)), Page(as_html(found))

    assert set(page.tags()) == set(clean.tags())
    assert HOSTILE[:25] in page.text("//section[@id='changes']")
    assert "\x1b" not in as_text(changed)
    assert as_text(changed).count("\n") == as_text(found).count("\n")


def test_letters_go_on_after_z() -> None:
    assert letters(28)[24:] == ["Y", "Z", "R27", "R28"]


def test_a_comparison_is_written_and_read_as_json(found: Comparison, tmp_path: Path) -> None:
    (tmp_path / "c.json").write_bytes(msgspec.json.encode(found))

    assert msgspec.json.decode((tmp_path / "c.json").read_bytes(), type=Comparison) == found
    assert isinstance(found.paired[0].difference, Estimate)
