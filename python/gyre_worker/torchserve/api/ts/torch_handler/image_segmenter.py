"""The most probable class of each pixel, and its probability: [height, width, 2] for each picture."""

import torch

from . import image_steps
from .vision_handler import VisionHandler


class ImageSegmenter(VisionHandler):
    image_processing = image_steps.imagenet()

    def postprocess(self, data):
        best = torch.max(torch.softmax(data["out"], dim=1), dim=1)
        return torch.stack([best.indices.type(best.values.dtype), best.values], dim=3).tolist()
