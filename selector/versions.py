"""Which versions of the libraries that matter are installed."""

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = (
    "tunegate", "torch", "transformers", "trl", "peft", "datasets", "accelerate", "scikit-learn", "scipy", "statsmodels",
    "lm-eval", "alt-profanity-check", "textual", "textual-plotext", "jinja2", "altair", "msgspec", "click",
)  # fmt: skip


def installed_versions() -> dict[str, str]:
    """Return the version of each library tunegate stands on; `not installed` where it is absent."""
    return {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
