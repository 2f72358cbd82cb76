"""The page of results."""

import copy
import pathlib

from tfmix.evaluation import saved_reports
from zoo import results

HERE = pathlib.Path(results.__file__).parent
EARLIER = HERE.parent / "tests" / "goldens" / "reports" / "later.json"


def test_the_page_is_what_the_reports_give(programs):
    assert (HERE / "README.md").read_text() == results.page()
    assert programs.run("zoo.results", "--help").code == 0


def test_scores_that_do_not_compare_never_meet_in_a_column():
    """What today's version defines has the column, and of two counts the larger one."""
    before = saved_reports.read(EARLIER)
    today = copy.deepcopy(before)
    for name, score in today["scores"].items():
        score["hash"] = name
    today["scores"]["kid10k_mnist"] |= {"value": 0.0123, "settings": {"scaled": True, "seed": 0}}
    fewer = copy.deepcopy(today)
    fewer["protocol"]["num_fake"] = 1_000
    fewer["scores"] = {k.replace("10k", "1k"): v for k, v in today["scores"].items()}
    shown = {"acgan_mnist": [before], "dcgan_mnist": [today], "gan_mnist": [fewer]}
    lines = results.section(shown).splitlines()
    head, _, *rows = ([c.strip() for c in line.split("|")] for line in lines if line[:1] == "|")
    kid, fid = ([row[head.index(name)] for row in rows] for name in ("kid", "fid"))
    assert kid[:3] == ["", "0.0123", ""]
    assert fid[:3] == ["53.98", "53.98", ""]
    assert "clipped_coverage" not in head
