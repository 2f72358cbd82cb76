"""Tables as text: in aligned columns for the screen, and in Markdown."""

import collections
from collections.abc import Iterable, Mapping, Sequence

Row = Sequence[object]


def aligned(rows: Iterable[Row], *, right: Sequence[int] = ()) -> str:
    """Lays rows out in columns, two spaces apart.

    Args:
        rows: The cells of each row, of which one shorter than others ends early.
        right: Columns, from 0, whose cells end at the right edge, as numbers do.

    Returns:
        A line for each row.
    """
    rows = [[str(cell) for cell in row] for row in rows]
    columns = range(max(map(len, rows)))
    widths = [max(len(row[i]) for row in rows if len(row) > i) for i in columns]
    return "\n".join(
        "  ".join(
            cell.rjust(widths[i]) if i in right else cell.ljust(widths[i])
            for i, cell in enumerate(row)
        ).rstrip()
        for row in rows
    )


def markdown(head: Row, rows: Iterable[Row]) -> str:
    """Writes rows as a table in Markdown.

    Args:
        head: Titles of the columns.
        rows: The cells of each row, as many as there are titles.

    Returns:
        Lines without one at the end.
    """
    lines = [_line(head), "|" + "---|" * len(head), *map(_line, rows)]
    return "\n".join(lines)


def spread(value: float, interval: Sequence[float] | None, form: str = ".4g") -> str:
    """A number with its interval in brackets, where it has one: `5 (4.5 to 5.5)`."""
    if interval is None:
        return f"{value:{form}}"
    return f"{value:{form}} ({interval[0]:{form}} to {interval[1]:{form}})"


def left_out(reasons: Mapping[str, str]) -> list[str]:
    """What is not in a table, a line for each reason.

    Args:
        reasons: By the name of what is left out.
    """
    names = collections.defaultdict(list)
    for name, reason in reasons.items():
        names[reason].append(name)
    return [f"Left out: {', '.join(each)}: {reason}." for reason, each in names.items()]


def _line(cells: Row) -> str:
    return f"| {' | '.join(map(str, cells))} |"
