"""How the benchmarks score a run on images: by the evaluator's scores, of few samples."""

import functools
import pathlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import tfmix
    from tfmix.evaluation.judged import Judged

NUM_SAMPLES = 2_000
SCORES = ("kid", "precision", "recall", "density", "coverage", "quality", "diversity", "copies")


def measure(model: "tfmix.GAN", config: dict[str, Any], workdir: pathlib.Path) -> dict[str, Any]:
    """Scores a trained model by the test split, and its copies by the images it was trained on.

    Returns:
        "scores", those of `score`.
    """
    return {"scores": score(model.sampler(), config, workdir)}


def score(
    sampler: "tfmix.Sampler", config: dict[str, Any], workdir: pathlib.Path
) -> dict[str, float]:
    """Scores 2,000 samples against all of the test split, in the features of its own extractor.

    Returns:
        Values by name, those of SCORES.
    """
    import tfmix
    from tfmix.evaluation import judged, scores

    cache = workdir.parent / "features"  # of real images, which runs share
    extractor, real = _seen(config["dataset"], config["data_dir"], cache)
    train = tfmix.data.load(config["dataset"], data_dir=config["data_dir"] or None)
    train = train.subset(config["train_size"], config["seed"])
    reference = scores.Reference(real, judged.judge(extractor, train, cache), train.num_classes)
    drawn = tfmix.data.ImageSet(
        sampler.images(NUM_SAMPLES, seed=config["seed"]),
        *(None, None),
        {"name": "samples", "version": None, "split": "none", "count": NUM_SAMPLES},
    )
    fake = judged.judge(extractor, drawn)
    lacking = scores.skipped(NUM_SAMPLES, reference, asked_for_classes=False)
    others = {"is", "mis", "fid", "vendi", "ms_ssim"}
    found = scores.score(fake, reference, without={*lacking, *others})
    return {name: found[name]["value"] for name in SCORES}


@functools.cache
def _seen(
    dataset: str, data_dir: str, cache: pathlib.Path
) -> "tuple[tfmix.evaluation.Extractor, Judged]":
    """The data set's own extractor, and the test split in its eyes."""
    import tfmix
    from tfmix.evaluation import judged

    extractor = tfmix.evaluation.load_extractor(dataset)
    real = tfmix.data.load(dataset, "test", data_dir=data_dir or None)
    return extractor, judged.judge(extractor, real, cache)
