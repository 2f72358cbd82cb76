import numpy as np
import pytest

from tfmix.data import fitting

GREY = np.arange(8, dtype=np.uint8).reshape(2, 2, 2, 1)
RGBA = np.uint8([[[[255, 0, 0, 0], [255, 0, 0, 255]]]])
ON_WHITE = np.uint8([[[[255, 255, 255], [255, 0, 0]]]])
GREEN_BLUE = np.uint8([[[[0, 255, 0], [0, 0, 255]]]])


def test_leaves_what_fits_and_cuts_and_resizes_the_largest_square_at_the_centre():
    images = np.zeros([2, 5, 7, 3], np.uint8)
    assert fitting.fit(images) is images
    image = np.zeros([1, 4, 8, 1], np.uint8)
    image[:, :, 2:6] = np.arange(16).reshape(4, 4, 1)
    np.testing.assert_array_equal(fitting.fit(image, image_size=4), image[:, :, 2:6])
    for shape in ((1, 4, 8, 1), (1, 8, 4, 3), (1, 1, 9, 4), (1, 20, 20, 3)):
        assert fitting.fit(np.zeros(shape, np.uint8), image_size=6).shape[1:3] == (6, 6)


def test_shrinks_with_antialiasing():
    stripes = np.zeros([1, 64, 64, 1], np.uint8)
    stripes[:, :, ::2] = 255
    inner = fitting.fit(stripes, image_size=8)[:, 2:-2, 2:-2].astype(int)
    assert abs(inner - 127.5).max() < 5


@pytest.mark.parametrize(
    ("images", "channels", "expected"),
    [
        (GREY, 3, np.repeat(GREY, 3, axis=-1)),
        (GREEN_BLUE, 1, [[[[150], [29]]]]),  # ITU-R 601: 0.587 and 0.114 of 255
        (RGBA, 0, ON_WHITE),
        (RGBA, 3, ON_WHITE),
    ],
)
def test_converts(images, channels, expected):
    np.testing.assert_array_equal(fitting.fit(images, channels=channels), expected)


def test_refuses_images():
    for images in (np.zeros([1, 4, 4, 2], np.uint8), GREY.astype(np.float32)):
        with pytest.raises(ValueError, match=f"Received: {images.dtype} with {images.shape[-1]}"):
            fitting.fit(images)
