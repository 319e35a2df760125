"""Augmentation of images (n, h, w, c), and mixup of any inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.tasks.draw import Draw

if TYPE_CHECKING:
    import torch


def flipped(images: torch.Tensor, draw: Draw) -> torch.Tensor:
    """Mirror every other image, at random, left to right."""
    import torch

    mirrored = draw.uniform((len(images), 1, 1, 1)) < 0.5
    return torch.where(mirrored, images.flip(2), images)


def shifted(images: torch.Tensor, most: int, draw: Draw) -> torch.Tensor:
    """Shift each image by up to `most` pixels each way; what comes in is zero."""
    import torch

    count, height, width, _ = images.shape
    padded = torch.nn.functional.pad(images, (0, 0, most, most, most, most))
    top, left = draw.integers((2, count, 1), 0, 2 * most)
    rows = top + torch.arange(height, device=images.device)
    columns = left + torch.arange(width, device=images.device)
    image = torch.arange(count, device=images.device)[:, None, None]
    return padded[image, rows[:, :, None], columns[:, None, :]]


def cut_out(images: torch.Tensor, side: int, draw: Draw) -> torch.Tensor:
    """Set a square of each image to zero; its centre may be any pixel (DeVries, arXiv 1708.04552)."""
    import torch

    count, height, width, _ = images.shape
    kept = []
    for length in (height, width):
        centre = draw.integers((count, 1), 0, length - 1)
        at = torch.arange(length, device=images.device) - centre + side // 2
        kept.append((at < 0) | (at >= side))
    return images * (kept[0][:, :, None] | kept[1][:, None, :])[..., None]


def mixed(
    inputs: torch.Tensor, targets: torch.Tensor, alpha: float, draw: Draw
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mix each example with another, share by share of Beta(alpha, alpha) (mixup, arXiv 1710.09412)."""
    count = len(inputs)
    share = draw.beta(count, alpha)
    other = draw.permutation(count)
    across = share.reshape(-1, *[1] * (inputs.ndim - 1))
    of_targets = share[:, None]
    return (
        across * inputs + (1.0 - across) * inputs[other],
        of_targets * targets + (1.0 - of_targets) * targets[other],
    )
