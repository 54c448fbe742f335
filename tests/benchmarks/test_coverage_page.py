"""The committed coverage page and how it marks what falls short."""

from tests.benchmarks.coverage import PAGE, TABLES
from tests.benchmarks.coverage_rows import one_rate, row
from tests.evals.stats.simulation import Missed


def test_the_page_holds_every_cell_of_every_table() -> None:
    page = PAGE.read_text()
    for table in TABLES:
        section = page.split(f"## {table.title}\n")[1].split("\n## ")[0]
        cells = [line for line in section.splitlines() if line.startswith("|")][2:]
        assert len(cells) == len(table.arguments)


def test_no_cell_of_the_page_misses_what_is_asked() -> None:
    assert " short**" not in PAGE.read_text()
    assert " too often**" not in PAGE.read_text()


def test_a_cell_that_misses_what_is_asked_is_marked() -> None:
    assert row(("20",), Missed(0.05, 0.05), 0.06, 0).cells == ("20", "**90.0 % short**", "**6.0 % too often**")
    assert row(("20",), Missed(0.02, 0.03), 0.05, 0).cells == ("20", "95.0 %", "5.0 %")
    assert row(("20",), Missed(0.05, 0.02), 0.06, 400).cells == ("20", "93.0 %", "6.0 %")


def test_exact_rows_are_those_of_the_page() -> None:
    assert f"| {' | '.join(one_rate(50, 0.05).cells)} |" in PAGE.read_text()
