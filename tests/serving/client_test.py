"""The client against a server in this process that runs SavedModels as TF Serving does."""

import io

import grpc
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

import tfmix
from tests.serving.conftest import unit

# === What is drawn ===


@pytest.mark.parametrize("seeds", [5, [5], range(5, 6), np.array([5], np.int64)], ids=repr)
def test_seeds_may_be_an_int_or_any_vector(sampler, client, seeds):
    np.testing.assert_array_equal(client.sample(seeds), unit(sampler.sample(1, seed=5)))


def test_draw_gives_all_that_the_sampler_draws(sampler, client):
    given = {"component": [2, -1, 0], "scale": [0.5, 1.0, 0.0]}
    drawn, due = client.draw([7, -3, 7], **given), sampler.draw(3, seed=[7, -3, 7], **given)
    np.testing.assert_equal(drawn, {**due, "images": unit(due["images"])})
    np.testing.assert_array_equal(client.decode(drawn["latent"]), drawn["images"])
    for given in ({"scale": 0.5}, {"component": 1}):  # one parameter is enough
        drawn = client.sample([1, 2], **given)
        np.testing.assert_array_equal(drawn, unit(sampler.sample(2, seed=[1, 2], **given)))


def test_images_pngs_and_interpolations_are_those_of_the_sampler(sampler, client):
    due = sampler.images(5, seed=range(5), scale=1.5)
    np.testing.assert_array_equal(client.images(range(5), scale=1.5), due)
    files = client.png(range(5), scale=1.5)
    decoded = np.stack([np.asarray(Image.open(io.BytesIO(file))) for file in files])
    np.testing.assert_array_equal(decoded[..., None], due)
    of = {"num": 2, "steps": 3, "seed": 4}
    np.testing.assert_array_equal(client.interpolate(1, 2, **of), sampler.interpolate(1, 2, **of))


def test_pixel_cnn_has_temperature_in_place_of_component_and_scale(pixel_cnn, make):
    client = make("pixel_cnn")
    drawn = client.draw([1, 2], temperature=0.5, label=1)
    due = pixel_cnn.draw(2, seed=[1, 2], temperature=0.5, label=1)
    np.testing.assert_equal(drawn, {**due, "images": unit(due["images"])})
    with pytest.raises(ValueError, match="has no scale; it takes label, temperature"):
        client.sample(1, scale=0.5)
    with pytest.raises(ValueError, match="no latents"):
        client.decode(np.zeros([1, 2]))
    with pytest.raises(ValueError, match=r"no signature sample_png.*with `tfmix export`"):
        client.png(1)


def test_a_model_of_points_gives_points_and_no_images(points, make):
    client = make("points")
    np.testing.assert_array_equal(client.sample([1, 2]), points.sample(2, seed=[1, 2]))
    assert client.draw([1, 2])["points"].shape == (2, 2)
    with pytest.raises(ValueError, match="points, which are no images"):
        client.images([1, 2])


def test_no_seeds_give_empty_outputs(client):
    drawn = client.draw([])
    assert {name: len(drawn[name]) for name in drawn} == {"images": 0, "component": 0, "latent": 0}
    assert client.sample([]).shape == (0, 8, 8, 1)
    assert client.images([]).dtype == np.uint8
    assert client.png([]) == []


def test_many_rows_are_sent_in_requests_of_256_and_come_back_in_order(sampler, client, server):
    scale = np.linspace(0, 2, 600)
    drawn = client.sample(tfmix.seeds.row_seeds(1, 600), scale=scale)
    assert server.predictions == 3
    np.testing.assert_array_equal(drawn, unit(sampler.sample(600, seed=1, scale=scale)))


def test_nothing_is_requested_beside_what_is_returned(make, server):
    client = make(version=1)
    for draw, signature, outputs in (
        (lambda: client.sample(1), "serving_default", ["images"]),
        (lambda: client.sample(1, scale=0.5), "sample", ["images"]),
        (lambda: client.draw(1), "sample", []),
    ):
        draw()
        assert server.last.model_spec.signature_name == signature
        assert list(server.last.output_filter) == outputs


