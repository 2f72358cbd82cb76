import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

import tfmix
from tfmix.serving import warmup


def test_another_export_takes_the_next_version(sampler, exported):
    assert tfmix.serving.export(sampler, exported) == exported / "2"
    assert (exported / "1" / "saved_model.pb").exists()
    assert not list(exported.glob(".partial-*"))


@pytest.mark.parametrize(("shape", "number"), [((7, 8, 1), 4), ((8, 8, 1), 3)])
def test_a_clusterer_of_another_model_is_refused_and_nothing_written(
    sampler, tmp_path, shape, number
):
    other = tfmix.networks.image_classifier(shape, number, width=4)
    with pytest.raises(ValueError, match=rf"to 4 components. Received: .* to {number}"):
        tfmix.serving.export(sampler, tmp_path / "tiny", other)
    assert not list(tmp_path.iterdir())


def test_each_weight_is_kept_once_and_no_optimizer(sampler, exported):
    kept = tf.train.load_checkpoint(str(exported / "1/variables/variables"))
    shapes = kept.get_variable_to_shape_map()
    shapes.pop("_CHECKPOINTABLE_OBJECT_GRAPH")
    assert sorted(map(tuple, shapes.values())) == sorted(tuple(w.shape) for w in sampler.weights)


def test_each_signature_is_warmed_up_by_a_good_request(exported, signatures):
    file = str(exported / "1" / warmup.FILE)
    records = tf.data.TFRecordDataset(file).as_numpy_iterator()
    logs = [prediction_log_pb2.PredictionLog.FromString(r) for r in records]
    requests = {log.predict_log.request.model_spec.signature_name: log for log in logs}
    assert set(requests) == set(signatures)
    for name, log in requests.items():
        inputs = log.predict_log.request.inputs
        drawn = signatures[name](**{k: tf.constant(tf.make_ndarray(v)) for k, v in inputs.items()})
        assert all(len(each) == 1 for each in drawn.values())
