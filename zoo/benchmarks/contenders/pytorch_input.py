"""Batches of images by PyTorch's DataLoader, as contenders."""

import itertools
import pathlib
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset


class Images(Dataset):
    """Images in memory, uint8 [N, 28, 28], scaled one by one as is usual."""

    def __init__(self, rows: int):
        self.images = np.random.default_rng(0).integers(0, 256, [rows, 1, 28, 28], np.uint8)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, number: int) -> torch.Tensor:
        return torch.from_numpy(self.images[number]).float() / 127.5 - 1.0


class Pictures(Dataset):
    """Pictures of a folder, decoded and resized by Pillow."""

    def __init__(self, folder: str, side: int):
        self.files, self.side = sorted(pathlib.Path(folder).glob("*.jpg")), side

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, number: int) -> torch.Tensor:
        with Image.open(self.files[number]) as picture:
            small = picture.convert("RGB").resize((self.side, self.side), Image.Resampling.BICUBIC)
        return torch.from_numpy(np.array(small)).permute(2, 0, 1).float() / 127.5 - 1.0


def batches(rows: int, batch: int, workers: int = 0) -> Callable[..., None]:
    """Makes what takes batches of images in memory, in another order in each epoch."""
    loader = _loader(Images(rows), batch, workers)
    taken = itertools.chain.from_iterable(itertools.repeat(loader))

    def work(number: int) -> None:
        for _ in itertools.islice(taken, number):
            pass

    return work


def folder(folder: str, side: int, workers: int = 0) -> Callable[..., None]:
    """Makes what reads a folder of JPEG pictures once."""
    loader = _loader(Pictures(folder, side), 64, workers)

    def work(number: int) -> None:
        for _ in range(number):
            for _ in loader:
                pass

    return work


def _loader(images: Dataset, batch: int, workers: int) -> DataLoader:
    kept = {"num_workers": workers, "persistent_workers": workers > 0}
    return DataLoader(images, batch, shuffle=True, drop_last=True, **kept)
