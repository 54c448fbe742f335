"""Every form of a run that is one text, by the name that `tunegate report --format` takes."""

import sys
from collections.abc import Callable, Mapping
from typing import Final

from reports.contents import Contents
from reports.html import SAMPLES, render
from reports.sharing.badge import badge_of
from reports.sharing.junit import junit_of
from reports.sharing.model_card import model_card_of
from reports.sharing.profiles import Profile, for_profile
from reports.sharing.pull_request import markdown_of
from reports.summary import summary_text

Renderer = Callable[[Contents, Profile], str]


def html_of(contents: Contents, profile: Profile = "shared") -> str:
    """Return the HTML report; the full one shows every sample, harmful text stays folded in each."""
    return render(for_profile(contents, profile), sys.maxsize if profile == "full" else SAMPLES)


RENDERERS: Final[Mapping[str, Renderer]] = {
    "html": html_of,
    "json": lambda contents, _: summary_text(contents),
    "md": markdown_of,
    "junit": lambda contents, _: junit_of(contents),
    "badge": lambda contents, _: badge_of(contents),
    "card": lambda contents, _: model_card_of(contents),
}
"""Summary, JUnit, badge and card hold no example in any profile."""
