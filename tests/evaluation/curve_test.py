import pytest

from tfmix.evaluation import curve, over_seeds

SCALES = (0.5, 1.0, 1.5)


def points(*seeds_at_scales):
    return [over_seeds([{"value": value} for value in values]) for values in seeds_at_scales]


def finding(quality, diversity):
    both = {"quality": quality, "diversity": diversity}
    ranks = {name: curve.correlation(SCALES, each) for name, each in both.items()}
    return curve.finding(SCALES, ranks, **both)


FALLING = points((1.5, 1.51, 1.49), (1.0, 1.02, 0.99), (0.5, 0.51, 0.5))
RISING = points((0.2, 0.21, 0.2), (0.5, 0.51, 0.49), (0.8, 0.79, 0.8))
ONE_SEED = points((3.0,), (2.0,), (1.0,)), points((1.0,), (2.0,), (3.0,))


@pytest.mark.parametrize("pair", [(FALLING, RISING), ONE_SEED])
def test_a_trade_is_found(pair):
    found = finding(*pair)
    assert found.startswith("Rank correlation with scale: quality -1.00")
    assert found.endswith(". Quality falls and diversity rises at every step.")


@pytest.mark.parametrize("last", [(0.5, 0.52, 0.48), (0.3, 0.31, 0.29)], ids=["flat", "falling"])
def test_a_step_in_which_diversity_does_not_rise_is_named(last):
    found = finding(FALLING, [*RISING[:2], *points(last)])
    assert found.endswith(". Diversity is not shown to rise from scale 1 to 1.5.")
    found = finding(RISING, FALLING)
    assert found.lower().count("quality is not shown to fall") == 2
    assert found.count("diversity is not shown to rise") == 2


def test_the_rank_correlation_of_each_seed_counts_order_alone():
    up, down, flat = (1.0, 10.0, 11.0), (3.0, 2.0, 0.0), (5.0, 5.0, 5.0)
    found = curve.correlation(SCALES, points(*zip(up, up, down, flat, strict=True)))
    assert [run["value"] for run in found["runs"]] == [1.0, 1.0, -1.0, 0.0]
    assert found["value"] == 0.25
    assert found["interval"][0] < 0 < found["interval"][1]
