"""Many images as TFRecord files, in bounded memory, and resumed where they were left."""

import collections
import hashlib
import json
import os
import pathlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import tensorflow as tf

from tfmix import files, pictures, seeds
from tfmix.sampling import BaseSampler

MANIFEST = "manifest.json"
_CHUNK_BYTES = 2**25  # of images that are drawn at a time
_CHUNK_ROWS = 1024
_COMPRESSION = 3  # of PNGs: 1 % larger than at the default 6, and a quarter faster
_WAITING = 2  # chunks that are being encoded while the next one is drawn


def manifest(path: pathlib.Path, **settings: Any) -> dict[str, Any]:
    """What shards depend on.

    Args:
        path: Of the model, from `tfmix.loading.find`.
        **settings: Plain values that JSON can hold.
    """
    parts = sorted(path.rglob("*")) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for part in parts:
        if part.is_file():
            digest.update(part.read_bytes())
    return {"model": path.stem, "model_sha256": digest.hexdigest(), **settings}


def write(
    sampler: BaseSampler,
    folder: pathlib.Path,
    made_by: Mapping[str, Any],
    parameters: Mapping[str, Any],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Writes images as FOLDER/MODEL-00007-of-00100.tfrecord, and what they depend on beside them.

    A record is a `tf.train.Example` of "image", a PNG; "seed"; and "component" and "label" where
    the model has them. A shard is renamed to its name when it is complete, and one that is there is
    left as it is. Its bytes depend on the model, its seeds and the parameters alone.

    Args:
        sampler: A model of images.
        folder: Where to write; it is made.
        made_by: Of `manifest`, with "num", "shards" and "seed".
        parameters: Sampling parameters, one value of each.
        progress: Called with images done and in all.

    Raises:
        ValueError: The folder holds something else, or shards of other settings.
        OSError: It cannot be written to.
    """
    _claim(folder, dict(made_by))
    num, shards = made_by["num"], made_by["shards"]
    rows = seeds.row_seeds(made_by["seed"], num).numpy()
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for shard in range(shards):
            first, end = num * shard // shards, num * (shard + 1) // shards
            path = folder / f"{made_by['model']}-{shard:05d}-of-{shards:05d}.tfrecord"
            if path.exists():
                progress(end, num)
                continue
            with files.atomic_write(path) as beside, tf.io.TFRecordWriter(str(beside)) as writer:
                for done, records in _records(sampler, rows[first:end], parameters, pool):
                    for record in records:
                        writer.write(record)
                    progress(first + done, num)


def _claim(folder: pathlib.Path, made_by: dict[str, Any]) -> None:
    """Leaves the manifest in a folder that is new, or holds that the one there is the same."""
    path = folder / MANIFEST
    if not path.exists():
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ValueError(f"--out names a new folder, or one of shards. Received: {folder}.")
        with files.atomic_write(path) as beside:
            beside.write_text(json.dumps(made_by, indent=1) + "\n")
        return
    try:
        found = dict(json.loads(path.read_text()))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged. Received: {error}") from error
    other = [name for name in made_by | found if made_by.get(name) != found.get(name)]
    if other:
        wanted = ", ".join(f"{name} {found.get(name)}" for name in other)
        received = ", ".join(f"{name} {made_by.get(name)}" for name in other)
        raise ValueError(f"{folder} holds shards with {wanted}. Received: {received}.")


def _records(
    sampler: BaseSampler, rows: np.ndarray, parameters: Mapping[str, Any], pool: ThreadPoolExecutor
) -> Iterator[tuple[int, list[bytes]]]:
    """Chunks of serialised records, each with the number of rows up to its end."""
    size = 4 * int(np.prod(sampler.describe()["image_shape"]))
    chunk = max(1, min(_CHUNK_ROWS, _CHUNK_BYTES // size))
    waiting: collections.deque[tuple[int, Future]] = collections.deque()
    for start in range(0, len(rows), chunk):
        part = rows[start : start + chunk]
        drawn = sampler.draw(len(part), seed=part, **parameters)
        waiting.append((start + len(part), pool.submit(_encode, drawn, part)))
        if len(waiting) > _WAITING:
            done, encoded = waiting.popleft()
            yield done, encoded.result()
    for done, encoded in waiting:
        yield done, encoded.result()


def _encode(drawn: Mapping[str, np.ndarray], rows: np.ndarray) -> list[bytes]:
    images = pictures.to_uint8(drawn["images"])
    pngs = tf.io.encode_png(images, compression=_COMPRESSION).numpy()
    whole = {"seed": rows} | {name: drawn[name] for name in ("component", "label") if name in drawn}
    columns = {name: values.tolist() for name, values in whole.items()}
    return [_example(png, columns, row) for row, png in enumerate(pngs)]


def _example(png: bytes, columns: Mapping[str, list[int]], row: int) -> bytes:
    example = tf.train.Example()
    example.features.feature["image"].bytes_list.value.append(png)
    for name, values in columns.items():
        example.features.feature[name].int64_list.value.append(values[row])
    return example.SerializeToString(deterministic=True)
