import functools
import logging
import time

logger = logging.getLogger(__name__)


def timeit(func):
    """Logs how long each call took."""

    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        began = time.perf_counter()
        result = func(*args, **kwargs)
        logger.info("%s took %.4f s", func.__name__, time.perf_counter() - began)
        return result

    return wrapper
