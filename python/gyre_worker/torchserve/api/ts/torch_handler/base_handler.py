"""The handler that others derive from: loads the archive's model, and answers a batch in three steps."""

import abc
import importlib.util
import logging
import os
import sys
import tempfile
import time

import torch

from ts.handler_utils.timer import timed
from ts.utils.util import list_classes_from_module, load_label_mapping

logger = logging.getLogger(__name__)


class BaseHandler(abc.ABC):
    def __init__(self):
        self.model = None
        self.mapping = None
        self.device = None
        self.initialized = False
        self.context = None
        self.model_pt_path = None
        self.manifest = None
        self.map_location = None
        self.explain = False
        self.target = 0
        self.profiler_args = {}
        self.model_yaml_config = {}

    def initialize(self, context):
        """Loads the eager model of modelFile, or TorchScript; index_to_name.json where it is there."""
        self.context = context
        self.model_yaml_config = getattr(context, "model_yaml_config", None) or {}
        self.map_location = "cpu"
        self.device = torch.device("cpu")
        self.manifest = context.manifest
        directory = context.system_properties.get("model_dir")
        model = self.manifest["model"]
        if model.get("serializedFile"):
            self.model_pt_path = os.path.join(directory, model["serializedFile"])
        if model.get("modelFile"):
            self.model = self._load_pickled_model(directory, model["modelFile"], self.model_pt_path)
            self.model.to(self.device)
            self.model.eval()
        elif (self.model_pt_path or "").endswith((".pt", ".pth")):
            self.model = self._load_torchscript_model(self.model_pt_path)
            self.model.eval()
        elif (self.model_pt_path or "").endswith(".onnx"):
            self.model = self._load_onnx(self.model_pt_path)
        else:
            raise RuntimeError("No model weights could be loaded")
        self._compile()
        self.mapping = load_label_mapping(os.path.join(directory, "index_to_name.json"))
        self.initialized = True

    def _compile(self):
        """torch.compile, where the model's YAML asks for it (pt2)."""
        options = self.model_yaml_config.get("pt2")
        if isinstance(options, str):
            options = {"backend": options}
        if isinstance(options, dict) and "compile" in options:
            options = dict(options["compile"])
            if not options.pop("enable", False):
                return
        if not isinstance(options, dict) or "export" in options:
            return
        try:
            self.model = torch.compile(self.model, **options)
        except Exception:
            logger.warning("torch.compile(%s) failed; going on without", options, exc_info=True)

    def _load_torchscript_model(self, model_pt_path):
        return torch.jit.load(model_pt_path, map_location=self.device)

    def _load_onnx(self, path):
        import onnxruntime  # a package of the user's own

        return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def _load_pickled_model(self, model_dir, model_file, model_pt_path):
        """The one nn.Module class of modelFile, with the weights of serializedFile."""
        path = os.path.join(model_dir, model_file)
        if not os.path.isfile(path):
            raise RuntimeError("Missing the model.py file")
        spec = importlib.util.spec_from_file_location(os.path.splitext(model_file)[0], path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # others of the archive's, and pickles, name it
        spec.loader.exec_module(module)
        classes = list_classes_from_module(module)
        modules = [one for one in classes if issubclass(one, torch.nn.Module)] or classes
        if len(modules) != 1:
            raise ValueError(f"Expected only one class as model definition. {modules}")
        model = modules[0]()
        if model_pt_path:
            weights = torch.load(model_pt_path, map_location=self.device)
            model.load_state_dict(weights)
        return model

    @timed
    def preprocess(self, data):
        return torch.as_tensor(data, device=self.device)

    @timed
    def inference(self, data, *args, **kwargs):
        with torch.inference_mode():
            return self.model(data.to(self.device), *args, **kwargs)

    @timed
    def postprocess(self, data):
        return data.tolist()

    def handle(self, data, context):
        began = time.perf_counter()
        self.context = context
        if os.environ.get("ENABLE_TORCH_PROFILER"):
            output, _ = self._infer_with_profiler(data)
        elif self._is_describe():
            output = [self.describe_handle()]
        else:
            prepared = self.preprocess(data)
            if self._is_explain():
                output = self.explain_handle(prepared, data)
            else:
                output = self.postprocess(self.inference(prepared))
        elapsed = round((time.perf_counter() - began) * 1000, 2)
        context.metrics.add_time("HandlerTime", elapsed, None, "ms")
        return output

    def _infer_with_profiler(self, data):
        """The batch's output, and torch's profiler, which has written its trace."""
        from torch.profiler import profile, record_function, tensorboard_trace_handler

        arguments = dict(self.profiler_args) or {"record_shapes": True}
        folder = os.path.join(tempfile.gettempdir(), "pytorch_profiler", self.context.model_name)
        arguments.setdefault("on_trace_ready", tensorboard_trace_handler(folder))
        with profile(**arguments) as prof:
            with record_function("preprocess"):
                prepared = self.preprocess(data)
            if self._is_explain():
                with record_function("explain"):
                    output = self.explain_handle(prepared, data)
            else:
                with record_function("inference"):
                    output = self.inference(prepared)
                with record_function("postprocess"):
                    output = self.postprocess(output)
        logger.info(prof.key_averages().table(sort_by="cpu_time_total", row_limit=10))
        return output, prof

    def explain_handle(self, data_preprocess, raw_data):
        inputs, target = None, 0
        row = raw_data[0]
        if isinstance(row, dict):
            inputs = row.get("data") or row.get("body")
            target = row.get("target") or 0
        return self.get_insights(data_preprocess, inputs, target)

    def _is_explain(self):
        self.explain = bool(self.context) and (
            self.context.get_request_header(0, "explain") == "True")
        return self.explain

    def _is_describe(self):
        return bool(self.context) and self.context.get_request_header(0, "describe") == "True"

    def describe_handle(self):
        """To be overridden: what GET /models/M?customized=true tells."""

    def get_device(self):
        return self.device
