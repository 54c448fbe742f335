"""Reports that several tests read: each is rendered once."""

from collections.abc import Callable
from functools import cache

import pytest

from reports.html import write_report
from reports.records.gates import Verdict
from reports.records.run import RunStatus
from reports.rundir import RunDir
from tests.reports.page import Page
from tests.reports.sample_run import Upto, build_sample_run

RunFor = Callable[[Verdict, Upto, RunStatus | None], RunDir]
PageFor = Callable[[Verdict, Upto, RunStatus | None], Page]


@pytest.fixture(scope="session")
def run_for(tmp_path_factory: pytest.TempPathFactory) -> RunFor:
    """Return sample runs by verdict, step and status; tests must not change them."""

    @cache
    def build(verdict: Verdict, upto: Upto, status: RunStatus | None) -> RunDir:
        return build_sample_run(tmp_path_factory.mktemp("shared"), verdict, upto, status)

    return build


@pytest.fixture(scope="session")
def page_for(run_for: RunFor) -> PageFor:
    """Return the reports of those runs."""

    @cache
    def build(verdict: Verdict, upto: Upto, status: RunStatus | None) -> Page:
        return Page(write_report(run_for(verdict, upto, status)).read_text(encoding="utf-8"))

    return build


@pytest.fixture(scope="session")
def go(run_for: RunFor) -> RunDir:
    """Return a whole run that passed."""
    return run_for("go", "report", None)


@pytest.fixture(scope="session")
def page(page_for: PageFor) -> Page:
    """Return its report."""
    return page_for("go", "report", None)
