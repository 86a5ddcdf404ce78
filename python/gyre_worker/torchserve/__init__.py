"""TorchServe's archives in a worker: their handlers run unchanged on the `ts` API of api/."""
