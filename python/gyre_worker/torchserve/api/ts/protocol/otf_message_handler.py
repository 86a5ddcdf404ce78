from ts.handler_utils.utils import send_intermediate_predict_response  # noqa: F401 (its old place)
