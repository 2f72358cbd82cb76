"""How well a component head sorts images whose labels nobody gave, and which seed to ship.

python -m zoo.benchmarks.clustering --out=runs/benchmarks/clustering

Trains a config with several seeds and scores the clusters that the component head makes of the test
split, by its labels. Beside them stand clusters of the test split by k-means, fitted to training
images: their pixels, their first principal components, and the features of the discriminator, from
which the head reads. Labels choose nothing: the seed to ship is that whose head agrees most with a
second clusterer, which is fitted to the model's own samples (tfmix.evaluation.cluster_agreement).
A run that is done is kept in --runs, and not trained again. Writes clustering.md and
clustering.json.
"""

import statistics
from collections.abc import Sequence

import numpy as np

from tfmix.evaluation import tables
from tfmix.programs import command_line, presets
from zoo.benchmarks import runs
from zoo.benchmarks.program import Record
from zoo.benchmarks.runs import Run, Trained

NUM_FITTED, NUM_COMPONENTS = 10_000, 50  # training images for k-means, and principal components
SCORES = ("accuracy", "majority_accuracy", "nmi", "ari")
SIGNS = ("agreement", "invariance", "perplexity")  # that need no label; the first one chooses
FLAGS = runs.make_flags("clustering")
_CONFIG = FLAGS.string("config", "gmgan_mnist", "What to train; a model with a component head.")
_SEEDS = FLAGS.integer("seeds", 5, "Runs, of seeds from 0 on.", 1)
_STEPS = FLAGS.integer("steps", 0, "Training steps of a run; 0: the config's.", 0)
_SAMPLES = FLAGS.integer("cluster_samples", 20_000, "Samples to fit the second clusterer to.", 1)


def main() -> None:
    """Trains what is not there yet, and writes what came of it."""
    config = presets.get(_CONFIG.value)
    if not config.model.get("component_weight"):
        raise ValueError(
            "--config names a model with a component head, such as gmgan_mnist. "
            f"Received: {_CONFIG.value}."
        )
    changes = {"num_steps": _STEPS.value or config.num_steps}
    planned = [Run(_CONFIG.value, seed, changes) for seed in range(_SEEDS.value)]
    runs.compare("clustering", FLAGS, planned, measure, page)


def measure(trained: Trained) -> Record:
    """Scores of the clusters of the test split by labels and without, of the head and of k-means.

    Returns:
        "classes", "components"; "scores", those of `SCORES` by the name of what made the clusters;
        and the values of `SIGNS`.
    """
    import keras
    from sklearn.decomposition import PCA

    import tfmix

    config, model, seed = trained.config, trained.model, trained.config["seed"]
    train, test = (
        tfmix.data.load(config["dataset"], split, data_dir=config["data_dir"] or None)
        for split in ("train", "test")
    )
    some = np.random.default_rng(seed).permutation(len(train.images))[:NUM_FITTED]
    images, few = (tfmix.data.from_uint8(x).numpy() for x in (test.images, train.images[some]))
    head, classes, components = model.clusterer(), test.num_classes, model.prior.num_components

    def by_head(images: np.ndarray) -> np.ndarray:
        return head.predict(images, verbose=0)

    fitted = tfmix.evaluation.fit_clusterer(model, _SAMPLES.value, seed)
    second = fitted.predict(images, verbose=0)
    signs = tfmix.evaluation.cluster_agreement(by_head, images, lambda _: second, seed)
    clusters = {"component head": (by_head(images).argmax(axis=1), components)}
    clusters["classifier of samples"] = (second.argmax(axis=1), components)

    below = keras.Model(head.inputs, head.get_layer("component_logits").input)
    pixels = [each.reshape(len(each), -1) for each in (few, images)]
    pca = PCA(min(NUM_COMPONENTS, *pixels[0].shape), random_state=seed).fit(pixels[0])
    spaces = {
        "pixels": pixels,
        "principal components": [pca.transform(each) for each in pixels],
        "the discriminator's features": [below.predict(x, verbose=0) for x in (few, images)],
    }
    for name, (known, new) in spaces.items():
        for count in sorted({classes, components}):
            clusters[f"k-means on {name}, K {count}"] = _k_means(known, new, count, seed), count
    scores = {}
    for name, (found, count) in clusters.items():
        every = tfmix.metrics.clustering_scores(test.labels, found, seed, num_clusters=count)
        scores[name] = {score: getattr(every, score) for score in SCORES}
    return {"classes": classes, "components": components, "scores": scores, **signs}


def _k_means(known: np.ndarray, new: np.ndarray, count: int, seed: int) -> np.ndarray:
    from sklearn.cluster import KMeans

    return KMeans(count, n_init=3, random_state=seed).fit(known).predict(new)


def chosen(results: Sequence[Record]) -> int:
    """The seed of the run whose clusterers agree most; of equals, the first."""
    return max(results, key=lambda run: run[SIGNS[0]])["seed"]


def page(record: Record) -> str:
    """The tables, in Markdown."""
    results = record["runs"]
    first, best = results[0], chosen(results)
    head = [run["scores"]["component head"] for run in results]
    rows = [
        (
            f"**{run['seed']}**" if run["seed"] == best else run["seed"],
            *(_shown(scores[name]) for name in SCORES),
            *(_shown(run[sign]) for sign in SIGNS),
            f"{run['seconds']:.0f}",
        )
        for run, scores in zip(results, head, strict=True)
    ]
    by_seed = tables.markdown(("seed", *SCORES, *SIGNS, "seconds"), rows)
    means = [
        (name, *(_spread([run["scores"][name][score] for run in results]) for score in SCORES))
        for name in first["scores"]
    ]
    return f"""# Clusters of images without labels

Written by `python -m zoo.benchmarks.clustering`; see there for what is measured. The config
`{first["config"]}`, {first["steps"]:,} steps, {first["components"]} components, on the test split's
{first["classes"]} classes. Accuracy is that under the best one-to-one map, where there are as many
components as classes; majority accuracy is higher for more clusters, so compare it for the same
number K.

## The component head, by training seed

{by_seed}

The last columns but the seconds need no label: the share of images that the head and a classifier
of the model's own samples put into the same component, the share that stay in their cluster when
they are moved a little, and the effective number of clusters. Seed {best}, in bold, agrees most: it
is the one that would be shipped.

## Beside it: means over seeds, with the lowest and the highest

{tables.markdown(("clusters by", *SCORES), means)}

Seconds of training on {record["hardware"]}: `{record["command"]}`
"""


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _spread(values: list[float | None]) -> str:
    if None in values:
        return ""
    return f"{statistics.fmean(values):.3f} ({min(values):.3f} to {max(values):.3f})"


if __name__ == "__main__":
    command_line.run(main)
