"""The `ts` API of TorchServe 0.12 that handlers are written against, as gyre offers it."""

__version__ = "0.12.0"
