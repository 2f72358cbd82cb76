import functools
import os

import numpy as np
import pytest
from matplotlib import pyplot
from PIL import Image

from tests.evaluation.conftest import refuses
from tfmix.evaluation import figures

GENERATOR = np.random.default_rng(0)
REAL = GENERATOR.uniform(-1, 1, [300, 2])
POINTS = GENERATOR.uniform(-1, 1, [50, 2])
COMPONENT = np.arange(50) % 5
CENTERS = GENERATOR.uniform(-1, 1, [5, 2])


def draw(real=REAL, points=POINTS, component=COMPONENT, **options):
    return figures.points_figure(real, points, component, **options)


def pixels(figure, folder):
    figures.save_figure(figure, folder / "x.png")
    with Image.open(folder / "x.png") as opened:
        assert opened.format == "PNG"
        return np.asarray(opened.convert("RGB")).astype(int)


def drawn(figure):
    return [np.asarray(marks.get_offsets()) for marks in figure.axes[0].collections]


def colors(figure, which=1):
    return figure.axes[0].collections[which].get_facecolors()[:, :3]


def test_draws_all_that_it_is_given():
    modes = np.array([[0.5, 0.5], [-0.5, 0.5]])
    figure = draw(modes=modes, centers=CENTERS, title="step 5")
    real, points, crosses, *_, rings = drawn(figure)
    for found, expected in [(real, REAL), (points, POINTS), (crosses, modes), (rings, CENTERS)]:
        np.testing.assert_allclose(found, expected)
    assert figure.axes[0].get_title() == "step 5"
    assert len(figure.legends[0].get_texts()) == 4
    bare = draw()  # modes and centres may be left out
    assert (len(drawn(bare)), len(bare.legends[0].get_texts())) == (2, 2)
    shown, _ = drawn(draw(real=np.repeat([[0.0, 0.0], [1.0, 1.0]], 50_000, axis=0)))
    assert (len(shown), shown[:, 0].mean()) == (2_000, 0.5)  # of many, some of everywhere


@pytest.mark.parametrize("factor", [0.0, 1.0, 1e6, 1e300])
def test_the_view_is_that_of_the_real_points(factor):
    axes = draw(points=factor * POINTS, centers=factor * CENTERS).axes[0]
    limits = np.array([axes.get_xlim(), axes.get_ylim()])
    assert (limits[:, 0] < REAL.min(axis=0)).all()
    assert (limits[:, 1] > REAL.max(axis=0)).all()
    assert np.ptp(limits, axis=1) == pytest.approx(2.5, abs=0.1)
    axes = draw(real=np.ones([3, 2])).axes[0]  # a single point, too
    assert axes.get_xlim() == axes.get_ylim() == (0, 2)


def test_says_what_lies_outside(tmp_path):
    points, centers = POINTS.copy(), CENTERS.copy()
    points[:3] = [[np.nan, 0], [0, -np.inf], [1e9, 0]]
    centers[1] = np.nan
    for shown, rings, said in (
        (points, centers, "3 of 50 points outside, 1 of 5 centres outside"),
        (POINTS, CENTERS, ""),
        (np.nan * POINTS, np.nan * CENTERS, "50 of 50 points outside, 5 of 5 centres outside"),
    ):
        figure = draw(points=shown, centers=rings)
        assert figure.axes[0].get_xlabel() == said
        pixels(figure, tmp_path)


def test_a_component_keeps_its_colour(tmp_path):
    among = colors(draw(component=np.arange(50)))
    alone = draw(points=np.zeros([1, 2]), component=[7], centers=None)
    np.testing.assert_array_equal(colors(alone)[0], among[7])
    rings = draw(centers=GENERATOR.uniform(-1, 1, [50, 2]), component=np.arange(50))
    np.testing.assert_array_equal(colors(rings, -1), among)
    seventh = np.abs(pixels(rings, tmp_path) - 255 * among[7]).max(axis=-1) < 2
    assert seventh.any()
    centers = CENTERS.copy()
    centers[0] = 1e9  # a centre outside leaves the others their colours
    everyone, seen = (colors(draw(centers=each), -1) for each in (CENTERS, centers))
    np.testing.assert_array_equal(everyone[1:], seen)
    # A hundred components have colours of their own.
    found = colors(draw(points=np.zeros([100, 2]), component=np.arange(100)))
    apart = np.linalg.norm(found[:, None] - found[None], axis=-1)
    assert apart[~np.eye(100, dtype=bool)].min() > 0.06
    assert (np.ptp(found, axis=1) > 0.1).all()  # and none is the grey of real points
    draw(component=1_000_000 * np.arange(50))  # any number has one


