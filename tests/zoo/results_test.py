"""The page of results."""

import pathlib

from zoo import results


def test_the_page_is_what_the_reports_give(programs):
    assert (pathlib.Path(results.__file__).parent / "README.md").read_text() == results.page()
    assert programs.run("zoo.results", "--help").code == 0
