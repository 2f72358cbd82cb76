import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmix import priors, seeds
from tfmix.priors import ClassCodewords, ComponentLabels, OneHotLabels

CLASS_WEIGHTS = [0.5, 0.3, 0.0, 0.2]
CLASSES = [1, 0, 2, 1, 2]  # of five components
SEED = tf.constant([1, 2])
ONE_HOT = OneHotLabels(4, class_weights=CLASS_WEIGHTS)
CODEWORDS = ClassCodewords(4, 3, class_weights=CLASS_WEIGHTS)
OF_COMPONENTS = ComponentLabels(3, CLASSES)
DRAWN = pytest.mark.parametrize("labels", [ONE_HOT, CODEWORDS], ids=["one_hot", "codewords"])


@pytest.fixture(
    params=[ONE_HOT, CODEWORDS, OF_COMPONENTS], ids=["one_hot", "codewords", "of_components"]
)
def labels(request):
    return request.param


def components(count):
    return (np.arange(count) % len(CLASSES)).astype(np.int32)


def rows(labels, row_seeds, label=-1):
    """Classes and codes of rows whose prior took three uniform numbers each."""
    count = len(row_seeds)
    return labels.sample_rows(
        tf.constant(row_seeds), 3, components(count), np.full(count, label, np.int32)
    )


def assert_same(drawn, expected, where=slice(None)):
    for value, due in zip(drawn, expected, strict=True):
        np.testing.assert_array_equal(value, due.numpy()[where])


def assert_frequencies(label, weights):
    shares = np.bincount(label, minlength=len(weights)) / len(label)
    bound = 5 * np.sqrt(np.multiply(weights, np.subtract(1, weights)) / len(label))
    assert (np.abs(shares - weights) <= bound).all(), shares


def test_shapes_and_types(labels):
    row_seeds = np.arange(7, dtype=np.int32)
    for label, code in (labels.draw(components(7), SEED), rows(labels, row_seeds)):
        assert (label.shape, label.dtype) == ((7,), tf.int32)
        assert (code.shape, code.dtype) == ((7, labels.width), tf.float32)


@DRAWN
def test_classes_come_as_often_as_their_weights_say_whatever_the_component(labels):
    component = components(20_000)
    label, _ = labels.draw(component, SEED)
    assert_frequencies(label, CLASS_WEIGHTS)
    for each in range(5):
        assert_frequencies(label.numpy()[component == each], CLASS_WEIGHTS)
    assert_frequencies(rows(labels, seeds.row_seeds(5, 2_000).numpy())[0], CLASS_WEIGHTS)
    alike = type(labels).from_config(labels.get_config() | {"class_weights": None})
    assert_frequencies(alike.draw(component, SEED)[0], [0.25] * 4)


def test_training_draws_are_a_function_of_their_seed(labels):
    first, again, other = (labels.draw(components(50), seed) for seed in (SEED, SEED, SEED + 1))
    assert_same(first, again)
    if labels.component_to_class is None:
        assert (first[0] != other[0]).numpy().any()


def test_a_row_depends_on_neither_its_batch_nor_its_place(labels):
    row_seeds = seeds.row_seeds(5, 40).numpy()
    whole, moved = rows(labels, row_seeds), row_seeds.copy()
    for size in (0, 1, 5, 16, 33):
        assert_same(rows(labels, row_seeds[:size]), whole, slice(size))
    order = np.random.default_rng(0).permutation(8) * 5  # places of one component
    moved[::5] = row_seeds[order]
    assert_same([part[::5] for part in rows(labels, moved)], whole, order)


@DRAWN
def test_a_class_that_is_asked_for_is_given_with_the_same_noise(labels):
    row_seeds = seeds.row_seeds(5, 30).numpy()
    label, code = rows(labels, row_seeds, 2)
    np.testing.assert_array_equal(label, [2] * 30)
    uniform = seeds.uniform_rows(row_seeds, 4 + labels.num_uniforms)[:, 4:]
    np.testing.assert_allclose(code, labels.code(label, uniform), atol=1e-6)


