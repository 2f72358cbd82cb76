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


def test_to_uint8_is_the_way_back_from_float_rounds_to_the_nearest_and_clips():
    values = np.arange(256, dtype=np.uint8).reshape(4, 8, 8, 1)
    np.testing.assert_array_equal(pictures.to_uint8(data.from_uint8(values).numpy()), values)
    steps = np.float32(
        [-np.inf, -1.5, -1, -1 + 0.9 / 255, -1 + 1.1 / 255, 1 - 0.9 / 255, 1, np.inf]
    )
    rounded = pictures.to_uint8(steps)
    assert rounded.dtype == np.uint8
    np.testing.assert_array_equal(rounded, [0, 0, 0, 0, 1, 255, 255, 255])


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


def test_grid_is_as_square_as_can_be():
    shapes = {1: (1, 1), 2: (1, 2), 4: (2, 2), 5: (2, 3), 9: (3, 3)}
    for number, (rows, columns) in shapes.items():
        assert grid(flat(number), gap=0).shape == (2 * rows, 3 * columns, 1)
    with pytest.raises(ValueError, match="columns=0"):
        grid(flat(4), columns=0)


@pytest.mark.parametrize(
    "images",
    [
        np.zeros([2, 4, 4, 1], np.float32),
        *(np.zeros(s, np.uint8) for s in ([4, 4, 1], [0, 4, 4, 1], [4], [2, 4, 4, 2])),
    ],
)
def test_refuses_images(images, tmp_path):
    message = f"A grid takes.*Received: {images.dtype} of shape"
    with pytest.raises(ValueError, match=message):
        grid(images)
    with pytest.raises(ValueError, match=message):
        pictures.save_grid(images, tmp_path / "x.png")
    assert os.listdir(tmp_path) == []


def read(path):
    with Image.open(path) as saved:
        assert saved.format == "PNG"
        return np.asarray(saved)


def test_saved_grid_is_the_grid_in_a_folder_that_is_made(tmp_path):
    for channels in (1, 3):
        images = np.random.default_rng(0).integers(0, 256, [5, 64, 40, channels], np.uint8)
        path = tmp_path / f"{channels}" / "x.png"
        pictures.save_grid(images, path, columns=2)
        np.testing.assert_array_equal(read(path), grid(images, 2).squeeze())
        assert os.listdir(path.parent) == ["x.png"]


def test_saved_grid_enlarges_small_images(tmp_path):
    for side, zoom in ((8, 6), (20, 2), (28, 1), (48, 1), (100, 1)):
        images = np.random.default_rng(0).integers(0, 256, [1, side, side, 1], np.uint8)
        pictures.save_grid(images, tmp_path / "x.png")
        expected = np.kron(images[0, :, :, 0], np.ones([zoom, zoom]))
        np.testing.assert_array_equal(read(tmp_path / "x.png")[2:-2, 2:-2], expected)


def test_png_keeps_every_pixel_and_its_metadata():
    picture = np.random.default_rng(0).integers(0, 255, [5, 4, 3], np.uint8)
    opened = Image.open(io.BytesIO(pictures.encode_png(picture, {"seed": "-7"})))
    np.testing.assert_array_equal(np.asarray(opened), picture)
    assert opened.text == {"seed": "-7"}
