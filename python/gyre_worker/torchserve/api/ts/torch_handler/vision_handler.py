"""The base of handlers of pictures: bodies are picture files, base64 text of them, or lists."""

import base64
import functools
import io
from abc import ABC

import torch
from PIL import Image

from ts.handler_utils.timer import timed

from .base_handler import BaseHandler


class VisionHandler(BaseHandler, ABC):
    def initialize(self, context):
        super().initialize(context)
        if not context.system_properties.get("limit_max_image_pixels"):
            Image.MAX_IMAGE_PIXELS = None

    @timed
    def preprocess(self, data):
        return torch.stack([self._tensor_of(row) for row in data]).to(self.device)

    def _tensor_of(self, row):
        image = row.get("data") or row.get("body")
        if isinstance(image, str):
            image = base64.b64decode(image)
        if isinstance(image, (bytes, bytearray)):
            return self.image_processing(Image.open(io.BytesIO(image)))
        return torch.FloatTensor(image)

    @functools.cached_property
    def ig(self):
        from captum.attr import IntegratedGradients  # a package of the user's own

        return IntegratedGradients(self.model)

    def get_insights(self, tensor_data, _, target=0):
        return self.ig.attribute(tensor_data, target=target, n_steps=15).tolist()
