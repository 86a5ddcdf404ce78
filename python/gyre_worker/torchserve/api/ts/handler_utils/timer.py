import functools
import time


def timed(func):
    """Adds ts_handler_NAME to the metrics where the model's YAML says handler: {profile: true}."""

    @functools.wraps(func)
    def wrapper(self, *args, **kwargs):
        config = getattr(self, "model_yaml_config", None) or {}
        handler = config.get("handler")
        if not (isinstance(handler, dict) and handler.get("profile")):
            return func(self, *args, **kwargs)
        began = time.perf_counter()
        result = func(self, *args, **kwargs)
        self.context.metrics.add_time("ts_handler_" + func.__name__,
                                      (time.perf_counter() - began) * 1000, None, "ms")
        return result

    return wrapper
