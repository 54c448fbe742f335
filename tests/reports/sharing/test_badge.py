"""The badge for a README."""

import pytest
from lxml import etree  # type: ignore[import-untyped]

from reports.contents import read_contents
from reports.records.gates import Verdict
from reports.rundir import RunDir
from reports.sharing.badge import COLOURS, badge_of
from tests.reports.conftest import RunFor
from tests.reports.sharing.hostile import hostile_contents

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("verdict", "words"), [("go", "✓ go, 5 of 5 gates"), ("no-go", "✗ no-go, "), ("inconclusive", "? inconclusive, ")]
)
def test_the_badge_says_the_verdict_in_a_sign_and_a_word(run_for: RunFor, verdict: Verdict, words: str) -> None:
    root = etree.fromstring(badge_of(read_contents(run_for(verdict, "report", None))).encode())
    shown = [element.text for element in root.iter(f"{SVG}text")]

    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == root.find(f"{SVG}title").get("id")
    assert root.find(f"{SVG}title").text.startswith(f"tunegate: {verdict}, ")
    assert shown[1].startswith(words)


def test_a_run_without_a_verdict_says_so(run_for: RunFor) -> None:
    assert "tunegate: no verdict" in badge_of(read_contents(run_for("go", "train", "running")))


def test_the_text_lies_inside_its_half(go: RunDir) -> None:
    root = etree.fromstring(badge_of(read_contents(go)).encode())
    halves = [(float(r.get("x", 0)), float(r.get("width"))) for r in root.findall(f"{SVG}g/{SVG}rect")]

    for text, (start, width) in zip(root.iter(f"{SVG}text"), halves, strict=True):
        middle, length = float(text.get("x")), float(text.get("textLength"))
        assert start < middle - length / 2 < middle + length / 2 < start + width


@pytest.mark.parametrize("colour", COLOURS.values())
def test_white_on_each_colour_has_contrast_of_4_5_and_more(colour: str) -> None:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]

    assert 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05) >= 4.5


def test_no_text_of_the_run_reaches_the_badge(go: RunDir) -> None:
    contents = read_contents(go)

    assert badge_of(hostile_contents(go)) == badge_of(contents)
