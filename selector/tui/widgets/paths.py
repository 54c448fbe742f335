"""Completing the name of a file while it is typed."""

from pathlib import Path

from textual.suggester import Suggester


class PathSuggester(Suggester):
    """Completes the last word of a field with the first file or folder that begins so."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """Return the whole field with its last word completed; None where nothing begins so."""
        return completed(value)


def completed(text: str) -> str | None:
    """Return a text with the path at its end completed; None where no other name begins so."""
    typed = text.rpartition(" ")[2].lstrip("'\"")
    folder, slash, start = typed.rpartition("/")
    try:
        names = [found.name for found in Path(folder + slash).expanduser().iterdir()] if typed else []
    except OSError:
        return None
    found = min((name for name in names if name.startswith(start) and not name.startswith(".")), default=start)
    return None if found == start else text + found[len(start) :]
