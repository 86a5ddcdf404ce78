from gyre_worker import defaults
from sagemaker_inference import errors


def decode(obj, content_type):
    """A numpy array of a body in JSON, CSV, NPY or NPZ."""
    try:
        return defaults.decode(obj, content_type)
    except defaults.UnsupportedFormat:
        raise errors.UnsupportedFormatError(content_type) from None
