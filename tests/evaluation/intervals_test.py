import numpy as np
import pytest
from scipy import stats

from tfmix.evaluation import intervals, over_seeds, paired_bootstrap


def test_the_mean_over_seeds_comes_with_students_interval():
    values = [1.0, 2.0, 4.0, 7.0]
    found = over_seeds([{"value": value, "more": 1} for value in values])
    assert found["value"] == 3.5
    assert found["std_over_seeds"] == pytest.approx(np.std(values, ddof=1))
    confidence = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert found["interval"] == pytest.approx([confidence.low, confidence.high])
    assert found["runs"][2] == {"value": 4.0, "more": 1}
    one = {"value": 2.0, "std_over_seeds": None, "interval": None, "runs": [{"value": 2.0}]}
    assert over_seeds([{"value": 2.0}]) == one


def test_an_interval_holds_the_truth_19_times_in_20():
    draws = np.random.default_rng(0).normal(5, 2, [1000, 5])
    held = [low <= 5 <= high for low, high in map(intervals.interval, draws.tolist())]
    assert np.mean(held) == pytest.approx(0.95, abs=0.03)


def test_a_shift_that_all_seeds_share_is_shown_however_far_they_spread():
    second = {seed: 10.0 * seed for seed in range(5)}
    first = {seed: value + 1 for seed, value in second.items()}
    found = paired_bootstrap(first, second)
    assert (found["shown"], found["seeds"]) == (True, [0, 1, 2, 3, 4])
    assert found["difference"] == pytest.approx(1)
    assert found["interval"] == pytest.approx([1, 1])


@pytest.mark.parametrize(
    ("values", "above"), [((1.0, -1.0, 2.0, -2.0, 0.5), False), ((0.1, 2.0, 9.0), True)]
)
def test_neither_noise_nor_three_seeds_of_one_sign_show_a_difference(values, above):
    first = dict(enumerate(values))
    found = paired_bootstrap(first, dict.fromkeys(first, 0.0))
    assert not found["shown"]
    assert (found["interval"][0] > 0, found["interval"][1] > 0) == (above, True)


def test_only_common_seeds_count():
    first, second = {0: 1.0, 1: 1.0, 2: 1.0, 9: 100.0}, {0: 0.0, 1: 0.0, 2: 0.0, 8: -100.0}
    assert paired_bootstrap(first, second)["difference"] == 1
    with pytest.raises(ValueError, match=r"at least 3 seeds in common\. Received: \[0, 1, 9\]"):
        paired_bootstrap({0: 1.0, 1: 1.0, 9: 1.0}, second)
