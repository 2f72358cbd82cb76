import numpy as np
import pytest
import tensorflow as tf

from tfmix import seeds
from tfmix.priors import ClassCodewords

COUNT = 40_000


def drawn(labels):
    label, code = labels.draw(np.zeros(COUNT, np.int32), tf.constant([1, 2]))
    return label.numpy(), code.numpy()


@pytest.mark.parametrize(
    ("codeword", "std", "scale"),
    [("ordinal", 0.2, 1.0), ("ordinal", 0.5, 3.0), ("one_hot", 0.3, 2.0)],
)
def test_an_entry_is_normal_about_scale_times_the_place_of_its_class(codeword, std, scale):
    places = np.eye(3) if codeword == "one_hot" else np.tile([[0], [1], [2]], 3)
    label, code = drawn(ClassCodewords(3, 3, std=std, scale=scale, codeword=codeword))
    error = 5 * std / np.sqrt(COUNT / 3)
    for each in range(3):
        of_class = code[label == each]
        np.testing.assert_allclose(of_class.mean(axis=0), scale * places[each], atol=error)
        np.testing.assert_allclose(of_class.std(axis=0), [std] * 3, atol=error)


def test_noise_is_normal_and_independent_a_quantile_of_each_uniform_number():
    labels = ClassCodewords(9, 3)
    label, code = drawn(labels)
    noise = (code - label[:, None]) / 0.2
    np.testing.assert_allclose(np.mean(noise**4, axis=0), [3] * 3, atol=0.3)
    np.testing.assert_allclose(np.corrcoef(noise.T), np.eye(3), atol=5 / np.sqrt(COUNT))
    code = labels.code(tf.constant([8]), tf.constant([[0.5, 0.8413447, 0.0227501]]))
    np.testing.assert_allclose(code, [[8.0, 8.2, 7.6]], rtol=1e-5)
    assert (labels.width, labels.num_uniforms, labels.component_to_class) == (3, 3, None)


def test_no_deviation_leaves_the_place_alone():
    for codeword, places in (("one_hot", np.eye(3)), ("ordinal", np.tile([[0], [1], [2]], 3))):
        label, code = drawn(ClassCodewords(3, 3, std=0, codeword=codeword))
        np.testing.assert_array_equal(code, places[label])


def test_a_row_s_codeword_depends_on_its_seed():
    labels, same = ClassCodewords(4, 3), np.full(32, 2, np.int32)
    _, code = labels.sample_rows(seeds.row_seeds(5, 32), 2, np.zeros(32, np.int32), same)
    assert len(np.unique(code)) == 96
    assert np.abs(code - 2).max() < 1.2  # six deviations


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"codeword_dim": 0}, "codeword_dim is an integer of at least 1"),
        ({"codeword_dim": 1.5}, "codeword_dim is an integer"),
        ({"std": -0.1}, r"codeword_std is at least 0 and finite\. Received: codeword_std=-0\.1"),
        ({"std": float("inf")}, "codeword_std is at least 0 and finite"),
        ({"scale": 0}, "codeword_scale is above 0 and finite"),
        ({"scale": "1"}, "codeword_scale is above 0 and finite"),
        ({"codeword": "binary"}, "codeword is one of ordinal, one_hot"),
        ({"codeword": "one_hot"}, r"as wide as there are classes, 4\. Received: codeword_dim=3"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        ClassCodewords(**{"num_classes": 4, "codeword_dim": 3, **arguments})
