"""8-bit quantization after training, by nncf, calibrated on the samples beside the model.

Whether its answers are good enough is for the host to judge, on the samples and in its own engine."""

import pathlib

import numpy
import openvino


def quantize(job: dict, output: pathlib.Path) -> dict:
    try:
        import nncf
    except ImportError as error:
        return {"outcome": "unconvertible", "reason": f"nncf is not installed: {error}"}
    source = openvino.Core().read_model(output / "source.xml")
    samples = [
        [numpy.load(output / f"sample-{sample:04d}-{index}.npy") for index in range(job["inputs"])]
        for sample in range(job["samples"])
    ]
    samples = [sample[0] if len(sample) == 1 else sample for sample in samples]
    try:
        quantized = nncf.quantize(
            source, nncf.Dataset(samples), subset_size=len(samples),
            preset=nncf.QuantizationPreset.MIXED)
    except Exception as error:
        return {"outcome": "unconvertible", "reason": f"nncf: {error}"[-400:]}
    openvino.save_model(quantized, output / "model.xml", compress_to_fp16=False)
    for path in [*output.glob("source.*"), *output.glob("sample-*.npy")]:
        path.unlink()  # read, and larger than the result
    return {"outcome": "converted", "samples": len(samples),
            "versions": {"openvino": openvino.__version__, "nncf": nncf.__version__}}
