"""The base of services in the style before handlers."""


class ModelService:
    def __init__(self, model_name=None, model_dir=None, manifest=None, gpu=None):
        self.ctx = None

    def initialize(self, context):
        self.ctx = context
        self.manifest = context.manifest

    def preprocess(self, data):
        return data

    def inference(self, data):
        return data

    def postprocess(self, data):
        return data

    def handle(self, data, context):
        return self.postprocess(self.inference(self.preprocess(data)))
