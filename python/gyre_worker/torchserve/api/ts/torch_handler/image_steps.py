"""The steps from a picture to a network's input that torchvision.transforms names, on Pillow and
torch alone: its results for Pillow pictures, to the bit."""

import numpy
import torch
from PIL import Image


class Compose:
    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self, picture):
        for transform in self.transforms:
            picture = transform(picture)
        return picture


class Resize:
    """The shorter side becomes `size`, the longer one in proportion, rounded down."""

    def __init__(self, size):
        self.size = size

    def __call__(self, picture):
        width, height = picture.size
        if isinstance(self.size, (tuple, list)) and len(self.size) == 2:
            return picture.resize((self.size[1], self.size[0]), Image.Resampling.BILINEAR)
        size = self.size[0] if isinstance(self.size, (tuple, list)) else self.size
        short, long = sorted((width, height))
        other = int(size * long / short)
        wanted = (size, other) if width <= height else (other, size)
        return picture if wanted == (width, height) else picture.resize(
            wanted, Image.Resampling.BILINEAR)


class CenterCrop:
    """The middle; a smaller picture is padded with black."""

    def __init__(self, size):
        self.size = (size, size) if isinstance(size, int) else tuple(size)

    def __call__(self, picture):
        width, height = picture.size
        tall, wide = self.size
        if wide > width or tall > height:
            left = (wide - width) // 2 if wide > width else 0
            top = (tall - height) // 2 if tall > height else 0
            padded = Image.new(picture.mode, (max(width, wide), max(height, tall)))
            padded.paste(picture, (left, top))
            picture = padded
            width, height = picture.size
        top = int(round((height - tall) / 2.0))
        left = int(round((width - wide) / 2.0))
        return picture.crop((left, top, left + wide, top + tall))


class ToTensor:
    """[channels, height, width] of floats from 0 to 1."""

    def __call__(self, picture):
        array = numpy.array(picture, copy=True)
        if array.ndim == 2:
            array = array[:, :, None]
        tensor = torch.from_numpy(array.transpose(2, 0, 1)).contiguous()
        return tensor.to(torch.float32).div(255) if tensor.dtype == torch.uint8 else tensor


class Normalize:
    def __init__(self, mean, std):
        self.mean, self.std = mean, std

    def __call__(self, tensor):
        mean = torch.as_tensor(self.mean, dtype=tensor.dtype).view(-1, 1, 1)
        std = torch.as_tensor(self.std, dtype=tensor.dtype).view(-1, 1, 1)
        return (tensor - mean) / std


def imagenet():
    return Compose([Resize(256), CenterCrop(224), ToTensor(),
                    Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])])
