"""Texts in columns: two beside each other, or one hanging behind a sign."""

from itertools import zip_longest

from textual.content import Content

from selector.tui.wording import STYLES


def side_by_side(left: tuple[str, str], right: tuple[str, str], width: int) -> Content:
    """Return two texts under their titles in two columns of one width, wrapped at words."""
    column = max(10, (width - 3) // 2)
    rows = zip_longest(_column(*left, column), _column(*right, column), fillvalue=Content())
    bar = Content.styled(" │ ", "$border")
    return Content("\n").join(a.pad_right(column - a.cell_length) + bar + b for a, b in rows)


def hanging(sign: Content, text: Content, width: int) -> Content:
    """Return a text wrapped to `width`, every line of it beginning behind the sign."""
    indent = sign.cell_length
    first, *others = text.wrap(max(10, width - indent)) or [Content()]
    return Content("\n").join([sign + first.rstrip(), *(Content(" " * indent) + line.rstrip() for line in others)])


def _column(title: str, text: str, width: int) -> list[Content]:
    lines = Content(text or "(empty)").wrap(width)
    return [Content.styled(title, f"{STYLES['quiet']} bold"), *(part.rstrip().truncate(width) for part in lines)]
