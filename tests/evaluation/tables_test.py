from tfmix.evaluation import tables

ROWS = [("name", "value"), ("a", 1), (), ("long name", 10)]


def test_columns_are_as_wide_as_their_widest_cell():
    left = "name       value\na          1\n\nlong name  10"
    right = "name       value\na              1\n\nlong name     10"
    assert (tables.aligned(ROWS), tables.aligned(ROWS, right=(1,))) == (left, right)


def test_markdown_has_a_line_for_each_row():
    table = tables.markdown(("a", "b"), [("x", 1), ("y", 2)])
    assert table == "| a | b |\n|---|---|\n| x | 1 |\n| y | 2 |"


def test_a_number_comes_with_its_interval():
    assert tables.spread(2.34567, (1, 3)) == "2.346 (1 to 3)"
    assert tables.spread(2.34567, None, ".2f") == "2.35"