def test_a_saved_figure_is_whole_and_the_same_again_and_leaves_nothing_else(tmp_path):
    folder = tmp_path / "samples"  # made on the way
    far = {"points": 1e6 * POINTS, "modes": REAL[:9], "centers": 1e6 * CENTERS, "title": "A title"}
    first, again = (pixels(draw(**far), folder) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    for edge in (first[:2], first[-2:], first[:, :2], first[:, -2:]):
        assert (edge == 255).all()
    assert os.listdir(folder) == ["x.png"]
    assert pyplot.get_fignums() == []


def test_refuses_arrays():
    for changes, said in (
        ({"real": np.zeros([3, 3])}, r"real takes points in the plane.*\[3, 3\]"),
        ({"real": np.zeros([0, 2])}, r"real.*N at least 1.*\[0, 2\]"),
        ({"real": [[0, 0], [np.nan, 0]]}, r"real takes finite.*real=nan at \[1, 0\]"),
        ({"points": np.zeros(50)}, r"points takes points.*\[50\]"),
        ({"points": [["a", "b"]]}, "points='a'"),
        ({"modes": [[np.inf, 0]]}, "modes takes finite numbers"),
        ({"centers": np.zeros([5, 1])}, r"centers takes.*\[5, 1\]"),
        ({"component": np.zeros(50)}, r"component takes 50 ints.*component=0\.0"),
        ({"component": np.zeros(49, int)}, r"component takes 50 ints.*\[49\]"),
        ({"component": np.full(50, -1)}, r"component=-1 at \[0\]"),
        ({"centers": CENTERS[:4]}, r"below 4, the number of centers.*component=4 at \[4\]"),
    ):
        refuses(functools.partial(draw, **changes), said=said)


IMAGES = GENERATOR.integers(0, 256, [20, 8, 8, 1], np.uint8)
CURVE = {
    "scales": [0.5, 1.0],
    "quality": [{"value": 1.2, "interval": [1.1, 1.3]}, {"value": 0.9, "interval": None}],
    "diversity": [{"value": 0.4, "interval": [0.3, 0.5]}, {"value": 0.8, "interval": [0.7, 0.9]}],
}


def page(images=IMAGES, class_names=None, **changes):
    report = {"skipped": {}, "curve": CURVE, "components": [[3, 1], [0, 4], [0, 0]], **changes}
    options = {"samples_title": "Samples", "class_names": class_names}
    return figures.report_figure(report, images, 5, (images[:6], images[6:12]), **options)


def test_a_page_holds_samples_curve_classes_and_neighbours(tmp_path):
    figure = page()
    samples, curve, classes, nearest = figure.axes[:4]
    assert samples.images[0].get_array().shape == (4 * 10 + 2, 5 * 10 + 2)
    assert [container.get_label() for container in curve.containers] == ["quality", "diversity"]
    np.testing.assert_array_equal(curve.containers[0].lines[0].get_xydata(), [[0.5, 1.2], [1, 0.9]])
    np.testing.assert_array_equal(classes.images[0].get_array(), [[0.75, 0.25], [0, 1], [0, 0]])
    pairs = nearest.images[0].get_array()
    np.testing.assert_array_equal(pairs[2:10, 2:10], IMAGES[0, ..., 0])  # generated
    np.testing.assert_array_equal(pairs[2:10, 12:20], IMAGES[6, ..., 0])  # its training image
    assert pixels(figure, tmp_path).std() > 0
    assert not pyplot.get_fignums()
    # Where a part is missing, the page says why.
    figure = page(curve=None, components=None, skipped={"quality": "the data have no labels"})
    said = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert "Left out: the data have no labels." in said
    assert "The images are of fewer than two components, or the extractor has no classes." in said


def test_a_page_takes_colour_and_classes_with_and_without_names():
    colour = GENERATOR.integers(0, 256, [12, 8, 8, 3], np.uint8)
    figure = page(colour, components=np.ones([2, 100], int).tolist())
    assert figure.axes[0].images[0].get_array().shape == (32, 52, 3)
    assert len(figure.axes[2].get_xticklabels()) < 30
    for names, expected in ((("a", "b", "c"), ["a", "b", "c"]), (("a", "b"), ["0", "1", "2"])):
        ticks = page(components=[[1, 2, 3]], class_names=names).axes[2].get_xticklabels()
        assert [tick.get_text() for tick in ticks] == expected
