"""What all samplers share: their parameters, rows, refusals, decoding and interpolation."""

import numpy as np
import pytest
import tensorflow as tf

import tfmix
from tests.samplers import of_images, of_points, pixel_cnn
from tfmix import priors, sampling, seeds

ROWS = 270  # more than a chunk
OUT_OF_RANGE = {
    "component": [(-2, "component=-2"), ([0] * 9 + [99], r"component=99 at \[9\]")],
    "label": [(-2, "label=-2"), ([0] * 9 + [99], r"(label=99 at \[9\]|\[99\])")],  # by the graph
    "scale": [(-1.0, r"scale=-1\.0"), (1e39, "scale=inf"), ([1.0] * 9 + [np.nan], r"nan at \[9\]")],
    "temperature": [(0.0, r"temperature=0\.0"), (1e-40, "temp"), (np.nan, "nan"), (1e39, "inf")],
}


SAMPLERS = {
    "images": of_images,
    "points": lambda: of_points(priors.GaussianMixture(4, 3), (16, 16)),
    "labelled": lambda: of_images(priors.OneHotLabels(3)),
    "components_of_classes": lambda: of_images(priors.ComponentLabels(2, [0, 1, 1, 0])),
    "pixel_cnn": lambda: pixel_cnn(spread=0.5),
    "labelled_pixel_cnn": lambda: pixel_cnn(spread=0.5, num_classes=3),
    "mixed_logistics": lambda: pixel_cnn(
        spread=0.5, num_classes=3, likelihood="discretized_logistic"
    ),
    "saved_model": lambda: of_images(priors.OneHotLabels(3)),
}


@pytest.fixture(scope="module", params=SAMPLERS)
def sampler(request, tmp_path_factory):
    made = SAMPLERS[request.param]()
    if request.param != "saved_model":
        return made
    folder = tmp_path_factory.mktemp("saved") / "1"
    tfmix.serving.export_saved_model(made, folder)
    return tfmix.serving.SavedSampler(folder)


@pytest.fixture(scope="module")
def given(sampler):
    """A value for each row of each parameter; components and classes take turns."""
    row = np.arange(ROWS)
    values = {
        "component": np.where(row % 2, -1, row % 4),
        "label": np.where(row % 2, row // 2 % 3 - 1, -1),
        "scale": np.linspace(0, 2, ROWS),
        "temperature": np.linspace(0.5, 2, ROWS),
    }
    return {name: values[name] for name in sampler.sampling_parameters}


@pytest.fixture(scope="module")
def whole(sampler, given):
    return sampler.draw(ROWS, seed=5, **given)


def assert_rows(drawn, whole, rows):
    assert drawn.keys() == whole.keys()
    for name, values in drawn.items():
        np.testing.assert_array_equal(values, whole[name][rows], err_msg=name)


# === What is drawn ===


def test_shapes_and_types(sampler, whole):
    parameters = sampler.sampling_parameters
    due = {"images": (np.float32, (ROWS, *sampler.describe()["image_shape"]))}
    due |= {name: (np.int32, (ROWS,)) for name in ("component", "label") if name in parameters}
    if sampler.latent_dim:
        due["latent"] = (np.float32, (ROWS, sampler.latent_dim))
    assert {name: (values.dtype, values.shape) for name, values in whole.items()} == due
    assert np.ptp(whole["images"], axis=0).max() > 0.05


@pytest.mark.parametrize("size", [0, 1, 17, 257])
def test_a_row_does_not_depend_on_those_after_it(sampler, given, whole, size):
    drawn = sampler.draw(size, seed=5, **{name: each[:size] for name, each in given.items()})
    assert_rows(drawn, whole, slice(size))
    assert all(values.dtype == whole[name].dtype for name, values in drawn.items())


def test_a_row_does_not_depend_on_its_place(sampler, given, whole):
    order = np.random.default_rng(0).permutation(ROWS)
    seed = seeds.row_seeds(5, ROWS).numpy()[order]
    drawn = sampler.draw(ROWS, seed=seed, **{name: each[order] for name, each in given.items()})
    assert_rows(drawn, whole, order)


def test_what_is_asked_for_is_drawn_and_the_rest_as_it_would_be(sampler, given, whole):
    alone = sampler.draw(ROWS, seed=5)
    for name in given.keys() & whole.keys():
        asked = given[name] >= 0
        np.testing.assert_array_equal(whole[name][asked], given[name][asked])
        if "component" not in given:  # which may bear on the class
            np.testing.assert_array_equal(whole[name][~asked], alone[name][~asked])
    neutral = {name: sampling.PARAMETERS[name].neutral for name in given}
    assert_rows(sampler.draw(3, seed=5, **neutral), alone, slice(3))


def test_sample_and_images_are_those_of_draw(sampler, given, whole):
    rows = {name: each[:5] for name, each in given.items()}
    np.testing.assert_array_equal(sampler.sample(5, seed=5, **rows), whole["images"][:5])
    if whole["images"].ndim == 2:
        with pytest.raises(ValueError, match="draws points, which are no images"):
            sampler.images(5, seed=5, **rows)
        return
    images = sampler.images(5, seed=5, **rows)
    assert images.dtype == np.uint8
    due = np.rint((np.clip(whole["images"][:5], -1, 1) + 1) * 127.5)
    np.testing.assert_array_equal(images, due)


# === Latents ===


def test_decode_gives_exactly_the_images_of_draw(sampler, whole):
    if sampler.latent_dim is None:
        with pytest.raises(ValueError, match="no latents"):
            sampler.decode(np.zeros([2, 3]))
        return
    np.testing.assert_array_equal(sampler.decode(whole["latent"]), whole["images"])
    np.testing.assert_array_equal(sampler.decode(whole["latent"][7:10]), whole["images"][7:10])
    assert len(sampler.decode(whole["latent"][:0])) == 0
    width = sampler.latent_dim
    for shape in [(width,), (2, width + 1), (2, width, 1)]:
        with pytest.raises(ValueError, match=rf"latent is \[N, {width}\]\. Received: shape"):
            sampler.decode(np.zeros(shape))


def test_interpolate_goes_straight_between_two_components(sampler, whole):
    if "component" not in sampler.sampling_parameters or whole["images"].ndim == 2:
        with pytest.raises(ValueError, match=r"has no components|draws points"):
            sampler.interpolate(0, 1)
        return
    images = sampler.interpolate(1, 2, num=3, steps=5, seed=4, scale=0.8)
    assert images.shape == (15, 8, 8, 1)
    of = {"seed": 4, "scale": 0.8}
    first, last = (sampler.draw(3, component=each, **of)["latent"] for each in (1, 2))
    for step, share in enumerate(np.float32([0, 0.25, 0.5, 0.75, 1])):
        due = tfmix.pictures.to_uint8(sampler.decode((1 - share) * first + share * last))
        np.testing.assert_array_equal(images[step::5], due)
    np.testing.assert_array_equal(images[4::5], sampler.images(3, component=2, **of))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"first": -1}, "a component at each end. Received: -1 and 2"),
        ({"last": 4}, r"Wanted a component in \[-1, 4\)"),
        ({"num": 0}, "num is an integer of at least 1"),
        ({"steps": 1.5}, "steps is an integer of at least 1"),
    ],
)
def test_interpolate_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        of_images().interpolate(**{"first": 1, "last": 2, **arguments})


