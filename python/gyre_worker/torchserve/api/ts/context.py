"""What a handler's `context` argument offers. `idx` counts within the batch."""

from gyre_worker.context import ModelContext


class Context(ModelContext):
    """One for a model's whole life; its requests change with each batch."""

    def __init__(self, model_name, model_dir, manifest, batch_size, gpu, mms_version,
                 limit_max_image_pixels=True, metrics=None, model_yaml_config=None):
        super().__init__(model_name, model_dir, batch_size, manifest, model_yaml_config, gpu,
                         mms_version, limit_max_image_pixels)
        self.metrics = metrics
        self.request_ids = None
        self.request_processor = None
        self.send_part = None  # takes (index, result) while handle() runs

    def get_request_id(self, idx=0):
        return None if self.request_ids is None else self.request_ids.get(idx)

    def get_request_header(self, idx, key):
        return self.request_processor[idx].get_request_property(key)

    def get_all_request_header(self, idx):
        return self.request_processor[idx].get_request_properties()

    def set_response_content_type(self, idx, value):
        self.set_response_header(idx, "content-type", value)

    def get_response_content_type(self, idx):
        return self.get_response_headers(idx).get("content-type")

    def set_response_header(self, idx, key, value):
        self.request_processor[idx].add_response_property(key, value)

    def get_response_headers(self, idx):
        return self.request_processor[idx].get_response_headers()

    def set_response_status(self, code=200, phrase="", idx=0):
        if self.request_processor is not None and self.request_processor[idx] is not None:
            self.request_processor[idx].report_status(code, reason_phrase=phrase)

    def set_all_response_status(self, code=200, phrase=""):
        for processor in self.request_processor:
            processor.report_status(code, reason_phrase=phrase)

    def get_response_status(self, idx):
        processor = self.request_processor[idx]
        return processor.get_response_status_code(), processor.get_response_status_phrase()


class RequestProcessor:
    """One request's headers (names as lower case, and exactly as asked for), and its answer's."""

    def __init__(self, request_header: dict):
        self._request_header = request_header
        self._response_header = {}
        self._status = 200
        self._phrase = None

    def get_request_property(self, key):
        found = self._request_header.get(key)
        return self._request_header.get(key.lower()) if found is None else found

    def get_request_properties(self):
        return self._request_header

    def report_status(self, code, reason_phrase=None):
        self._status, self._phrase = code, reason_phrase

    def get_response_status_code(self):
        return self._status

    def get_response_status_phrase(self):
        return self._phrase

    def add_response_property(self, key, value):
        self._response_header[key] = value

    def get_response_headers(self):
        return self._response_header

    def get_response_header(self, key):
        return self._response_header.get(key)
