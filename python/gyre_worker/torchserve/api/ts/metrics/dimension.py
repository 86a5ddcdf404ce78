class Dimension:
    """A name and a value that a metric is told apart by."""

    def __init__(self, name, value):
        self.name = name
        self.value = value

    def __str__(self):
        return f"{self.name}:{self.value}"
