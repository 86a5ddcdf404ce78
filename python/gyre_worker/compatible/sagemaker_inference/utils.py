def parse_accept(accept):
    """The media types of an Accept value, in its order."""
    return accept.replace(" ", "").split(",") if isinstance(accept, str) else accept
