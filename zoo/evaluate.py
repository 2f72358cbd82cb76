"""Scores a model: inception score, modified inception score, FID, KID, and what it can tell.

A model with classes is asked for each, and the extractor says how often it gives it (accuracy). Of
a PixelCNN the bits that a pixel of the test split takes are told too. A model of points is scored
by the modes that it finds.

python -m zoo.evaluate --model=saved_models/deligan_mnist --out=report.json

Generated images are held against the test split of the data that the model was trained on. The
same scores of real training images stand beside: they are the floor.
"""

import json
import math
import pathlib
from typing import Any

from absl import flags

from zoo import command_line, environment, model_files

_MODEL = flags.DEFINE_string("model", None, model_files.HELP)
_OUT = flags.DEFINE_string("out", "report.json", "The JSON file to write.")
_DATASET = flags.DEFINE_string("dataset", None, "Data to score against; default: the model's own.")
_DATA_DIR = flags.DEFINE_string("data_dir", None, "Folder of TFDS; default: TFDS_DATA_DIR.")
_EXTRACTOR = flags.DEFINE_string(
    "extractor", None, "Name of a shipped extractor or path of a classifier; default: the data's."
)
_NUM = flags.DEFINE_integer(
    "num", None, "Generated images for each seed; default: 10000, or the test split's if fewer.", 1
)
_SEEDS = flags.DEFINE_list("seeds", ["0", "1", "2", "3", "4"], "Sampling seeds.")
_DEFAULT_NUM = 10_000
_NUM_POINTS = 2_500  # as PacGAN counts modes (NeurIPS 2018, section 4.1)
flags.mark_flag_as_required("model")


def main() -> None:
    """Evaluates."""
    out = pathlib.Path(_OUT.value)
    command_line.check_out(out, ".json")
    sampling_seeds = _sampling_seeds()
    model_files.find(_MODEL.value)

    tfmix = command_line.import_tfmix()
    sampler = model_files.load(_MODEL.value)
    described = sampler.describe()
    described.pop("weights", None)  # as many numbers as components, for the model to tell
    config = described["provenance"].get("config", {})
    dataset = _DATASET.value or config.get("dataset")
    if dataset is None:
        raise ValueError(
            f"{_MODEL.value} does not say what it was trained on. Name the data with --dataset."
        )
    if len(described["image_shape"]) == 1:
        _write({"model": described, **environment.record(), **_modes(sampler, dataset)}, out)
        return
    height, width, channels = described["image_shape"]
    wanted = {"data_dir": _DATA_DIR.value, "image_size": height, "channels": channels}
    test = tfmix.data.load(dataset, "test", **wanted)
    extractor = _extractor(dataset)
    if (height, width, channels) != extractor.image_shape:
        raise ValueError(
            f"The model makes images {described['image_shape']}, extractor {extractor.name} takes "
            f"{list(extractor.image_shape)}. Choose another with --extractor."
        )
    train = tfmix.data.load(dataset, "train", **wanted)
    num_samples = _NUM.value or min(_DEFAULT_NUM, len(test.images))
    report = tfmix.evaluation.evaluate(
        sampler,
        extractor,
        test,
        train,
        num_samples=num_samples,
        sampling_seeds=sampling_seeds,
        progress=command_line.progress_bar("image"),
    )
    if isinstance(sampler, tfmix.PixelCNN):
        images = tfmix.data.from_uint8(test.images).numpy()
        labels = None if sampler.num_classes is None else test.labels
        report["bits_per_dim"] = {
            "value": sampler.bits_per_dim(images, labels),
            "split": test.source["split"],
            "count": len(images),
        }
    _write({"model": described, **environment.record(), **report}, out)


def _modes(sampler, dataset: str) -> dict[str, Any]:
    """Mode coverage of a model of points, by sampling seed; see `tfmix.metrics.mode_coverage`."""
    import tfmix

    truth = tfmix.data.load(dataset, "test")
    if not isinstance(truth, tfmix.data.PointSet):
        raise ValueError(f"The model draws points, and {dataset} is a set of images.")
    num = _NUM.value or _NUM_POINTS
    runs = [
        tfmix.metrics.mode_coverage(
            sampler.sample(num, seed=seed), truth.centers, truth.std, weights=truth.weights
        )
        for seed in _sampling_seeds()
    ]
    scores = {}
    for name in ("modes", "high_quality", "reverse_kl"):
        values = [float(getattr(run, name)) for run in runs]
        if all(map(math.isfinite, values)):  # a run without a sample of high quality has no KL
            scores[f"{name}{num}"] = tfmix.evaluation.over_seeds([{"value": v} for v in values])
    floor = {f"modes{num}": {"value": float(len(truth.centers))}}
    return {"dataset": truth.source, "num_samples": num, "scores": scores, "floor": floor}


def _write(report: dict[str, Any], out: pathlib.Path) -> None:
    from tfmix.files import replacing

    with replacing(out) as beside:
        beside.write_text(json.dumps(report, indent=2) + "\n")
    print(f"{_table(report)}\nReport: {out}")


def _extractor(dataset: str):
    import tfmix

    if _EXTRACTOR.value is not None:
        return tfmix.evaluation.load_extractor(_EXTRACTOR.value)
    try:
        return tfmix.evaluation.load_extractor(dataset.partition(":")[0])
    except ValueError as error:
        raise ValueError(
            f"No extractor is shipped for {dataset}. Name one, or a classifier's .keras file, "
            "with --extractor."
        ) from error


def _sampling_seeds() -> tuple[int, ...]:
    try:
        return tuple(int(each) for each in _SEEDS.value)
    except ValueError:
        received = ",".join(_SEEDS.value)
        raise ValueError(f"--seeds takes integers, as in 0,1,2. Received: {received}.") from None


def _table(report: dict[str, Any]) -> str:
    lines = [f"{'':18}{'generated':>20}{'real (floor)':>16}"]
    for name, score in report["scores"].items():
        spread = score["std_over_seeds"]
        value = f"{score['value']:.4f}" + ("" if spread is None else f" +- {spread:.4f}")
        floor = report["floor"].get(name)
        floor = "" if floor is None else f"{floor['value']:.4f}"
        lines.append(f"{name:18}{value:>20}{floor:>16}")
    if "bits_per_dim" in report:
        lines.append(f"{'bits per dim':18}{report['bits_per_dim']['value']:>20.4f}")
    return "\n".join(lines)


if __name__ == "__main__":
    command_line.run(main)
