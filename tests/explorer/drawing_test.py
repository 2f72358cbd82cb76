"""What the page of `tfmix explore` draws, writes and compares, without a browser."""

import functools
import io
import os

import numpy as np
import pytest
from PIL import Image

import tfmix
from tests.samplers import compiled_gan, of_points
from tfmix.explorer import curve, drawing, markup, own_picture, seed_field
from tfmix.explorer.nearest import COUNT, Pool
from tfmix.explorer.opened import Opened

opened = functools.cache(Opened)
DIGITS, GM, T = "deligan_digits", "gmgan_mnist", "tgan_mnist"
SUPERVISED = "supervised_gmgan_mnist"


def made_by(line):
    """The picture that a line of Python leaves."""
    names = {}
    exec(line, names)
    return names["picture"]


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        (DIGITS, {"seed": 7, "scale": 0.7, "first": 40}),
        (DIGITS, {"seed": -(2**31), "ends": (3, 48), "steps": 3, "scale": 0.0}),
        (GM, {"ends": (9, 2)}),
        (T, {"label": 4}),
        (SUPERVISED, {"label": 4}),
        ("acgan_mnist", {"scale": 1.5}),
        ("acgan_mnist", {"label": 9}),
        ("dcgan_mnist", {"label": 4, "first": 10, "ends": (0, 1)}),
        ("pixelcnn_mnist", {"temperature": 0.5}),
    ],
)
def test_the_line_makes_the_picture(name, settings, monkeypatch):
    monkeypatch.chdir(os.path.dirname(tfmix.__path__[0]))
    model = opened(name)
    drawn = drawing.plan(model, drawing.Settings(**settings))
    images = drawn.images(model.sampler)
    assert images.shape == (drawn.num, *model.image_shape)
    line = drawing.line(model, drawn)
    assert f'"saved_models/{name}/{name}.keras"' in line
    np.testing.assert_array_equal(made_by(line), tfmix.grid(images, columns=drawn.columns))


def test_a_row_is_of_one_component_ten_rows_at_a_time():
    model = opened(DIGITS)
    drawn = drawing.plan(model, drawing.Settings(seed=3, first=20))
    assert drawn.of == tuple(range(20, 30))
    images = drawn.images(model.sampler)
    row_seeds = tfmix.seeds.row_seeds(3, drawn.num).numpy()
    third = model.sampler.images(8, seed=row_seeds[16:24], component=22)
    np.testing.assert_array_equal(images[16:24], third)


TEN = tuple(range(10))
PLANS = {  # what a model does not know is passed over; a class is that of components, or of rows
    "dcgan_mnist": ({"label": 3, "first": 40, "ends": (1, 2)}, None, (), None),
    GM: ({"first": 40}, "component", TEN, None),
    SUPERVISED: ({"label": 6}, "component", (6,), None),
    T: ({"label": 6}, "component", TEN, 6),
    "acgan_mnist": ({}, "label", TEN, None),
}


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_follows_what_the_model_knows(name):
    settings, *due = PLANS[name]
    drawn = drawing.plan(opened(name), drawing.Settings(**settings))
    assert [drawn.by, drawn.of, drawn.how.get("label")] == due
    assert {"seed": 0, "scale": 1.0}.items() <= drawn.how.items()


@pytest.mark.parametrize("seed", [None, 1.5, 2.0**31, -(2.0**31) - 1])
def test_a_field_that_holds_no_seed_says_what_would_do(seed):
    with pytest.raises(ValueError, match=r"seed .*Received: "):
        seed_field.whole(seed)


def test_buttons_move_the_seed_within_int32():
    assert seed_field.whole(-(2.0**31)) == -(2**31)
    assert seed_field.after(4) == (5, 5)
    assert seed_field.before(None) == (-1, 0)
    assert seed_field.after(2**31 - 1) == (2**31 - 1, 999)
    assert seed_field.before(-(2**31)) == (-(2**31), 0)
    assert seed_field.whole(seed_field.anywhere(None)[0]) is not None


