"""The report for people who do not see it, or not in colour."""

import itertools
import re
from pathlib import Path

import pytest

from tests.reports.conftest import PageFor
from tests.reports.page import Page

STYLE = Path(__file__).parents[2] / "reports" / "templates" / "report.css"
TEXT_COLOURS = ("ink", "muted", "accent", "pass", "fail", "unresolved", "broken")
TINT = 0.09


@pytest.fixture(params=["go", "no-go", "inconclusive", "blocked"])
def page(request: pytest.FixtureRequest, page_for: PageFor) -> Page:
    """Return a report of each outcome."""
    return page_for("go", "data", "failed") if request.param == "blocked" else page_for(request.param, "report", None)


def test_every_table_has_a_caption_and_its_headers_a_scope(page: Page) -> None:
    assert all(table.xpath("string(caption)").strip() for table in page.all("//table"))
    assert not page.all("//th[not(@scope)]")


def test_every_table_and_chart_scrolls_in_a_box_that_the_keyboard_reaches(page: Page) -> None:
    boxed = "ancestor::div[contains(@class, 'scroll') and @tabindex='0' and @role='region' and @aria-label]"

    assert not page.all(f"//table[not({boxed})] | //*[local-name()='svg'][not({boxed})]")


def test_headings_follow_in_order(page: Page) -> None:
    levels = [
        int(str(element.tag)[1]) for element in page.all("//h1 | //h2 | //h3 | //h4") if not element.xpath("ancestor::article")
    ]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_ids_are_unique_and_every_reference_has_its_target(page: Page) -> None:
    ids = page.attributes("id")
    targets = [target.removeprefix("#") for target in page.attributes("href")]
    named = " ".join(page.attributes("aria-labelledby")).split()

    assert len(ids) == len(set(ids))
    assert set(targets + named) <= set(ids)


def test_there_are_landmarks_and_a_way_past_the_header(page: Page) -> None:
    assert page.attributes("lang") == ["en"]
    assert [str(element.tag) for element in page.all("/html/body/*")] == ["a", "header", "main", "footer"]
    assert page.all("/html/body/a")[0].get("href") == "#verdict"
    assert page.all("//header//nav[@aria-label]")


def test_every_chart_is_named_described_and_has_its_figures_as_a_table(page: Page) -> None:
    charts = page.all("//figure")

    assert charts
    for chart in charts:
        (drawing,) = chart.xpath(".//*[local-name()='svg']")
        assert drawing.get("role") == "img"
        assert [str(child.tag) for child in drawing[:2]] == ["title", "desc"]
        assert all(child.text for child in drawing[:2])
        assert chart.xpath(".//details//tbody/tr")


def test_a_state_is_a_word_and_a_sign_and_not_a_colour_alone(page: Page) -> None:
    states = [" ".join(element.text_content().split()) for element in page.all("//*[contains(@class, 'state')]")]

    assert all(re.fullmatch(r"[✓✗?!·–] \S.*", state) for state in states)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_every_text_colour_has_the_contrast_that_wcag_aa_asks_for(scheme: str) -> None:
    colours = palette(scheme)
    grounds = [colours["paper"], colours["raised"]]

    for name in TEXT_COLOURS:
        tinted = mix(colours[name], colours["paper"], TINT)
        low = min(contrast(colours[name], ground) for ground in (*grounds, tinted))
        assert low >= 4.5, f"{name}: {low:.2f}"


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_every_mark_of_a_chart_has_the_contrast_of_graphics(scheme: str) -> None:
    colours = palette(scheme)

    assert all(contrast(colours[name], colours["paper"]) >= 3 for name in (*TEXT_COLOURS, "second"))


def test_the_tint_that_contrast_is_checked_on_is_the_one_in_use() -> None:
    assert f"var(--tone) {TINT:.0%}, var(--paper)" in STYLE.read_text()


def palette(scheme: str) -> dict[str, tuple[int, ...]]:
    """Return the style sheet's colours in one scheme, 0 to 255."""
    blocks = re.findall(r":root \{(.*?)\}", STYLE.read_text(), re.DOTALL)
    found: dict[str, tuple[int, ...]] = {}
    for block in [blocks[0]] if scheme == "light" else [blocks[0], blocks[1 if scheme == "dark" else 2]]:
        for name, value in re.findall(r"--([a-z]+): #([0-9a-f]{6});", block):
            found[name] = tuple(int(value[i : i + 2], 16) for i in (0, 2, 4))
    return found


def mix(colour: tuple[int, ...], ground: tuple[int, ...], share: float) -> tuple[int, ...]:
    """Return a colour laid thinly over a ground."""
    return tuple(round(share * a + (1 - share) * b) for a, b in zip(colour, ground, strict=True))


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Return the contrast ratio of WCAG 2.2, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: tuple[int, ...]) -> float:
    """Return the relative luminance of WCAG 2.2, 0 to 1."""
    parts = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))
