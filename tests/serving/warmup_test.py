import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from tfmix.serving import warmup


def test_each_signature_is_warmed_up_by_a_good_request(exported, signatures):
    file = str(exported / "1" / warmup.FILE)
    logs = [prediction_log_pb2.PredictionLog.FromString(r) for r in read(file)]
    requests = {log.predict_log.request.model_spec.signature_name: log for log in logs}
    assert set(requests) == set(signatures)
    for name, log in requests.items():
        inputs = log.predict_log.request.inputs
        drawn = signatures[name](**{k: tf.constant(tf.make_ndarray(v)) for k, v in inputs.items()})
        assert all(len(each) == 1 for each in drawn.values())


def read(file):
    return [record.numpy() for record in tf.data.TFRecordDataset(file)]
