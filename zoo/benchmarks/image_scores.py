"""The scores of a benchmark's run on images: those of tfmix.evaluation, of few samples."""

import functools
import pathlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import tfmix
    from tfmix.evaluation import features

NUM_SAMPLES = 2_000
SCORES = ("kid", "precision", "recall", "density", "coverage", "quality", "diversity", "copies")


def measure(model: "tfmix.GAN", config: dict[str, Any], workdir: pathlib.Path) -> dict[str, Any]:
    """Scores a trained model against the test split, and its copies against its training images.

    Returns:
        "scores", those of `score`.
    """
    return {"scores": score(model.sampler(), config, workdir)}


def score(
    sampler: "tfmix.Sampler", config: dict[str, Any], workdir: pathlib.Path
) -> dict[str, float]:
    """Scores 2,000 samples against all of the test split, by the data set's own extractor.

    Returns:
        Values by name, those of SCORES.
    """
    import tfmix
    from tfmix.evaluation import features, scores

    cache = workdir.parent / "features"  # of real images, which runs share
    extractor, real = _test_split(config["dataset"], config["data_dir"], cache)
    train = tfmix.data.load(config["dataset"], data_dir=config["data_dir"] or None)
    train = train.subset(config["train_size"], config["seed"])
    seen = features.of_images(extractor, train, cache=cache)
    reference = scores.Reference(real, seen, train.num_classes)
    row_seeds = tfmix.seeds.row_seeds(config["seed"], NUM_SAMPLES).numpy()
    fake = features.of_samples(extractor, sampler, row_seeds)
    found = scores.compute(fake, reference, only=SCORES)
    return {name: found[name]["value"] for name in SCORES}


@functools.cache
def _test_split(
    dataset: str, data_dir: str, cache: pathlib.Path
) -> "tuple[tfmix.evaluation.Extractor, features.ImageFeatures]":
    """The data set's own extractor, and the features of its test split."""
    import tfmix
    from tfmix.evaluation import features

    real = tfmix.data.load(dataset, "test", data_dir=data_dir or None)
    extractor = tfmix.evaluation.default_extractor(dataset, real.images.shape[-1])
    return extractor, features.of_images(extractor, real, cache=cache)
