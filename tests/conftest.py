import os
import pathlib

import pytest


@pytest.fixture(scope="session")
def tfds_dir():
    """A folder with mnist, fashion_mnist and cifar10 as TFDS prepares them."""
    beside = pathlib.Path(__file__).parents[2] / "shared" / "tfds"
    folder = pathlib.Path(os.environ.get("TFDS_DATA_DIR", beside))
    if not (folder / "mnist").is_dir():
        pytest.skip(f"no prepared data sets in {folder}: set TFDS_DATA_DIR to a folder of them")
    return folder
