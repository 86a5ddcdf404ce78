"""A model archive (.mar), unpacked: its manifest, its configuration, and its handler found."""

import importlib
import inspect
import json
import os
import sys

MANIFEST = os.path.join("MAR-INF", "MANIFEST.json")
MODEL = "GYRE_TS_MODEL"  # of the environment: the name that it is registered with
API = os.path.join(os.path.dirname(__file__), "api")


class LoadFailure(Exception):
    """An archive that cannot be served, for a reason other than an exception of its own code."""


def is_archive(model_dir: str, environment=os.environ) -> bool:
    """What TorchServe's API serves is one even without a manifest."""
    return MODEL in environment or os.path.isfile(os.path.join(model_dir, MANIFEST))


class Archive:
    """What MANIFEST.json, if there is one, and the model's YAML file say."""

    def __init__(self, model_dir: str, environment=os.environ):
        self.directory = model_dir
        self.manifest = {"runtime": "python", "model": {"modelVersion": "1.0"}}
        if os.path.exists(os.path.join(model_dir, MANIFEST)):
            with open(os.path.join(model_dir, MANIFEST), encoding="utf-8") as file:
                self.manifest = json.load(file)
        self.model = self.manifest.get("model")
        if not isinstance(self.model, dict):
            raise LoadFailure("MAR-INF/MANIFEST.json has no object \"model\"")
        self.name = environment.get(MODEL) or self.model.get("modelName", "model")
        self.config = {}
        if self.model.get("configFile"):
            import yaml

            with open(os.path.join(model_dir, self.model["configFile"]), encoding="utf-8") as file:
                self.config = yaml.safe_load(file) or {}
        # TorchServe takes what is no truth value for false.
        self.continuous = self.config.get("continuousBatching") is True

    def entry_point(self, envelope: str = ""):
        """(handle, initialize) of the handler, behind the envelope where one is named."""
        for folder in (API, self.directory):  # the archive's own modules go first
            sys.path.insert(0, folder)
        handler = self.model.get("handler")
        if not handler:
            raise LoadFailure("MAR-INF/MANIFEST.json names no handler")
        module, function = _import(handler)
        if function or hasattr(module, "handle"):
            handle = getattr(module, function or "handle")
            initialize = lambda context: handle(None, context)  # noqa: E731 (as TorchServe does)
        else:
            handle, initialize = _of_class(module)
        envelope = envelope or self.model.get("envelope", "")
        if envelope:
            wrapper = importlib.import_module("ts.torch_handler.request_envelope." + envelope)
            handle = _classes(wrapper)[0](handle).handle
        return handle, initialize


def _import(handler: str):
    """The module, and the function that `handler` names ("file.py:function")."""
    path, _, function = handler.partition(":")
    name = os.path.basename(path)
    name = name[:-3] if name.endswith(".py") else name
    try:
        return importlib.import_module(name), function
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
    try:
        return importlib.import_module("ts.torch_handler." + name), function
    except ModuleNotFoundError as error:
        if error.name != "ts.torch_handler." + name:
            raise
    raise LoadFailure(f"the handler {handler!r} is neither in the archive nor one of TorchServe's own")


def _classes(module):
    return [one for _, one in inspect.getmembers(module, inspect.isclass)
            if one.__module__ == module.__name__]


def _of_class(module):
    classes = _classes(module)
    if len(classes) != 1:
        raise LoadFailure(
            f"Expected only one class in custom service code or a function entry point {classes}")
    service = classes[0]()
    if not hasattr(service, "handle"):
        raise LoadFailure(f"Expect handle method in class {classes[0]}")
    return service.handle, service.initialize
