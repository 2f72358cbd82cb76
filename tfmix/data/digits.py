"""scikit-learn's handwritten digits: a small labelled set that needs no download."""

import numpy as np
import sklearn
from sklearn import datasets, model_selection

from tfmix.data import fitting
from tfmix.data.image_set import ImageSet

_NUM_TEST = 500
_WHITE = 16  # the largest value: scikit-learn counts the pixels with ink of a 4x4 block


def load(split: str, *, image_size: int, channels: int) -> ImageSet:
    """Reads the digits, 8x8 and grey: 1,297 for training and 500 for testing, stratified.

    Arguments and errors are those of `tfmix.data.load`; the splits are `train` and `test`.
    """
    if split not in ("train", "test"):
        raise ValueError(f"digits has the splits train, test. Received: split={split!r}.")
    digits = datasets.load_digits()
    rows, given = np.arange(len(digits.images)), {"random_state": 0, "stratify": digits.target}
    train, test = model_selection.train_test_split(rows, test_size=_NUM_TEST, **given)
    chosen = train if split == "train" else test
    images = np.rint(digits.images[chosen, :, :, None] * (255 / _WHITE)).astype(np.uint8)
    version = f"scikit-learn {sklearn.__version__}"
    return ImageSet(
        fitting.fit(images, image_size, channels),
        digits.target[chosen].astype(np.int32),
        tuple(str(name) for name in digits.target_names),
        {"name": "digits", "version": version, "split": split, "count": len(images)},
    )
