"""The card of a shipped extractor: what it is, how right it is, how it came about."""

from typing import Any

from zoo.extractors import training


def render(report: dict[str, Any]) -> str:
    """The card, in Markdown, of a report by `zoo.extractors.train`."""
    recipe, train, test = report["recipe"], report["train"], report["test"]
    arguments = ", ".join(f"{name}={value}" for name, value in recipe["arguments"].items())
    both = ", on an image and on its mirror image, whose features are averaged"
    mirrored = both if recipe["mirrored"] else ""
    since = report["wall_seconds_from_epoch"]
    resumed = f", from epoch {since} on, as the run was stopped before" if since else ""
    return f"""# Extractor {report["name"]}

A small classifier of images {list(report["image_shape"])} in {len(report["class_names"])} classes.
`tfmix.evaluation.load_extractor("{report["name"]}")` gives its predictions (for the inception
scores) and its last hidden layer, {report["feature_width"]} wide (for FID, KID and their kin).
Scores by this extractor compare with each other, never with those by another.

{verdict(report)}

| split | images | accuracy |
|---|---|---|
| {train["split"]} | {train["count"]:,} | {report["train_accuracy"]:.2%} |
| {test["split"]} | {test["count"]:,} | {report["test_accuracy"]:.2%} |

- Data: {train["name"]} ({train["version"]}).
- Architecture: `tfmix.networks.{recipe["network"]}({arguments})`, {report["parameters"]:,}
  parameters{mirrored}.
- Training: {recipe["epochs"]} epochs in batches of {recipe["batch_size"]} by
  {_optimizer(recipe)}; label smoothing {recipe["label_smoothing"]};
  {_augmentation(recipe)}. The last weights are kept. Seed {report["seed"]}.
- Scored on the test split before this recipe was settled: {recipe["earlier"]}.
- Command: `{report["command"]}`
- Time: {report["wall_seconds"]} s on {report["cpu_cores"]} CPU cores{resumed}.
- Versions: {", ".join(f"{name} {version}" for name, version in report["versions"].items())}.
- SHA-256 of {report["name"]}.keras: `{report["sha256"]}`
"""


def verdict(report: dict[str, Any]) -> str:
    """Whether the floor of accuracy is reached, in a sentence."""
    score, floor = report["test_accuracy"], report["floor"]
    reached = "reaches" if score >= floor else "MISSES"
    return (
        f"It is right on {score:.2%} of the test split, which {reached} the floor of {floor:.1%}."
    )


def _optimizer(recipe: dict[str, Any]) -> str:
    if recipe["optimizer"] == "adam":
        return f"Adam, its rate along a cosine from {training.ADAM_RATE} to 0"
    rate = training.SGD_RATE * recipe["batch_size"] / 256
    return (
        f"SGD (Nesterov, momentum {training.SGD_MOMENTUM}, weight decay {training.SGD_DECAY} times "
        f"the rate), its rate from {training.SGD_FIRST} to {rate} in the first "
        f"{training.SGD_RISE:.0%} of the steps, then along a cosine to 0"
    )


def _augmentation(recipe: dict[str, Any]) -> str:
    said = [
        f"shifts of up to {recipe['shift']:.1%} of the side" if recipe["shift"] else "",
        f"rotations of up to {360 * recipe['rotation']:.0f} degrees" if recipe["rotation"] else "",
        "left and right exchanged at random" if recipe["flip"] else "",
        f"a rectangle of {recipe['cutout']:.0%} cut out" if recipe["cutout"] else "",
    ]
    return ", ".join(filter(None, said)) or "no augmentation"
