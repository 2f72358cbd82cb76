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

    Args:
        split: `train` or `test`.
        image_size: As in `tfmix.data.load`.
        channels: As in `tfmix.data.load`.

    Returns:
        The images with the classes 0 to 9.

    Raises:
        ValueError: There is no such split.
    """
    if split not in ("train", "test"):
        raise ValueError(f"digits has the splits train, test. Received: split={split!r}.")
    digits = datasets.load_digits()
    train, test = model_selection.train_test_split(
        np.arange(len(digits.images)),
        test_size=_NUM_TEST,
        random_state=0,
        stratify=digits.target,
    )
    chosen = train if split == "train" else test
    images = np.rint(digits.images[chosen, :, :, None] * (255 / _WHITE)).astype(np.uint8)
    return ImageSet(
        fitting.fit(images, image_size, channels),
        digits.target[chosen].astype(np.int32),
        tuple(str(name) for name in digits.target_names),
        {
            "name": "digits",
            "version": f"scikit-learn {sklearn.__version__}",
            "split": split,
            "count": len(images),
        },
    )
