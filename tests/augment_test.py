"""Differentiable augmentation: what each operation does, its gradients, its seeds."""

import numpy as np
import pytest
import tensorflow as tf

from tfmix import augment

IMAGES = np.random.default_rng(0).uniform(-1, 1, [16, 12, 9, 3])
SEED = tf.constant([3, 4])


def augmented(images=IMAGES, **arguments):
    return augment.augment(images, **{"seed": 7, **arguments}).numpy()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", augment.OPERATIONS)
def test_gradients_are_those_of_finite_differences(name, channels):
    images = tf.constant(IMAGES[..., :channels])
    generator = np.random.default_rng(1)
    direction, weights = generator.normal(size=[2, *images.shape])

    def loss(images):
        augmented = augment.augment(images, seed=5, operations=name)
        return tf.reduce_sum(weights * augmented**2)

    with tf.GradientTape() as tape:
        tape.watch(images)
        value = loss(images)
    gradient = tape.gradient(value, images)
    slope = tf.reduce_sum(gradient * direction)
    step = 1e-6
    rise = (loss(images + step * direction) - loss(images - step * direction)) / (2 * step)
    np.testing.assert_allclose(slope, rise, rtol=1e-6)
    assert abs(slope) > 1e-3
    assert (np.abs(gradient).sum(axis=(1, 2, 3)) > 0).all()  # every image's


def test_the_same_seed_augments_alike_and_another_does_not():
    np.testing.assert_array_equal(augmented(), augmented())
    np.testing.assert_array_equal(augmented(), augmented(seed=tf.constant([7, 0])))
    assert (augmented() != augmented(seed=8)).any()


def test_alike_with_and_without_xla():
    images = tf.constant(IMAGES, tf.float32)
    plain, compiled = (
        tf.function(lambda x: augment.augment(x, seed=SEED), jit_compile=jit)(images)
        for jit in (False, True)
    )
    np.testing.assert_allclose(plain, compiled, atol=1e-5)


def test_each_image_is_augmented_by_itself_and_each_operation_whatever_goes_before_it():
    alike = np.repeat(IMAGES[:1], 16, axis=0)
    for name in augment.OPERATIONS:
        assert len(np.unique(augmented(alike, operations=name), axis=0)) > 1, name
    cut = augmented(np.ones_like(IMAGES), operations="cutout")
    both = augmented(np.ones_like(IMAGES), operations="flip,cutout")
    np.testing.assert_array_equal(both == 0, cut == 0)


def test_probability_is_the_share_of_images_that_are_changed():
    many = np.ones([4_000, 4, 4, 1])
    np.testing.assert_array_equal(augmented(many, probability=0.0), many)
    changed = (augmented(many, operations="cutout", probability=0.3) != 1).any(axis=(1, 2, 3))
    assert abs(changed.mean() - 0.3) < 4 * np.sqrt(0.21 / 4_000)
    tensor = augmented(many, operations="cutout", probability=tf.constant(0.3))
    np.testing.assert_array_equal((tensor != 1).any(axis=(1, 2, 3)), changed)


def test_by_default_grey_images_keep_their_grey_and_none_are_mirrored():
    assert augment.chosen("default", 1) == ("translation", "cutout")
    assert augment.chosen("default", 3) == ("color", "translation", "cutout")
    assert augment.chosen("cutout, color", 1) == ("color", "cutout")
    assert augment.chosen("default,flip", 1) == ("flip", "translation", "cutout")
    values = np.unique(augmented(np.full([50, 8, 8, 1], 0.7)))
    np.testing.assert_array_equal(values, [0.0, 0.7])


def test_flip_mirrors_half_of_the_images():
    many = np.random.default_rng(0).uniform(-1, 1, [1_000, 2, 3, 1])
    flipped = augmented(many, operations="flip")
    mirrored = (flipped == many[:, :, ::-1]).all(axis=(1, 2, 3))
    kept = (flipped == many).all(axis=(1, 2, 3))
    assert (mirrored ^ kept).all()
    assert abs(mirrored.mean() - 0.5) < 4 * 0.5 / np.sqrt(1_000)


