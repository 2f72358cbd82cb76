"""The README of an exported model: what it is, how it came about, how to use it."""

from typing import Any

from tfmix.training.upgrade import upgraded


def render(name: str, described: dict[str, Any], collapsed: str | None = None) -> str:
    """Writes the card, in Markdown.

    Args:
        name: Name of the model's folder.
        described: From `Sampler.describe`, with the provenance that `tfmix export` notes.
        collapsed: The sentence that says so, for a first line; None for a model that is not.
    """
    provenance = described["provenance"]
    config, versions = upgraded(provenance["config"]), provenance["versions"]
    # Models of before there was validation have no such key.
    rest = f"all but {config['validation_size']}" if config.get("evaluate_every") else "all"
    size, steps = config["train_size"] or rest, f"{provenance['step']} of {config['num_steps']}"
    chosen = _chosen(provenance.get("validation"))
    momentum = config["ema_momentum"]
    warning = f"**{collapsed}**\n\n" if collapsed else ""
    return f"""# {name}

{warning}{_what(config["model"]["name"], described)}

```python
import keras, tfmix

sampler = keras.models.load_model("{name}.keras")
sampler.images(16, seed=0)  # uint8 images
{_example(described)}
```

`1/` is the same model for TF Serving. Scores, where they were taken: `report.json`.

| | |
|---|---|
| data | {config["dataset"]}, training split, {size} images |
| training | {steps} steps of {config["batch_size"]} images{chosen} |
| seed | {config["seed"]} |
| time | {provenance["training_seconds"]} s on {provenance["hardware"]} |
| model | {_arguments(config["model"])} |
| prior | {_arguments(config["prior"])}{_within(provenance.get("within_share"))} |
| generator | {_arguments(config["generator"])} |
| discriminator | {_arguments(config["discriminator"])} |
| optimizer | {_arguments(config["optimizer"])}, one for each network |
| average | {f"momentum {momentum}" if momentum else "none"} |
| versions | {", ".join(f"{package} {version}" for package, version in versions.items())} |
| export | `{provenance["command"]}` |
"""


def _what(model: str, described: dict[str, Any]) -> str:
    shape, classes = described["image_shape"], described["classes"]
    drawn = f"A {model} that draws {'images' if len(shape) == 3 else 'points'} {shape}"
    of_classes = f" of {classes} classes" if classes else ""
    if described["prior"] is None:
        return f"{drawn} in [-1, 1]{of_classes}, pixel by pixel."
    scaled = " in [-1, 1]" if len(shape) == 3 else ""
    return (
        f"{drawn}{scaled}{of_classes} from a\n{described['prior']} of "
        f"{described['components']} component(s) in {described['latent_dim']}\ndimensions."
    )


def _chosen(best: dict[str, Any] | None) -> str:
    """Why it is these steps, where it is not how far the run came."""
    if best is None:
        return ""
    kid = f"KID {best['val_kid']:.4g} +- {best['val_kid_std_error']:.2g}"
    by = best["protocol"]
    return f", the best of the run by {kid} ({by['extractor']}) on {by['num_real']} held-out images"


def _within(share: float | None) -> str:
    """How much of z's variance the trained prior has within components, where there are several."""
    return "" if share is None else f", at the end {share:.0%} of the variance within components"


def _example(described: dict[str, Any]) -> str:
    if described["classes"]:
        return "sampler.sample(16, seed=0, label=3)  # float32; of one class"
    if described["prior"] is None:
        return "sampler.sample(16, seed=0, temperature=0.9)  # float32; likelier images"
    return (
        "sampler.sample(16, seed=0, scale=0.7)  # float32; nearer to the centres of the components"
    )


def _arguments(block: dict[str, Any]) -> str:
    arguments = ", ".join(f"{key}={value}" for key, value in block.items() if key != "name")
    return f"{block['name']}({arguments})" if arguments else block["name"]
