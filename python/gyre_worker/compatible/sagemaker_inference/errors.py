class BaseInferenceToolkitError(Exception):
    """`status_code` becomes the answer's."""

    def __init__(self, status_code, message, phrase):
        super().__init__(message)
        self.status_code = status_code
        self.message = message
        self.phrase = phrase


class UnsupportedFormatError(BaseInferenceToolkitError):
    def __init__(self, content_type):
        message = f"Content type {content_type} is not supported by this framework."
        super().__init__(415, message, message)


class GenericInferenceToolkitError(BaseInferenceToolkitError):
    def __init__(self, status_code, message=None, phrase=None):
        super().__init__(status_code, message or "Invalid Request", phrase or message)
