"""inference.py: found, imported, and its functions called as the stock container calls them."""

import importlib.util
import inspect
import os
import sys

from gyre_worker import defaults
from gyre_worker.context import Context
from gyre_worker.torchserve import exposition
from gyre_worker.torchserve.metrics import Metrics

_ARGUMENTS = {
    "pre_model_fn": 1,
    "model_fn": 1,
    "model_warmup_fn": 2,
    "input_fn": 2,
    "predict_fn": 2,
    "output_fn": 2,
    "transform_fn": 4,
}


class LoadFailure(Exception):
    """A model that cannot be loaded, for a reason other than an exception of its own code."""


class UserCode:
    """The functions of one model, with the defaults for those it leaves out, and its model."""

    def __init__(self, model_dir: str, batch_size: int, environment=os.environ):
        self.model_dir = model_dir
        self.batch_size = batch_size
        declared = exposition.declared(environment)
        self.metrics = Metrics("model", exposition.of_environment(environment, declared), declared)
        self.default_accept = environment.get(
            "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", defaults.JSON
        )
        self.module = _import_program(model_dir, environment)
        self.given = {
            name: getattr(self.module, name)
            for name in _ARGUMENTS
            if callable(getattr(self.module, name, None))
        }
        if "transform_fn" in self.given and self.given.keys() & {
            "input_fn",
            "predict_fn",
            "output_fn",
        }:
            raise LoadFailure(
                "Cannot use transform_fn implementation with input_fn, predict_fn, and/or output_fn"
            )
        # Which functions take the `context`, decided once by their number of parameters.
        self.with_context = {
            name for name, function in self.given.items() if _wants_context(name, function)
        }
        self.transforms = "transform_fn" in self.given
        self.uses_context = bool(
            self.with_context & {"input_fn", "predict_fn", "output_fn", "transform_fn"}
        )
        self.input_fn = self.given.get("input_fn", defaults.input_fn)
        self.predict_fn = self.given.get("predict_fn", defaults.predict_fn)
        self.output_fn = self.given.get("output_fn", defaults.output_fn)
        self.model = None

    def load(self):
        context = self.context()
        if "pre_model_fn" in self.given:
            self.call("pre_model_fn", context, self.model_dir)
        if "model_fn" in self.given:
            self.model = self.call("model_fn", context, self.model_dir)
        else:
            self.model = defaults.model_fn(self.model_dir)
        if "model_warmup_fn" in self.given:
            self.call("model_warmup_fn", context, self.model_dir, self.model)
        # The stock predict_fn does so before each call, to the same end.
        if not self.transforms and "predict_fn" not in self.given and hasattr(self.model, "eval"):
            self.model.eval()

    def context(self, requests=()):
        return Context(self.model_dir, self.batch_size, self.metrics, requests)

    def call(self, name, context, *arguments):
        function = self.given[name]
        if name in self.with_context:
            return function(*arguments, context)
        return function(*arguments)


def _wants_context(name, function):
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    positional = [
        p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    return len(positional) > _ARGUMENTS[name]


def _import_program(model_dir, environment):
    program = environment.get("SAGEMAKER_PROGRAM", "inference.py")
    code = os.path.join(model_dir, "code")
    path = next(
        (p for p in (os.path.join(code, program), os.path.join(model_dir, program))
         if os.path.isfile(p)),
        None,
    )
    for folder in (model_dir, code):
        if os.path.isdir(folder):
            sys.path.insert(0, folder)
    # Behind all else: what stands in for packages of the stock container that are not installed.
    here = os.path.dirname(__file__)
    sys.path += [os.path.join(here, "compatible"), os.path.join(here, "torchserve", "api")]
    if path is None:
        if "SAGEMAKER_PROGRAM" in environment:
            raise LoadFailure(f"no {program} (SAGEMAKER_PROGRAM) in code/ of the model")
        return None  # all functions are the defaults
    name = os.path.splitext(os.path.basename(program))[0]
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
