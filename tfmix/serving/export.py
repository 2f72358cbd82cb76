"""A sampler as files: .keras for Python, a SavedModel for TF Serving."""

import os
import pathlib
import re

import keras

from tfmix.files import atomic_write
from tfmix.models import PixelCNN, Sampler
from tfmix.serving import warmup
from tfmix.serving.signatures import signatures_of


def export(
    sampler: Sampler | PixelCNN, path: str | os.PathLike, clusterer: keras.Model | None = None
) -> pathlib.Path:
    """Writes DIR/<name of DIR>.keras, and a SavedModel DIR/1/, or DIR/2/ where there is a 1.

    Args:
        sampler: What to export.
        path: DIR.
        clusterer: As of `export_saved_model`.

    Returns:
        The folder of the SavedModel.

    Raises:
        ValueError: As of `export_saved_model`; nothing is written.
        OSError: The folder cannot be written to.
    """
    _check_clusterer(clusterer, sampler)
    path = pathlib.Path(path)
    with atomic_write(path / f"{path.resolve().name}.keras") as beside:
        sampler.save(beside)
    versions = [int(each.name) for each in path.iterdir() if re.fullmatch(r"[1-9]\d*", each.name)]
    version = path / str(max(versions, default=0) + 1)
    with atomic_write(version) as beside:
        export_saved_model(sampler, beside, clusterer)
    return version


def export_saved_model(
    sampler: Sampler | PixelCNN, path: str | os.PathLike, clusterer: keras.Model | None = None
) -> None:
    """Writes a SavedModel whose signatures keep no state and treat each row by itself.

    `serving_default`: seed int32 [B] -> images float32 [B, H, W, C] in [0, 1], component int32 [B].
    `sample`: seed, component int32 [B] (-1: draw it), scale float32 [B] -> the same, and latent
    float32 [B, L]. Models that know classes also take and give label int32 [B] (-1: draw it).
    `sample_png`: as `sample` -> png_bytes string [B], the files of `Sampler.images`.
    `decode`: latent float32 [B, L] -> images, exactly those of `sample` for that latent.
    `posterior`: latent float32 [B, L] -> probabilities float32 [B, K] of the components, from the
    prior's part of the latent.
    `cluster`, where there is a clusterer: images float32 [B, H, W, C] in [0, 1] -> probabilities
    float32 [B, K].

    A model of points gives `points` float32 [B, P], as they are, in place of images, and no PNG.
    PixelCNN has `serving_default` and `sample` alone: seed, temperature float32 [B] and, where it
    knows classes, label -> images and label.

    An input out of range, inputs of different lengths or more than 4,096 rows give InvalidArgument,
    which names the value; no rows give empty outputs. A server runs a row of each signature as it
    loads the model (`assets.extra/tf_serving_warmup_requests`), so that no user waits for that.

    Args:
        sampler: What to export.
        path: A folder that is not there yet.
        clusterer: `clusterer()` of the GAN that the sampler comes from, or what
            `tfmix.evaluation.fit_clusterer` made of the sampler; None: none.

    Raises:
        ValueError: A clusterer of other images, or of another number of components.
    """
    _check_clusterer(clusterer, sampler)
    # The archive finds the variables that its functions use; if it tracked the models as well, it
    # would write every weight twice.
    archive = keras.export.ExportArchive()
    signatures = signatures_of(sampler, clusterer)
    for name, function in signatures.items():
        archive.add_endpoint(name, function)
    archive.write_out(str(path), verbose=False)
    warmup.write(signatures, sampler.latent_dim, path)


def _check_clusterer(clusterer: keras.Model | None, sampler: Sampler | PixelCNN) -> None:
    if clusterer is None:
        return
    described = sampler.describe()
    wanted = tuple(described["image_shape"]), described.get("components")
    given = clusterer.input_shape[1:], clusterer.output_shape[-1]
    if given != wanted:
        raise ValueError(
            f"This model's clusterer takes images {list(wanted[0])} to {wanted[1]} components. "
            f"Received: one of {list(given[0])} to {given[1]}."
        )
