"""Scores over training seeds as the tables of benchmarks show them, and whether two differ."""

from typing import Any

from tfmix.evaluation import over_seeds, paired_bootstrap, tables

SHOWN = {"kid": "KID", "coverage": "coverage", "diversity": "diversity", "copies": "copies"}
_LESS_IS_BETTER = {"kid", "copies"}
_DIGITS = ".3g"


def row(name: str, found: list[dict[str, Any]]) -> tuple[str, ...]:
    """The cells of a line: its name, the seeds, each score, the median seconds of training.

    Args:
        name: Of the line.
        found: Results of `runs.run_all` with `image_scores.measure`, one for each seed.
    """
    cells = []
    for score in SHOWN:
        over = over_seeds([{"value": run["scores"][score]} for run in found])
        cells.append(tables.spread(over["value"], over["interval"], _DIGITS))
    seconds = sorted(run["seconds"] for run in found)[len(found) // 2]
    return name, str(len(found)), *cells, f"{seconds:.0f}"


def table(rows: list[tuple[str, ...]], first: str) -> str:
    """A table in Markdown of lines from `row`, whose first column has this head."""
    return tables.markdown((first, "seeds", *SHOWN.values(), "seconds"), rows) + "\n"


def verdict(name: str, found: list[dict[str, Any]], than: list[dict[str, Any]]) -> str:
    """One line on what differs between two lines of a table, over the seeds that they share.

    Args:
        name: What is compared, "A against B".
        found: Results of A.
        than: Results of B.
    """
    lines = []
    for score, title in SHOWN.items():
        pair = [{run["seed"]: run["scores"][score] for run in runs} for runs in (found, than)]
        if len(pair[0].keys() & pair[1].keys()) < 3:
            return f"- {name}: too few seeds to tell."
        difference = paired_bootstrap(*pair)
        value = difference["difference"]
        if difference["shown"]:
            kind = "better" if (value < 0) == (score in _LESS_IS_BETTER) else "worse"
            low, high = (f"{each:{_DIGITS}}" for each in difference["interval"])
            lines.append(f"**{title} {value:+{_DIGITS}} ({low} to {high}), {kind}**")
        else:
            lines.append(f"{title}: no difference shown ({value:+{_DIGITS}})")
    return f"- {name}: {'; '.join(lines)}."
