"""zoo/serving/ as far as it can be read without the server; its README says what that covers."""

import json
import pathlib
import re

import numpy as np
import pytest
import tensorflow as tf
import yaml
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
from google.protobuf import wrappers_pb2 as _wrappers  # noqa: F401  (known to the pool by this)
from tensorflow_serving.config import model_server_config_pb2

from tfmix.serving.signatures import MAX_ROWS

ROOT = pathlib.Path(__file__).parents[2]
SERVING = ROOT / "zoo/serving"
SHIPPED = {path.parent.name for path in ROOT.glob("saved_models/*/*.keras")}
README = (SERVING / "README.md").read_text()
CURLS = re.findall(r"curl .*/v1/models/(\w+)[/\w]*:predict -d '([^']*)'", README)


@pytest.fixture(scope="module")
def models():
    config = model_server_config_pb2.ModelServerConfig()
    text_format.Parse((SERVING / "models.config").read_text(), config)
    return config.model_config_list.config


def test_every_shipped_model_is_served(models):
    assert [model.name for model in models] == sorted(SHIPPED)
    assert {model.base_path for model in models} == {f"/models/{name}" for name in SHIPPED}
    assert {model.model_platform for model in models} == {"tensorflow"}


def test_versions_that_are_served_and_labelled_lie_there(models):
    for model in models:
        versions = set(model.model_version_policy.specific.versions)
        assert set(model.version_labels.values()) <= versions
        assert "stable" in model.version_labels
        for version in versions:
            assert (ROOT / "saved_models" / model.name / str(version) / "saved_model.pb").exists()


def test_merged_requests_may_be_as_large_as_a_signature_takes():
    parameters = text_format.Parse(
        (SERVING / "batching.config").read_text(), _batching_parameters()()
    )
    assert parameters.max_batch_size.value == MAX_ROWS
    assert parameters.num_batch_threads.value >= 1


def _batching_parameters():
    """The message of TensorFlow Serving's session_bundle_config.proto, by its fields."""
    file = descriptor_pb2.FileDescriptorProto(name="batching.proto", syntax="proto3")
    file.dependency.append("google/protobuf/wrappers.proto")
    message = file.message_type.add(name="BatchingParameters")
    field = descriptor_pb2.FieldDescriptorProto
    fields = ("max_batch_size", "batch_timeout_micros", "max_enqueued_batches", "num_batch_threads")
    for number, name in enumerate(fields, start=1):
        message.field.add(
            name=name,
            number=number,
            type=field.TYPE_MESSAGE,
            label=field.LABEL_OPTIONAL,
            type_name=".google.protobuf.Int64Value",
        )
    pool = descriptor_pool.Default()
    return message_factory.GetMessageClass(
        pool.AddSerializedFile(file.SerializeToString()).message_types_by_name[message.name]
    )


def test_compose_mounts_what_its_commands_name():
    services = yaml.safe_load((SERVING / "docker-compose.yml").read_text())["services"]
    assert set(services) == {"cpu", "gpu"}
    for service in services.values():
        mounts = dict(volume.split(":")[1::-1] for volume in service["volumes"])
        assert (SERVING / mounts["/models"]).resolve() == ROOT / "saved_models"
        files = [argument.split("=")[1] for argument in service["command"] if "_file=" in argument]
        assert "/config/models.config" in files
        for file in files:
            assert (SERVING / mounts["/config"] / pathlib.Path(file).name).is_file()


def test_there_are_examples_by_row_and_by_column_and_of_a_png():
    bodies = [json.loads(body) for _, body in CURLS]
    assert {key for body in bodies for key in body} >= {"instances", "inputs"}
    assert "sample_png" in {body.get("signature_name") for body in bodies}


@pytest.mark.parametrize(("name", "body"), CURLS)
def test_examples_are_answered(name, body):
    body = json.loads(body)
    rows = body.get("instances")
    columns = body.get("inputs") or {key: [row[key] for row in rows] for key in rows[0]}
    loaded = tf.saved_model.load(str(ROOT / "saved_models" / name / "1"))
    signature = loaded.signatures[body.get("signature_name", "serving_default")]
    specs = signature.structured_input_signature[1]
    drawn = signature(**{key: tf.constant(columns[key], specs[key].dtype) for key in specs})
    assert all(len(value) == len(columns["seed"]) for value in drawn.values())
    assert set(columns) == set(specs)
    if "images" in drawn:
        assert np.std(drawn["images"]) > 0
