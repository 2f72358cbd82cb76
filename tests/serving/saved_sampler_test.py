import numpy as np
import pytest

import tfmix


def test_saved_sampler_is_used_like_the_sampler(sampler, exported):
    saved = tfmix.serving.SavedSampler(exported / "1")
    np.testing.assert_array_equal(
        saved.images(5, seed=2, component=1, scale=0.7),
        sampler.images(5, seed=2, component=1, scale=0.7),
    )
    assert saved.describe()["image_shape"] == [8, 8, 1]
    with pytest.raises(ValueError, match=r"Wanted a component in \[-1, 4\)"):
        saved.sample(2, component=9)
    with pytest.raises(ValueError, match="knows no classes"):
        saved.sample(2, label=1)


def test_a_folder_that_is_no_saved_model_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no readable SavedModel"):
        tfmix.serving.SavedSampler(tmp_path)


def test_a_model_without_a_clusterer_says_so(exported, clustering):
    plain = tfmix.serving.SavedSampler(exported / "1")
    assert clustering.clusters
    assert not plain.clusters
    with pytest.raises(ValueError, match="has no clusterer"):
        plain.cluster(np.zeros([1, 8, 8, 1]))
    with pytest.raises(ValueError, match="Received: shape"):
        clustering.cluster(np.zeros([1, 7, 8, 1]))
