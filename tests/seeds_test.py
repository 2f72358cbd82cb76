import itertools

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tfmix import seeds

SEEDS = [0, 1, -1, 12345, 2**31 - 1, -(2**31)]
SEED = tf.constant([3, -7])


def row_seed(seed, row):
    """The seed of a row, in whole numbers of any size."""
    value = (seed + row * 0x9E3779B9) % 2**32
    return value - 2**32 if value >= 2**31 else value


def compiled(function):
    return tf.function(function, jit_compile=True)


def test_rows_step_by_the_golden_ratio():
    for seed in SEEDS:
        rows = seeds.row_seeds(seed, 1000)
        assert rows.dtype == tf.int32
        assert rows.numpy().tolist() == [row_seed(seed, row) for row in range(1000)]
    assert len(np.unique(seeds.row_seeds(0, 20_000))) == 20_000


def test_a_vector_of_seeds_is_used_as_it_is_and_every_integer_is_a_seed():
    for kind in (list, np.int64, np.int32, tf.constant):
        np.testing.assert_array_equal(seeds.row_seeds(kind(SEEDS), len(SEEDS)), SEEDS)
    for seed in (np.uint8(7), np.array(7), np.int64(7), tf.constant(7)):
        np.testing.assert_array_equal(seeds.row_seeds(seed, 3), seeds.row_seeds(7, 3))
    for seed in (0, [], np.zeros([0], np.int32)):
        rows = seeds.row_seeds(seed, 0)
        assert (rows.dtype, rows.shape) == (tf.int32, (0,))


NO_INTEGERS = [1.0, True, None, "1", [1.0, 2.0], [True, False]]
OUTSIDE = [2**31, -(2**31) - 1, 2**63, [0, 2**31], [-(2**31) - 1, 0]]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (NO_INTEGERS, r"A seed is an int32.*Received: seed="),
        (OUTSIDE, r"A seed lies in \[-2147483648, 2147483647\]"),
        ([[1], [1, 2, 3], [[1, 2]], []], r"shape \(2,\) here\. Received: shape"),
    ],
)
def test_row_seeds_refuses(wrong, message):
    for seed in wrong:
        with pytest.raises(ValueError, match=message):
            seeds.row_seeds(seed, 2)


def test_row_seeds_refuses_num_samples():
    for num_samples in (-1, 2.0, True, None, "2"):
        with pytest.raises(ValueError, match=f"num_samples={num_samples!r}"):
            seeds.row_seeds(0, num_samples)


def test_check_gives_an_int_or_refuses():
    for seed in [*SEEDS, np.int64(4)]:
        checked = seeds.check(seed)
        assert (type(checked), checked) == (int, seed)
    for seed in (1.0, True, None, "1", [1], 2**31, -(2**31) - 1):
        with pytest.raises(ValueError, match=r"^A seed (is an|lies in).*Received: seed="):
            seeds.check(seed)


def test_spawned_seeds_are_seeds_and_all_different():
    parts = [(), (0,), (1,), (0, 0), (0, 1), (1, 0)]
    paths = [(seed, *part) for seed in [*SEEDS, *range(2, 200)] for part in parts]
    spawned = [seeds.spawn(*path) for path in paths]
    assert len(set(spawned)) == len(paths)
    assert spawned == [seeds.spawn(*path) for path in paths]
    assert min(spawned) >= 0
    assert 2**30 < max(spawned) < 2**31
    with pytest.raises(ValueError, match="A seed lies in"):
        seeds.spawn(2**31, 0)


def test_folding_in_gives_other_seeds_with_and_without_xla():
    numbers = [0, 1, 2, -1, 2**31 - 1]
    folded = {tuple(seeds.fold_in(SEED, number).numpy()) for number in numbers}
    assert len(folded | {tuple(SEED.numpy())}) == len(numbers) + 1
    wide = tf.constant(2**40 + 9, tf.int64)  # its low bits are 9
    for other in (seeds.fold_in(SEED, wide), compiled(seeds.fold_in)(SEED, 9)):
        np.testing.assert_array_equal(other, seeds.fold_in(SEED, 9))


def test_step_seeds_are_all_different():
    places = list(itertools.product([0, 1, -1], range(8), range(4)))
    assert len({tuple(seeds.step_seed(*place).numpy()) for place in places}) == len(places)