# === Refusals ===


@pytest.mark.parametrize("name", sampling.PARAMETERS)
def test_a_bad_value_is_refused_by_name_and_row(sampler, name):
    parameter, known = sampling.PARAMETERS[name], sampler.sampling_parameters
    if name not in known:
        takes = ", ".join(known)
        said = rf"has no {parameter.plural}; it takes {takes}\. Received: {name}=2.* at \[1\]"
        with pytest.raises(ValueError, match=said):
            sampler.draw(2, **{name: [parameter.neutral, 2]})
        return
    for value, received in OUT_OF_RANGE[name]:
        with pytest.raises(ValueError, match=rf"Wanted a .*{name}.* Received: .*{received}"):
            sampler.draw(10, **{name: value})
    typed = "is an int" if parameter.dtype is np.int32 else "is a number"
    for value in ("1", [True, False], *([1.0] if parameter.dtype is np.int32 else [None])):
        with pytest.raises(ValueError, match=rf"{name} {typed}, or one per row\. Received: "):
            sampler.draw(2, **{name: value})
    for value in ([parameter.neutral], [[parameter.neutral] * 2]):
        with pytest.raises(ValueError, match=rf"{name} is one value .*\(2,\) here\. Received: sha"):
            sampler.draw(2, **{name: value})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_samples": -1}, "num_samples is at least 0"),
        ({"seed": 2**31}, "A seed lies in"),
        ({"seed": [1, 2, 3]}, r"shape \(2,\) here. Received: shape \(3,\)"),
    ],
)
def test_bad_seeds_and_lengths_are_refused(sampler, arguments, message):
    for method in (sampler.draw, sampler.sample, sampler.images):
        with pytest.raises(ValueError, match=message):
            method(**{"num_samples": 2, **arguments})


def test_weights_are_refused_where_no_component_is_drawn_by_them():
    with pytest.raises(ValueError, match=r"Only a tfmix.Sampler takes weights"):
        pixel_cnn().sample(2, weights=[0.5, 0.5])


def test_a_number_of_components_that_is_not_known_leaves_a_range_of_int32():
    check = sampling.COMPONENT.check
    assert check(2**31 - 1, 2).tolist() == [2**31 - 1] * 2
    for value in (-2, 2**31):
        with pytest.raises(ValueError, match=f"Wanted a component of at least -1, .*={value}"):
            check(value, 2)


@pytest.mark.parametrize("parameter", sampling.PARAMETERS.values(), ids=lambda each: each.name)
def test_a_range_is_the_same_for_arrays_and_in_a_graph(parameter):
    whole = parameter.dtype is np.int32
    values = np.arange(-3, 6) if whole else np.array([-1, 0, 1e-40, 1.2e-38, 3, np.inf, np.nan])
    values = values.astype(parameter.dtype)
    good = tf.function(parameter.good)(tf.constant(values), 3)
    np.testing.assert_array_equal(good, parameter.good(values, 3))
    assert {True, False} == set(good.numpy().tolist())
