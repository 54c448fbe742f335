"""What a person changed about the app: keys by their names, and the theme."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from reports.errors import UsageError
from reports.places import config_root

FILE: Final = "app.toml"
THEMES: Final = {"dark": "tunegate-dark", "light": "tunegate-light"}


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file of settings; everything may be left out."""

    theme: str = "dark"
    """`dark`, `light`, or a theme of Textual."""
    keys: dict[str, str] = {}
    """By name of a binding, for example `home.new`, the keys that do it, separated by commas."""


def theme_named(settings: Settings, known: Sequence[str]) -> str:
    """Return the theme of the settings by its full name; UsageError where there is none of that name."""
    theme = THEMES.get(settings.theme, settings.theme)
    if theme not in known:
        raise UsageError(f"The theme {settings.theme!r} does not exist. Themes: {', '.join(THEMES)}, or one of Textual.")
    return theme


def settings_path() -> Path:
    """Return where the settings are read from."""
    return config_root() / FILE


def read_settings(path: Path | None = None) -> Settings:
    """Return the settings; the defaults where there is no file.

    Raises:
        UsageError: the file is no TOML, or has a key that nothing reads.
    """
    path = path or settings_path()
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Settings)
    except FileNotFoundError:
        return Settings()
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        example = 'theme = "light", and below [keys] lines such as "home.new" = "f2"'
        raise UsageError(f"{path}: cannot be read as settings of the app ({error}). It may hold {example}.") from error