def test_a_one_hot_code_is_the_unit_vector_of_its_class():
    label, code = ONE_HOT.draw(components(50), SEED)
    np.testing.assert_array_equal(code, np.eye(4)[label])
    assert (ONE_HOT.width, ONE_HOT.num_uniforms) == (4, 0)


def test_a_component_s_latent_is_of_its_class():
    row_seeds = np.arange(20, dtype=np.int32)
    for label, code in (OF_COMPONENTS.draw(components(20), SEED), rows(OF_COMPONENTS, row_seeds)):
        np.testing.assert_array_equal(label, np.tile(CLASSES, 4))
        assert code.shape == (20, 0)


def test_components_are_weighted_within_the_class_that_is_asked_for():
    weights = tf.constant([0.1, 0.2, 0.3, 0.15, 0.25])
    found = OF_COMPONENTS.component_weights(tf.constant([1, 0, 2, -1]), weights)
    np.testing.assert_array_equal(
        found, np.float32([[0.1, 0, 0, 0.15, 0], [0, 0.2, 0, 0, 0], [0, 0, 0.3, 0, 0.25], weights])
    )
    assert ONE_HOT.component_weights(tf.constant([1]), weights) is None


def test_a_component_and_a_class_agree_where_it_is_its_class():
    component = tf.constant([0, 0, -1, 4, 2, 99])
    label = tf.constant([1, 0, 0, 2, -1, -1])
    agreed = OF_COMPONENTS.agree(component, label)
    np.testing.assert_array_equal(agreed, [True, False, True, True, True, True])
    assert ONE_HOT.agree(component, label).numpy().all()


def weighted(class_weights):
    return OneHotLabels(3, class_weights=class_weights)


MAP = r"a class in \[0, 3\) for each component.*component_to_class=3 at \[2\]"


@pytest.mark.parametrize(
    ("make", "arguments", "message"),
    [
        (OneHotLabels, (0,), "num_classes is an integer of at least 1"),
        (OneHotLabels, (2.0,), "num_classes is an integer"),
        (ComponentLabels, (3, [0, 1, 3]), MAP),
        (ComponentLabels, (3, [0, -1, 2]), "component_to_class=-1"),
        (ComponentLabels, (3, [0, 0, 2]), r"at least one component.*\[0, 0, 2\], without 1"),
        (ComponentLabels, (3, [0.0, 1.0, 2.0]), "for each component"),
        (ComponentLabels, (3, [[0, 1, 2]]), r"Received: shape \(1, 3\)"),
        (ComponentLabels, (3, []), r"Received: shape \(0,\)"),
        (weighted, ([0.5, 0.5],), r"class_weights has shape \(3,\)"),
        (weighted, ([0.5, 0.6, -0.1],), r"class_weights are at least 0.*-0\.1"),
        (weighted, ([0.5, 0.5, 0.5],), r"sum of 1\.5"),
    ],
)
def test_refuses(make, arguments, message):
    with pytest.raises(ValueError, match=message):
        make(*arguments)


def test_config_is_json_and_makes_the_same_labels(labels):
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(labels)))
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is type(labels)
    assert again.get_config() == labels.get_config()
    assert_same(again.draw(components(20), SEED), labels.draw(components(20), SEED))


def test_labels_leave_the_prior_its_own_noise():
    prior, count = priors.GaussianMixture(5, 3), 400
    z = prior.sample(count, seed=5, component=0).z
    row_seeds, used = seeds.row_seeds(5, count), 1 + prior.num_uniforms
    label = np.zeros(count, np.int32)
    _, code = CODEWORDS.sample_rows(row_seeds, used, components(count), label)
    # The same uniform numbers would correlate by 1.
    shared = np.corrcoef(np.concatenate([z, code], axis=1).T)[:3, 3:]
    assert np.abs(shared).max() < 5 / np.sqrt(count)
