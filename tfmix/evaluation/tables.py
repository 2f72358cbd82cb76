"""Tables as text: in aligned columns for the screen, and in Markdown."""

import collections
from collections.abc import Iterable, Mapping, Sequence

Row = Sequence[object]


def aligned(rows: Iterable[Row], *, right: Sequence[int] = ()) -> str:
    """Lays rows out in columns, two spaces apart; one shorter than others ends early.

    The cells of the columns `right`, from 0, end at the right edge, as numbers do.
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
    """Writes a table in Markdown, from the titles of its columns and the cells of each row."""
    return "\n".join([_line(head), "|" + "---|" * len(head), *map(_line, rows)])


def spread(value: float, interval: Sequence[float] | None, form: str = ".4g") -> str:
    """A number with its interval in brackets, where it has one: `5 (4.5 to 5.5)`."""
    if interval is None:
        return f"{value:{form}}"
    return f"{value:{form}} ({interval[0]:{form}} to {interval[1]:{form}})"


def left_out(reasons: Mapping[str, str]) -> list[str]:
    """What is not in a table, a line for each reason; `reasons` are by name."""
    names = collections.defaultdict(list)
    for name, reason in reasons.items():
        names[reason].append(name)
    return [f"Left out: {', '.join(each)}: {reason}." for reason, each in names.items()]


def _line(cells: Row) -> str:
    return f"| {' | '.join(map(str, cells))} |"
