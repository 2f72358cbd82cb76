"""The page of figures beside a report, drawn from the sampler and the data it was made of."""

from typing import Any

import numpy as np

from tfmix import data, pictures, seeds
from tfmix.evaluation import figures
from tfmix.evaluation.features import Samples
from tfmix.evaluation.figures import Figure

_ROWS = 10  # of samples, and images in a row


def draw(
    report: dict[str, Any],
    sampler: Samples | data.ImageSet,
    train: data.ImageSet,
    class_names: tuple[str, ...] | None,
) -> Figure:
    """Draws `figures.report_figure` of a report, what it scored and the training images.

    Names are those of the extractor's classes; None where they are not known.
    """
    nearest = report["nearest"]
    if isinstance(sampler, data.ImageSet):
        samples, title = sampler.images[: _ROWS**2], "The first images"
        near = sampler.images[[each["row"] for each in nearest]]
    else:
        samples, title = _samples(sampler, report["model"])
        near = _images(sampler, np.array([each["seed"] for each in nearest]), len(nearest))
    protocol = report["protocol"]
    return figures.report_figure(
        report,
        samples,
        _ROWS,
        (near, train.images[[each["train_row"] for each in nearest]]),
        samples_title=title,
        class_names=class_names,
        title=f"Against {protocol['dataset']}, by {protocol['extractor']}; "
        f"protocol {report['hash']}",
    )


def _samples(sampler: Samples, described: dict[str, Any]) -> tuple[np.ndarray, str]:
    """Images in one row per component, or per class where only that can be asked for."""
    for parameter, count, title in (
        ("component", described.get("components") or 0, "Samples, one row per component"),
        ("label", described.get("classes") or 0, "Samples, one row per class"),
    ):
        if parameter in getattr(sampler, "sampling_parameters", ()) and count > 1:
            which = np.repeat(np.arange(min(count, _ROWS)), _ROWS)
            title += f", the first {_ROWS} of {count}" if count > _ROWS else ""
            return _images(sampler, 0, len(which), **{parameter: which}), title
    return _images(sampler, 0, _ROWS**2), "Samples"


def _images(sampler: Samples, seed: int | np.ndarray, count: int, **parameters: Any) -> np.ndarray:
    row_seeds = seeds.row_seeds(seed, count).numpy()
    return pictures.to_uint8(sampler.sample(count, seed=row_seeds, **parameters))
