"""torch-fidelity on the same features, where somebody has installed it: it is no dependency."""

import numpy as np
import pytest

from tfmix import metrics

torch = pytest.importorskip("torch", reason="the peer torch-fidelity is not installed")
pytest.importorskip("torch_fidelity", reason="the peer torch-fidelity is not installed")
from torch_fidelity import metric_fid, metric_kid, metric_prc  # noqa: E402

RNG = np.random.default_rng(0)
REAL = RNG.normal(size=[500, 12]) @ RNG.normal(size=[12, 12])
FAKE = 0.8 * RNG.normal(size=[500, 12]) @ RNG.normal(size=[12, 12]) + 0.3


@pytest.mark.filterwarnings("ignore:FID of .* images:UserWarning")
def test_fid():
    statistics = (metric_fid.fid_features_to_statistics(torch.tensor(x)) for x in (REAL, FAKE))
    (expected,) = metric_fid.fid_statistics_to_metric(*statistics, verbose=False).values()
    assert metrics.frechet_distance(REAL, FAKE).value == pytest.approx(expected, rel=1e-6)


def test_kid_of_each_block():
    found = metrics.kernel_distance(REAL, FAKE, seed=3)  # ten blocks of 50
    generator = np.random.default_rng(3)
    blocks = (np.split(generator.permutation(rows), 10) for rows in (REAL, FAKE))
    each = [metric_kid.kernel_mmd(*pair) for pair in zip(*blocks, strict=True)]
    assert found.value == pytest.approx(np.mean(each), rel=1e-6)
    assert found.std_error == pytest.approx(np.std(each, ddof=1) / np.sqrt(10), rel=1e-6)


def test_precision_and_recall():
    generated_first = torch.tensor(FAKE), torch.tensor(REAL)
    expected = metric_prc.prc_features_to_metric(*generated_first, verbose=False)
    found = metrics.precision_recall(REAL, FAKE, k=3)
    assert found.precision == pytest.approx(expected[metric_prc.KEY_METRIC_PRECISION], abs=1e-6)
    assert found.recall == pytest.approx(expected[metric_prc.KEY_METRIC_RECALL], abs=1e-6)
    assert 0 < found.recall < 1
