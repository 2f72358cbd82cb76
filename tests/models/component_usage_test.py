import numpy as np
import pytest
import tensorflow as tf

from tfmix.models.component_usage import ComponentUsage


def test_usage_is_the_effective_number_of_components():
    usage = ComponentUsage(4)
    assert float(usage.result()) == pytest.approx(1)
    for drawn in ([0, 0], [1, 1, 3, 3]):
        usage.update_state(tf.constant(drawn))
    assert float(usage.result()) == pytest.approx(3, rel=1e-6)
    usage.reset_state()
    usage.update_state(tf.constant([0, 0, 0, 1]))
    assert float(usage.result()) == pytest.approx(
        np.exp(-0.75 * np.log(0.75) - 0.25 * np.log(0.25))
    )
