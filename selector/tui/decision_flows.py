"""Steps that lead from the answers to the advice, and from there to a plan."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.records.recommendation import Recommendation, Strategy
    from selector.tui.app import TunegateApp
    from selector.tui.scorecard import Scorecard


def show_recommendation(app: "TunegateApp", scorecard: "Scorecard") -> None:
    """Show the advice in full."""
    from selector.tui.screens.recommendation import RecommendationScreen

    def show(recommendation: "Recommendation") -> None:
        app.push_screen(RecommendationScreen(scorecard, recommendation))

    app.attempt(lambda: app.verbs.recommend(scorecard.intake()), show)


def show_plan(app: "TunegateApp", scorecard: "Scorecard", recommendation: "Recommendation", strategy: "Strategy") -> None:
    """Make the plan of a strategy and show it."""
    from reports.errors import UsageError
    from selector.tui.screens.plan import PlanScreen

    sources = scorecard.sources()
    if not sources.data or not sources.model:
        missing = " and ".join(name for name, given in (("data", sources.data), ("a model", sources.model)) if not given)
        app.show_failure(UsageError(f"A plan needs {missing}. Press escape, and name it in the first step, Sources."))
        return
    intake = scorecard.intake()
    app.attempt(
        lambda: app.verbs.make_plan(intake, recommendation, *sources[:2], strategy, sources.layout),
        lambda plan: app.push_screen(PlanScreen(plan, intake, recommendation)),
    )
