import importlib


def import_class(class_name, module_prefix=None):
    module, _, name = class_name.rpartition(".")
    path = ".".join(part for part in (module_prefix, module) if part)
    if not path:
        raise ImportError("module name is not defined.")
    found = getattr(importlib.import_module(path), name, None)
    if found is None:
        raise ImportError(f"class:{name} not found in module:{path}.")
    return found


def send_intermediate_predict_response(ret, req_id_map, message, code, context):
    """Sends a part of each request's answer now; what handle() returns comes after it, as the last."""
    if context.send_part is None:
        raise RuntimeError("parts of an answer can be sent while handle() runs, and at no other time")
    for index in req_id_map:
        context.send_part(index, ret[index])