def test_color_changes_brightness_saturation_and_contrast_within_their_ranges():
    grey = np.full([2_000, 2, 2, 3], 0.1)
    brightness = augmented(grey, operations="color") - 0.1
    assert -0.5 < brightness.min() < -0.49 < 0.49 < brightness.max() < 0.5
    one, two = -0.2, 0.6  # of a row of two pixels of one grey each
    pair = np.broadcast_to(np.array([one, two])[None, None, :, None], [2_000, 1, 2, 3])
    contrast = np.diff(augmented(pair, operations="color")[:, 0, :, 0])[:, 0] / (two - one)
    assert 0.5 < contrast.min() < 0.51 < 1.49 < contrast.max() < 1.5
    colored = np.broadcast_to([0.3, 0.0, -0.3], [2_000, 1, 1, 3])
    around = augmented(colored, operations="color")
    around = (around - around.mean(axis=-1, keepdims=True))[:, 0, 0]
    assert (around[:, 0] >= 0).all()  # no hue is inverted
    np.testing.assert_allclose(around[:, 1], 0, atol=1e-7)
    assert around[:, 0].max() > 0.8  # twice the saturation and 3/2 of the contrast together


def test_translation_shifts_by_whole_pixels_up_to_an_eighth():
    many = np.zeros([2_000, 16, 24, 1])
    many[:, 8, 12] = 1
    moved = np.argwhere(augmented(many, operations="translation")[..., 0])
    assert len(moved) == len(many)
    for axis, most, middle in ((1, 2, 8), (2, 3, 12)):
        shifts, counts = np.unique(moved[:, axis] - middle, return_counts=True)
        assert shifts.tolist() == list(range(-most, most + 1))
        expected = len(many) / len(shifts)
        assert (abs(counts - expected) < 5 * np.sqrt(expected)).all()
    shifted = augmented(np.ones([50, 16, 16, 1]), operations="translation")
    assert set(np.unique(shifted)) == {0.0, 1.0}  # what is shifted in is empty
    assert (shifted[:, 2:-2, 2:-2] == 1).all()


def test_cutout_empties_a_rectangle_of_half_a_side_around_any_pixel():
    cut = augmented(np.ones([4_000, 8, 6, 2]), operations="cutout") == 0
    assert (cut[..., 0] == cut[..., 1]).all()
    heights, widths = cut[..., 0].any(axis=2).sum(axis=1), cut[..., 0].any(axis=1).sum(axis=1)
    assert (cut[..., 0].sum(axis=(1, 2)) == heights * widths).all()
    assert heights.max() == 4
    assert widths.max() == 3
    assert heights.min() >= 2  # at the edge, half of the cutout
    shares = cut[..., 0].mean(axis=0)
    np.testing.assert_allclose(shares, shares[::-1, ::-1], atol=0.05)  # no side is favoured


def test_any_batch_is_taken_also_one_of_unknown_size():
    for shape in ([0, 8, 8, 3], [1, 7, 5, 1], [3, 1, 1, 3]):
        out = augment.augment(np.zeros(shape, np.float32), seed=0)
        assert (out.shape, out.dtype) == (shape, tf.float32)
    signature = [tf.TensorSpec([None, 12, 9, 3], tf.float64)]
    run = tf.function(lambda images: augment.augment(images, seed=SEED), input_signature=signature)
    np.testing.assert_array_equal(run(IMAGES), augmented(seed=SEED))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"images": IMAGES[0]}, r"\[B, H, W, C\]. Received: float64 of shape \(12, 9, 3\)"),
        ({"images": np.zeros([2, 3, 3, 1], np.uint8)}, "Received: uint8"),
        ({"operations": "translation,zoom"}, "some of flip, color.*'translation,zoom'"),
        ({"operations": ""}, "Received: ''"),
        ({"operations": ["cutout", "cutout"]}, "each once"),
        ({"probability": 1.5}, "probability=1.5"),
        ({"seed": 2**31}, "seed=2147483648"),
        ({"seed": 0.5}, "seed=0.5"),
        ({"seed": tf.constant(3)}, r"int32 \[2\]. Received: shape \(\)"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        augmented(**arguments)
