"""Boxes of what a picture shows: [{label: [x1, y1, x2, y2], "score": …}, …] for each picture."""

from ts.utils.util import map_class_to_label

from . import image_steps
from .vision_handler import VisionHandler


class ObjectDetector(VisionHandler):
    image_processing = image_steps.Compose([image_steps.ToTensor()])
    threshold = 0.5

    def postprocess(self, data):
        return [self._boxes(row) for row in data]

    def _boxes(self, row):
        seen = row["scores"] >= self.threshold
        found = []
        for box, label, score in zip(*(row[key][seen].tolist()
                                       for key in ("boxes", "labels", "scores"))):
            found.append({**map_class_to_label([[box]], self.mapping, [[label]])[0],
                          "score": score})
        return found
