"""The README of an exported model: what it is, how it came about, how to use it."""

from typing import Any


def render(name: str, described: dict[str, Any]) -> str:
    """Writes the card.

    Args:
        name: Name of the model's folder.
        described: From `Sampler.describe`, with the provenance that `zoo.export` notes.

    Returns:
        Markdown.
    """
    provenance = described["provenance"]
    config, versions = provenance["config"], provenance["versions"]
    size = config["train_size"] or "all"
    return f"""# {name}

A {config["model"]} that draws images {described["image_shape"]} in [-1, 1] from a
{described["prior"]} of {described["components"]} component(s) in {described["latent_dim"]}
dimensions.

```python
import keras, tfmix

sampler = keras.models.load_model("{name}.keras")
sampler.images(16, seed=0)  # uint8 images
sampler.sample(16, seed=0, scale=0.7)  # float32; nearer to the centres of the components
```

`1/` is the same model for TF Serving. Scores, where they were taken: `report.json`.

| | |
|---|---|
| data | {config["dataset"]}, training split, {size} images |
| training | {provenance["step"]} of {config["num_steps"]} steps of {config["batch_size"]} images |
| seed | {config["seed"]} |
| time | {provenance["training_seconds"]} s on {provenance["hardware"]} |
| prior | {_arguments(config["prior"])} |
| generator | {_arguments(config["generator"])} |
| discriminator | {_arguments(config["discriminator"])} |
| optimizer | {_arguments(config["optimizer"])}, one for each network |
| loss | {_arguments(config["loss"])} |
| average | momentum {config["ema_momentum"]} |
| versions | {", ".join(f"{package} {version}" for package, version in versions.items())} |
| export | `{provenance["command"]}` |
"""


def _arguments(block: dict[str, Any]) -> str:
    arguments = ", ".join(f"{key}={value}" for key, value in block.items() if key != "name")
    return f"{block['name']}({arguments})"
