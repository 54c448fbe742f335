"""What people do with a run whose gates are decided: review it, sign it."""

from typing import TYPE_CHECKING

from reports.rundir import RunDir

if TYPE_CHECKING:
    from reports.records.review import ReviewResult
    from selector.tui.app import TunegateApp


def review(app: "TunegateApp", run: RunDir) -> None:
    """Compare both answers of a run blind, as the person who is logged in."""
    import getpass

    from evals.review.desk import Desk
    from selector.tui.screens.review import ReviewScreen

    app.attempt(lambda: Desk(run, getpass.getuser()), lambda desk: app.push_screen(ReviewScreen(run, desk)))


def count_review(run: RunDir) -> "ReviewResult":
    """Take what people said into the run: the gates are decided with it, and the report is written anew."""
    from evals.review.taking import take_review
    from reports.html import write_report

    found = take_review(run)
    write_report(run)
    return found


def sign(app: "TunegateApp", run: RunDir) -> None:
    """See who has signed the evidence of a run, and sign it."""
    from selector.tui.screens.sign import SignScreen
    from selector.tui.signing_form import read_sheet

    app.attempt(lambda: read_sheet(run), lambda sheet: app.push_screen(SignScreen(run, sheet)))
