"""Clusters of images without labels, and how far they can be trusted, told without labels too."""

from collections.abc import Callable

import keras
import numpy as np
import scipy.special
import tensorflow as tf

from tfmix import augment, data, networks, pictures, seeds
from tfmix.checks import positive_int
from tfmix.models import GAN, Sampler

_CHUNK = 1_000  # images that are drawn or moved at a time
_BATCH = 128
_RATE = 2e-3  # of Adam, from which it falls along a cosine to 0

Clusterer = Callable[[np.ndarray], np.ndarray]  # images to probabilities of components


def cluster_agreement(
    clusterer: Clusterer,
    images: np.ndarray,
    second: Clusterer | None = None,
    seed: int = 0,
    *,
    found: np.ndarray | None = None,
) -> dict[str, float]:
    """Signs of good clusters that need no label, to choose among training seeds by.

    Args:
        clusterer: Images float32 [N, H, W, C] in [-1, 1] to probabilities [N, K] of components.
        images: Real images to sort, float32 in [-1, 1], at least one.
        second: Another clusterer of the same model's components, such as one that `fit_clusterer`
            made, where `clusterer` is its component head.
        seed: Of how images are moved.
        found: `clusterer(images)`, if it is known already.

    Returns:
        "invariance", the share of images that stay in their cluster after a small random shift,
        rotation and change of size (`tfmix.augment.affine`); "perplexity", the exponential of the
        entropy of the clusters' shares, from 1 to K, which is K where all clusters are of one
        size; and, where there is a second clusterer, "agreement", the share of images that both
        put into the same component.

    Raises:
        ValueError: There are no images.
    """
    if not len(images):
        raise ValueError("Clusters are judged by one image or more. Received: none.")
    found = np.asarray(clusterer(images)) if found is None else found
    clusters = found.argmax(axis=1)
    moved = [
        augment.affine(tf.constant(images[start : start + _CHUNK]), seeds.step_seed(seed, start))
        for start in range(0, len(images), _CHUNK)
    ]
    moved = np.clip(np.concatenate(moved), -1.0, 1.0)
    shares = np.bincount(clusters, minlength=found.shape[1]) / len(clusters)
    said = {
        "invariance": float((np.asarray(clusterer(moved)).argmax(axis=1) == clusters).mean()),
        "perplexity": float(np.exp(scipy.special.entr(shares).sum())),
    }
    if second is not None:
        other = np.asarray(second(images)).argmax(axis=1)
        said["agreement"] = float((other == clusters).mean())
    return said


def fit_clusterer(
    gan: GAN | Sampler,
    num_samples: int = 20_000,
    seed: int = 0,
    *,
    epochs: int = 5,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> keras.Model:
    """Trains a classifier to predict the component of a generated image (GM-GAN, 2018).

    It learns from pairs (G(z), component of z) alone: it sees no label and no real image. Generated
    images are rounded to 256 grey levels first, as real ones are. The cluster of a real image is
    the component of the highest probability.

    Args:
        gan: The model, whose components are drawn by the prior's weights.
        num_samples: Generated images to learn from.
        seed: Of the images, the initial weights, the order and the dropout.
        epochs: Passes over the images.
        progress: Called with images done and in all: each is drawn once, and seen in each pass.

    Returns:
        A Keras model, images [N, H, W, C] in [-1, 1] -> probabilities [N, K] of the components.

    Raises:
        ValueError: A model of points or of one component, or an argument that is out of its range.
    """
    num_samples, epochs = positive_int("num_samples", num_samples), positive_int("epochs", epochs)
    sampler = gan.sampler() if isinstance(gan, GAN) else gan
    if not isinstance(sampler, Sampler):
        raise ValueError(
            f"Clusters are those of a GAN's components. Received: a {type(gan).__name__}."
        )
    num_components = sampler.prior.num_components
    image_shape = tuple(sampler.describe()["image_shape"])
    if num_components < 2 or len(image_shape) != 3:
        raise ValueError(
            "Clusters take a model of images with at least 2 components. Received: "
            f"{num_components} of shape {list(image_shape)}."
        )
    total = num_samples * (1 + epochs)
    rows = seeds.row_seeds(seed, num_samples).numpy()
    images, component = [], []
    for start in range(0, num_samples, _CHUNK):
        drawn = sampler.draw(len(rows[start : start + _CHUNK]), seed=rows[start : start + _CHUNK])
        images.append(pictures.to_uint8(drawn["images"]))
        component.append(drawn["component"])
        progress(min(start + _CHUNK, num_samples), total)
    batches = data.batches((np.concatenate(images), np.concatenate(component)), _BATCH, seed)

    steps = -(-num_samples * epochs // _BATCH)
    clusterer = networks.image_classifier(
        image_shape, num_components, seed=seed % 2**20, name="clusterer"
    )
    rate = keras.optimizers.schedules.CosineDecay(_RATE, steps)
    clusterer.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")

    def on_batch(batch: int, logs: dict) -> None:
        progress(min(num_samples + (batch + 1) * _BATCH, total), total)

    callback = keras.callbacks.LambdaCallback(on_train_batch_end=on_batch)
    options = {"shuffle": False, "verbose": 0, "callbacks": [callback]}  # shuffled already
    clusterer.fit(batches, steps_per_epoch=steps, **options)
    return clusterer
