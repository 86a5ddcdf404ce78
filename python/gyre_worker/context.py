"""What a handler's `context` argument offers: TorchServe's Context, for one request or a batch."""

import os


class ModelContext:
    """What a context says of its model and of sequences, whatever it is over. `manifest` and
    `model_yaml_config` are an archive's."""

    header_key_sequence_id = os.environ.get("TS_REQUEST_SEQUENCE_ID", "ts_request_sequence_id")
    header_key_sequence_start = os.environ.get(
        "TS_REQUEST_SEQUENCE_START", "ts_request_sequence_start")
    header_key_sequence_end = os.environ.get("TS_REQUEST_SEQUENCE_END", "ts_request_sequence_end")

    def __init__(self, model_name, model_dir, batch_size, manifest=None, model_yaml_config=None,
                 gpu=None, server_version="0.12.0", limit_max_image_pixels=True):
        self.model_name = model_name
        self.manifest = manifest if manifest is not None else {}
        self.model_yaml_config = model_yaml_config or {}
        self.system_properties = {
            "model_dir": model_dir, "gpu_id": gpu, "batch_size": batch_size, "server_name": "MMS",
            "server_version": server_version, "limit_max_image_pixels": limit_max_image_pixels}
        self.stopping_criteria = None
        self.cl_socket = None

    def get_sequence_id(self, idx):
        return self.get_request_header(idx, self.header_key_sequence_id)


_LIMIT_MAX_IMAGE_PIXELS = os.environ.get("TS_LIMIT_MAX_IMAGE_PIXELS", "true") != "false"


class _Response:
    __slots__ = ("content_type", "headers", "status")

    def __init__(self):
        self.content_type = None
        self.status = 200
        self.headers = {}


class _RequestProcessor:
    """TorchServe's context.request_processor[i]: what the stock toolkit reads headers from."""

    def __init__(self, context, index):
        self._context = context
        self._index = index

    def get_request_properties(self):
        return self._context.get_all_request_header(self._index)

    def get_request_property(self, key):
        return self._context.get_request_header(self._index, key)


class Context(ModelContext):
    """Of inference.py. `index` arguments count within the batch of this context; a per-request one
    has index 0."""

    def __init__(self, model_dir: str, batch_size: int, metrics, requests=(), responses=None):
        super().__init__(metrics.model_name, model_dir, batch_size,
                         limit_max_image_pixels=_LIMIT_MAX_IMAGE_PIXELS)
        self.explain = False
        self._metrics = metrics
        self._requests = requests
        self._responses = [_Response() for _ in requests] if responses is None else responses

    @classmethod
    def of_batch(cls, contexts: list):
        """One context over the requests of several; what is set in it shows in theirs."""
        first = contexts[0]
        properties = first.system_properties
        return cls(
            properties["model_dir"],
            properties["batch_size"],
            first._metrics,
            [context._requests[0] for context in contexts],
            [context._responses[0] for context in contexts],
        )

    @property
    def metrics(self):
        """The model's, which count for this context's requests from now on."""
        self._metrics.request_ids = self.request_ids
        return self._metrics

    @property
    def responds(self) -> bool:
        """Whether a status, a content type or a header was set."""
        return any(r.content_type is not None or r.headers or r.status != 200
                   for r in self._responses)

    @property
    def request_ids(self):
        return {index: request.id for index, request in enumerate(self._requests)}

    @property
    def request_processor(self):
        return [_RequestProcessor(self, index) for index in range(len(self._requests))]

    def get_request_id(self, idx=0):
        return self._requests[idx].id

    def get_request_header(self, idx, key):
        return self.get_all_request_header(idx).get(key.lower())

    def get_all_request_header(self, idx):
        request = self._requests[idx]
        headers = dict(request.headers)
        if request.content_type:
            headers["content-type"] = request.content_type
        if request.accept:
            headers["accept"] = request.accept
        return headers

    def set_response_content_type(self, idx, value):
        self._responses[idx].content_type = _header_text(value)

    def get_response_content_type(self, idx):
        return self._responses[idx].content_type

    def set_response_status(self, code=200, phrase="", idx=0):
        self._responses[idx].status = _status(code)

    def set_all_response_status(self, code=200, phrase=""):
        for response in self._responses:
            response.status = _status(code)

    def get_response_status(self, idx):
        return self._responses[idx].status, ""

    def set_response_header(self, idx, key, value):
        self._responses[idx].headers[_header_text(key)] = _header_text(value)

    def get_response_headers(self, idx):
        return dict(self._responses[idx].headers)


def _header_text(value) -> str:
    text = str(value)
    if any(character in text for character in "\r\n\0"):
        raise ValueError(f"a header may not hold line ends or NUL: {text!r}")
    return text


def _status(code) -> int:
    code = int(code)
    if not 100 <= code <= 599:
        raise ValueError(f"{code} is no HTTP status")
    return code
