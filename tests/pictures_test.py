import io
import os

import numpy as np
import pytest
from PIL import Image

from tfmix import data, grid, pictures


def flat(number, height=2, width=3, channels=1):
    """Images of one grey each: 0, 1, 2, ..."""
    grey = np.arange(number, dtype=np.uint8)[:, None, None, None]
    return np.broadcast_to(grey, (number, height, width, channels)).copy()


def test_to_uint8_is_the_way_back_from_float():
    values = np.arange(256, dtype=np.uint8).reshape(4, 8, 8, 1)
    np.testing.assert_array_equal(pictures.to_uint8(data.from_uint8(values).numpy()), values)


def test_to_uint8_rounds_to_the_nearest_and_clips():
    steps = np.float32([-1, -1 + 0.9 / 255, -1 + 1.1 / 255, 1 - 0.9 / 255, 1])
    np.testing.assert_array_equal(pictures.to_uint8(steps), [0, 0, 1, 255, 255])
    clipped = pictures.to_uint8(np.float32([-np.inf, -1.5, 1.5, np.inf]))
    assert clipped.dtype == np.uint8
    np.testing.assert_array_equal(clipped, [0, 0, 255, 255])


def test_grid_lays_out_row_by_row():
    expected = [
        [255, 255, 255, 255, 255, 255, 255],
        [255, 0, 255, 1, 255, 2, 255],
        [255, 255, 255, 255, 255, 255, 255],
        [255, 3, 255, 255, 255, 255, 255],
        [255, 255, 255, 255, 255, 255, 255],
    ]
    picture = grid(flat(4, 1, 1), columns=3, gap=1)
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(picture[..., 0], expected)


def test_grid_keeps_images_as_they_are():
    images = np.random.default_rng(0).integers(0, 255, [3, 4, 5, 3], np.uint8)
    picture = grid(images, columns=2, gap=2)
    assert picture.shape == (2 * 6 + 2, 2 * 7 + 2, 3)
    corners = [(2, 2), (2, 9), (8, 2)]
    for image, (top, left) in zip(images, corners, strict=True):
        np.testing.assert_array_equal(picture[top : top + 4, left : left + 5], image)


@pytest.mark.parametrize(
    ("number", "shape"), [(1, (1, 1)), (2, (1, 2)), (4, (2, 2)), (5, (2, 3)), (9, (3, 3))]
)
def test_grid_is_as_square_as_can_be(number, shape):
    rows, columns = shape
    assert grid(flat(number), gap=0).shape == (2 * rows, 3 * columns, 1)


@pytest.mark.parametrize(
    "images",
    [
        np.zeros([2, 4, 4, 1], np.float32),
        np.zeros([4, 4, 1], np.uint8),
        np.zeros([0, 4, 4, 1], np.uint8),
        np.zeros([4], np.uint8),
        np.zeros([2, 4, 4, 2], np.uint8),
    ],
)
def test_refuses_images(images, tmp_path):
    message = f"A grid takes.*Received: {images.dtype} of shape"
    with pytest.raises(ValueError, match=message):
        grid(images)
    with pytest.raises(ValueError, match=message):
        pictures.save_grid(images, tmp_path / "x.png")
    assert os.listdir(tmp_path) == []


def test_grid_refuses_columns():
    with pytest.raises(ValueError, match="columns=0"):
        grid(flat(4), columns=0)


def read(path):
    with Image.open(path) as saved:
        assert saved.format == "PNG"
        return np.asarray(saved)


@pytest.mark.parametrize("channels", [1, 3])
def test_saved_grid_is_the_grid(tmp_path, channels):
    images = np.random.default_rng(0).integers(0, 256, [5, 64, 40, channels], np.uint8)
    pictures.save_grid(images, tmp_path / "x.png", columns=2)
    np.testing.assert_array_equal(read(tmp_path / "x.png"), grid(images, 2).squeeze())


@pytest.mark.parametrize(("side", "zoom"), [(8, 6), (20, 2), (28, 1), (48, 1), (100, 1)])
def test_saved_grid_enlarges_small_images(tmp_path, side, zoom):
    images = np.random.default_rng(0).integers(0, 256, [1, side, side, 1], np.uint8)
    pictures.save_grid(images, tmp_path / "x.png")
    expected = np.kron(images[0, :, :, 0], np.ones([zoom, zoom]))
    np.testing.assert_array_equal(read(tmp_path / "x.png")[2:-2, 2:-2], expected)


def test_saving_makes_the_folder(tmp_path):
    pictures.save_grid(flat(2), tmp_path / "samples" / "x.png")
    assert os.listdir(tmp_path / "samples") == ["x.png"]


def test_png_keeps_every_pixel_and_its_metadata():
    picture = np.random.default_rng(0).integers(0, 255, [5, 4, 3], np.uint8)
    opened = Image.open(io.BytesIO(pictures.encode_png(picture, {"seed": "-7"})))
    np.testing.assert_array_equal(np.asarray(opened), picture)
    assert opened.text == {"seed": "-7"}