def test_the_download_tells_how_it_was_made():
    model = opened(SUPERVISED)
    drawn = drawing.plan(model, drawing.Settings(seed=11, scale=0.5))
    images = drawn.images(model.sampler)
    with Image.open(io.BytesIO(markup.png(model, drawn, images))) as file:
        text = file.text
        np.testing.assert_array_equal(np.asarray(file), tfmix.grid(images, columns=8)[..., 0])
    due = {"model": SUPERVISED, "seed": "11", "scale": "0.5", "component": "0 1 2 3 4 5 6 7 8 9"}
    assert text == {**due, "tfmix": tfmix.__version__, "python": drawing.line(model, drawn)}
    shown = markup.picture(model, drawn, images)
    assert "class 9" in shown
    assert f'download="{SUPERVISED}_seed11.png"' in shown


def test_the_curve_speaks_of_the_nearest_measured_scale():
    report = opened(GM).report
    measured = dict(zip(report["curve"]["scales"], report["curve"]["quality"], strict=True))
    quality = measured[0.75]["value"]
    assert f"scale 0.75, the nearest: quality {quality:.2f}" in curve.describe(report, 0.8)
    assert curve.draw(report, 0.8) != curve.draw(report, 0.85)
    assert curve.draw(report, 0.8) == curve.draw(report, 0.8)


def test_where_nothing_was_measured_the_page_says_why():
    assert "tfmix evaluate writes one" in curve.describe(None, 1.0)
    assert curve.draw(None, 1.0) is None
    assert "256 real images of each class" in curve.describe(opened(DIGITS).report, 1.0)
    assert "<img" not in markup.measured(opened(DIGITS).report, 1.0)


@pytest.mark.parametrize("extractor", ["digits", None])
def test_an_image_of_the_model_is_its_own_nearest(extractor):
    sampler = opened(DIGITS).sampler
    pool = Pool(sampler, extractor)
    assert pool.by == ("features of extractor digits" if extractor else "pixels")
    for other in ("mnist", "gone"):  # the one is of another shape
        assert Pool(sampler, other).by == "pixels"
    while pool.drawn < COUNT:
        pool.grow()
    seed = tfmix.seeds.row_seeds(0, COUNT).numpy()[345:346]
    drawn = sampler.draw(1, seed=seed)
    found = pool.nearest(drawn["images"][0], 3)
    assert (found[0].seed, found[0].component) == (seed[0], drawn["component"][0])
    again = sampler.images(1, seed=found[1].seed, component=found[1].component)
    np.testing.assert_array_equal(found[1].image, again[0])


def test_a_picture_of_any_size_becomes_one_of_the_model(tmp_path):
    Image.new("RGBA", (50, 30), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    assert (own_picture.read(tmp_path / "clear.png", (8, 8, 1)) == 255).all()
    (tmp_path / "words.png").write_text("no picture")
    with pytest.raises(ValueError, match=r"^words.png cannot be read as a picture"):
        own_picture.read(tmp_path / "words.png", (8, 8, 1))
    with pytest.raises(ValueError, match="this model's are 8 x 12"):
        own_picture.read(tmp_path / "clear.png", (12, 8, 1))


def test_a_clusterer_is_shown_or_missed():
    seen, model = np.zeros([28, 28, 1], np.uint8), opened(GM)
    assert "Cluster 4 (100%)" in markup.neighbours(model, seen, np.eye(10)[4], [])
    assert "tfmix export --cluster_samples=20000" in markup.neighbours(model, seen, None, [])


def test_a_run_and_a_saved_model_open_too(tmp_path):
    gan = compiled_gan()
    gan.save(tmp_path / "model.keras")
    tfmix.serving.export(gan.sampler(), tmp_path / "tiny")
    for path in (tmp_path / "model.keras", tmp_path / "tiny" / "1"):
        model = Opened(str(path))
        assert model.report is None
        drawn = drawing.plan(model, drawing.Settings(seed=2))
        picture = tfmix.grid(drawn.images(model.sampler), columns=drawn.columns)
        np.testing.assert_array_equal(made_by(drawing.line(model, drawn)), picture)


def test_points_are_refused(tmp_path):
    of_points().save(tmp_path / "points.keras")
    with pytest.raises(ValueError, match=r"draws points.*tfmix sample"):
        Opened(str(tmp_path / "points.keras"))
