import numpy as np
import pytest

import tfmix


def test_it_describes_what_a_saved_model_says(exported):
    assert tfmix.serving.SavedSampler(exported / "1").describe() == {
        "image_shape": [8, 8, 1],
        "latent_dim": 6,
        "components": 4,
        "provenance": {"saved_model": str(exported / "1")},
    }


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
