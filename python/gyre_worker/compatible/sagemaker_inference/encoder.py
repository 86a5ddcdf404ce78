from gyre_worker import defaults
from sagemaker_inference import content_types, errors

SUPPORTED_CONTENT_TYPES = {content_types.JSON, content_types.CSV, content_types.NPY}


def encode(array_like, content_type):
    """bytes for NPY; text for JSON and CSV."""
    if content_type not in SUPPORTED_CONTENT_TYPES:
        raise errors.UnsupportedFormatError(content_type)
    encoded = bytes(defaults.encode(array_like, content_type))
    return encoded if content_type == content_types.NPY else encoded.decode("utf-8")
