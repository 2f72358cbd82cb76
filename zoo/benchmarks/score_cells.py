"""Scores over training seeds as the tables of benchmarks show them, and whether two differ."""

from typing import Any

SHOWN = {"kid": "KID", "coverage": "coverage", "diversity": "diversity", "copies": "copies"}
_LESS_IS_BETTER = {"kid", "copies"}


def row(name: str, found: list[dict[str, Any]]) -> str:
    """A line of a table in Markdown: the seeds, each score, and the median seconds of training.

    Args:
        name: Of the line.
        found: Results of `runs.run_all` with `image_scores.measure`, one a seed.
    """
    from tfmix.evaluation import over_seeds

    cells = []
    for score in SHOWN:
        over = over_seeds([{"value": run["scores"][score]} for run in found])
        cells.append(_digits(over["value"]))
        if over["interval"]:
            cells[-1] += f" ({_digits(over['interval'][0])} to {_digits(over['interval'][1])})"
    seconds = sorted(run["seconds"] for run in found)[len(found) // 2]
    return f"| {name} | {len(found)} | {' | '.join(cells)} | {seconds:.0f} |"


def table(rows: list[str], first: str) -> str:
    """A table in Markdown of lines from `row`, whose first column has this head."""
    head = f"| {first} | seeds | {' | '.join(SHOWN.values())} | seconds |"
    return "\n".join([head, "|---" * (len(SHOWN) + 3) + "|", *rows, ""])


def verdict(name: str, found: list[dict[str, Any]], than: list[dict[str, Any]]) -> str:
    """One line on what differs between two lines of a table, over the seeds that they share.

    Args:
        name: What is compared, "A against B".
        found: Results of A.
        than: Results of B.
    """
    from tfmix.evaluation import paired_bootstrap

    told = []
    for score, title in SHOWN.items():
        pair = [{run["seed"]: run["scores"][score] for run in runs} for runs in (found, than)]
        if len(pair[0].keys() & pair[1].keys()) < 3:
            return f"- {name}: too few seeds to tell."
        difference = paired_bootstrap(*pair)
        value = difference["difference"]
        if difference["shown"]:
            kind = "better" if (value < 0) == (score in _LESS_IS_BETTER) else "worse"
            low, high = map(_digits, difference["interval"])
            told.append(f"**{title} {_digits(value, '+')} ({low} to {high}), {kind}**")
        else:
            told.append(f"{title}: no difference shown ({_digits(value, '+')})")
    return f"- {name}: {'; '.join(told)}."


def _digits(value: float, sign: str = "-") -> str:
    """Three significant digits."""
    return f"{value:{sign}.3g}"