# === Mistakes ===


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"seeds": 2**31}, r"A seed lies in \[-2147483648, 2147483647\].*2147483648"),
        ({"seeds": [0, -(2**31) - 1]}, r"seed=-2147483649 at \[1\]"),
        ({"seeds": 1.5}, "A seed is an int32"),
        ({"seeds": [[1]]}, r"Received: shape \(1, 1\)"),
        ({"seeds": 1, "component": -2}, r"Wanted a component of at least -1, .*component=-2"),
        ({"seeds": [1, 2], "scale": [1.0, -1.0]}, r"Wanted a finite scale .*=-1\.0 at \[1\]"),
        ({"seeds": 1, "label": 3}, r"has no classes; it takes component, scale\. .*label=3"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_anything_is_sent(client, server, arguments, said):
    with pytest.raises(ValueError, match=said):
        client.sample(**arguments)
    assert server.predictions == 0


@pytest.mark.parametrize(
    ("model", "given", "said"),
    [
        ("tiny", {"component": 999}, r"^Wanted a component in \[-1, \d+\).*\[999\]$"),
        ("pixel_cnn", {"label": 3}, r"^Wanted a label in \[-1, 3\).*\[3\]$"),
    ],
)
def test_the_server_s_reason_is_given_in_one_line(make, server, model, given, said):
    client = make(model)
    with pytest.raises(ValueError, match=said) as raised:
        client.sample(1, **given)
    assert isinstance(raised.value.__cause__, grpc.RpcError)
    assert server.predictions == 1
    assert client.sample(1).shape[0] == 1


def test_an_unknown_parameter_is_a_type_error(client):
    for method in (client.draw, client.sample, client.images, client.png):
        with pytest.raises(TypeError, match="components"):
            method(1, components=3)


@pytest.mark.parametrize(
    ("model", "version", "said"),
    [
        ("unknown", None, r"does not serve this model unknown: .*Latest\(unknown\)"),
        ("tiny", 7, r"does not serve this model .*Specific\(tiny, 7\)"),
        ("tiny", "canary", "Unrecognized servable version label: canary"),
    ],
)
def test_an_unknown_model_or_version_is_named(make, model, version, said):
    with pytest.raises(ValueError, match=said):
        make(model, version=version).sample(1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"address": "localhost"}, "host:port.*Received: 'localhost'"),
        ({"address": "localhost:99999"}, "host:port"),
        ({"address": "http://localhost:8500"}, "host:port"),
        ({"address": 8500}, "host:port"),
        ({"model": ""}, "model is the name"),
        ({"version": 0}, "version is an integer of at least 1"),
        ({"deadline": 0}, "deadline is a number of seconds above 0"),
        ({"deadline": np.inf}, "deadline is a number of seconds above 0"),
    ],
)
def test_bad_arguments_are_refused_at_once(arguments, said):
    with pytest.raises(ValueError, match=said):
        tfmix.serving.Client(**{"address": "localhost:8500", "model": "any", **arguments})


# === Requests that the client never sends ===


@pytest.fixture
def predict(server):
    """Sends a bare request for a prediction: signature and inputs."""
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(server.address, options) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)

        def predict(signature, **inputs):
            request = predict_pb2.PredictRequest()
            request.model_spec.name, request.model_spec.signature_name = "tiny", signature
            for name, values in inputs.items():
                request.inputs[name].CopyFrom(tf.make_tensor_proto(values))
            return stub.Predict(request, timeout=10)

        yield predict


ODD = {
    r"at most 4096 rows.*\[1000000\]": {"seed": np.zeros(10**6, np.int32)},
    r"Missing but required: \{seed\}": {},
    "expects int32 but float32": {"seed": np.zeros(2, np.float32)},
    r"Wanted latents of width \d+.*\[2 3\]": {"latent": np.zeros([2, 3], np.float32)},
}


@pytest.mark.parametrize("said", ODD)
def test_an_odd_request_is_refused_and_the_server_goes_on(predict, said):
    with pytest.raises(grpc.RpcError, match=said) as raised:
        predict("decode" if "latent" in ODD[said] else "serving_default", **ODD[said])
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    response = predict("serving_default", seed=np.arange(3, dtype=np.int32))
    assert tf.make_ndarray(response.outputs["images"]).shape == (3, 8, 8, 1)
