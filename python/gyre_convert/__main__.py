"""python -m gyre_convert JOB.json

Runs one job and writes its files and report.json into the job's "output" folder:
    {"action": "torchscript", "model": FILE, "inputs": [{"name", "type", "shape"}, …], "output": DIR}
    {"action": "quantize", "samples": COUNT, "inputs": COUNT, "output": DIR}, with source.xml and the
        samples as sample-0000-0.npy (sample, input) in DIR
The report is {"outcome": "converted" | "unconvertible" | "damaged", "reason": …, …}; another way of
ending (no report) is this program's failure. Nothing else may run in the process that serves: what
is imported here costs a second and some hundred megabytes."""

import json
import pathlib
import sys


def main() -> int:
    job = json.loads(pathlib.Path(sys.argv[1]).read_text())
    output = pathlib.Path(job["output"])
    if job["action"] == "torchscript":
        from gyre_convert.torchscript import convert
        report = convert(job, output)
    elif job["action"] == "quantize":
        from gyre_convert.quantize import quantize
        report = quantize(job, output)
    else:
        raise ValueError(f"unknown action {job['action']!r}")
    (output / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    return 0


sys.exit(main())