@pytest.mark.parametrize("place", [(1, 0, 0), (0, 1, 0), (0, 0, 1)])
def test_another_seed_step_or_replica_draws_other_numbers(place):
    drawn = seeds.uniform([1000], seeds.step_seed(0, 0, 0)).numpy()
    other = seeds.uniform([1000], seeds.step_seed(*place)).numpy()
    assert abs(np.corrcoef(drawn, other)[0, 1]) < 4 / np.sqrt(1000)


def test_uniform_is_uniform_odd_multiples():
    drawn = seeds.uniform([1000, 100], SEED).numpy()
    multiples = drawn.astype(np.float64) * 2**24
    np.testing.assert_array_equal(multiples % 2, 1)
    assert 0 < multiples.min() < 2**10
    assert 2**24 - 2**10 < multiples.max() < 2**24
    assert stats.kstest(drawn.ravel(), "uniform").pvalue > 1e-3


def test_uniform_never_reaches_its_ends(monkeypatch):
    extremes = tf.constant([0, -1, 2**31 - 1, -(2**31)])
    monkeypatch.setattr(seeds, "_bits", lambda *_: extremes)
    expected = [2.0**-24, 1 - 2.0**-24, 0.5 - 2.0**-24, 0.5 + 2.0**-24]
    np.testing.assert_array_equal(seeds.uniform([4], SEED), np.float32(expected))


def test_uniform_has_the_same_bits_with_xla_and_for_a_shape_known_late():
    expected = seeds.uniform([50, 3], SEED)
    drawn = compiled(lambda seed: seeds.uniform([50, 3], seed))(SEED)
    np.testing.assert_array_equal(drawn, expected)
    late = tf.function(lambda rows: seeds.uniform([rows, 3], SEED))(tf.constant(50))
    np.testing.assert_array_equal(late, expected)


@pytest.mark.parametrize("seed", [[0, 0], [3, -7], [-(2**31), 2**31 - 1]])
def test_bits_are_those_of_tensorflow_s_philox(seed):
    whole = {"minval": None, "maxval": None, "dtype": tf.int32, "alg": "philox"}
    bits = tf.random.stateless_uniform([5, 3], seed, **whole)
    for draw in (seeds._bits, tf.function(seeds._bits), compiled(seeds._bits)):
        np.testing.assert_array_equal(draw([5, 3], tf.constant(seed)), bits)
    folded = tf.random.fold_in(tf.constant(seed), 9, alg="philox")
    np.testing.assert_array_equal(seeds.fold_in(tf.constant(seed), 9), folded)


@pytest.mark.parametrize("width", [1, 6, 101])
def test_rows_are_those_of_tensorflow_s_philox(width):
    expected = [seeds.uniform([width], tf.constant([seed, 0])) for seed in SEEDS]
    for draw in (seeds.uniform_rows, tf.function(seeds.uniform_rows, jit_compile=True)):
        np.testing.assert_array_equal(draw(tf.constant(SEEDS), width), expected)


def test_images_drawn_long_ago_keep_their_numbers():
    multiples = seeds.uniform_rows(tf.constant([0, 1, -1]), 2).numpy() * 2**24
    expected = [[15178499, 10541663], [15167603, 10009313], [13822535, 9317847]]
    np.testing.assert_array_equal(multiples, expected)


def test_row_does_not_depend_on_its_batch_nor_its_place():
    rows = seeds.row_seeds(0, 64)
    whole = seeds.uniform_rows(rows, 5)
    for size in (1, 2, 7):
        np.testing.assert_array_equal(seeds.uniform_rows(rows[:size], 5), whole[:size])
    order = np.random.default_rng(0).permutation(64)
    shuffled = seeds.uniform_rows(tf.gather(rows, order), 5)
    np.testing.assert_array_equal(shuffled, tf.gather(whole, order))
    for width in (1, 2, 4):  # a wider row starts with the narrower
        np.testing.assert_array_equal(seeds.uniform_rows(rows, width), whole[:, :width])


def test_rows_of_uniforms_are_uniform_and_uncorrelated():
    drawn = seeds.uniform_rows(seeds.row_seeds(0, 5000), 4).numpy()
    assert min(stats.kstest(column, "uniform").pvalue for column in drawn.T) > 1e-3
    columns = np.concatenate([drawn[1:], drawn[:-1]], axis=1)  # beside, and one row further on
    correlation = np.corrcoef(columns, rowvar=False) - np.eye(8)
    assert abs(correlation).max() < 4 / np.sqrt(5000)
