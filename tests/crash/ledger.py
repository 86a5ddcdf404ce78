"""What was asked for, what was acknowledged, and what a platform must therefore hold."""

import random
import threading
from dataclasses import dataclass, field

import botocore.exceptions

from support.platform import IMAGE, ROLE

BUCKET = "ledger"
CONFIGS = ("ledger-a", "ledger-b")  # that endpoints change between
GONE = None
LOST = (botocore.exceptions.BotoCoreError,)  # no answer came: the server was killed


@dataclass
class Entry:
    """A resource by what it may hold: one value, or several when a call was cut."""
    maybe: list = field(default_factory=lambda: [GONE])

    def known(self):
        return self.maybe[0]


class Writer:
    """Creates, changes and deletes resources of its own, one call at a time."""

    def __init__(self, number: int, seed: int):
        self.name = f"w{number}"
        self.random = random.Random(seed)
        self.entries: dict[tuple[str, str], Entry] = {}
        self.acknowledged = 0
        self.surprises: list[str] = []
        self.count = 0

    def run(self, platform, stop: threading.Event) -> None:
        s3, sagemaker = platform.client("s3"), platform.client("sagemaker")
        try:
            while not stop.is_set():
                self.step(s3, sagemaker)
        except LOST:
            pass
        except Exception as failure:  # noqa: BLE001  (told by the test)
            self.surprises.append(f"{type(failure).__name__}: {failure}")

    def step(self, s3, sagemaker) -> None:
        kind = self.random.choices(["object", "model", "config", "endpoint"], [4, 3, 3, 1])[0]
        name = f"{self.name}-{self.random.randrange(1 if kind == 'endpoint' else 5)}"
        entry = self.entries.setdefault((kind, name), Entry())
        self.count += 1
        now = entry.known()
        if kind == "object":
            new = self.random.choice([GONE, self.random.randbytes(self.random.choice([1, 50_000]))])
            call = ((lambda: s3.delete_object(Bucket=BUCKET, Key=name)) if new is GONE else
                    (lambda: s3.put_object(Bucket=BUCKET, Key=name, Body=new)))
        elif kind == "model":
            new = GONE if now is not GONE else str(self.count)
            call = ((lambda: sagemaker.delete_model(ModelName=name)) if new is GONE else
                    (lambda: sagemaker.create_model(
                        ModelName=name, ExecutionRoleArn=ROLE,
                        PrimaryContainer={"Image": IMAGE, "Environment": {"COUNT": new}})))
        elif kind == "config":
            new = GONE if now is not GONE else self.random.randrange(1, 9)
            call = ((lambda: sagemaker.delete_endpoint_config(EndpointConfigName=name))
                    if new is GONE else
                    (lambda: sagemaker.create_endpoint_config(
                        EndpointConfigName=name, ProductionVariants=[{
                            "VariantName": "main", "ModelName": "ledger",
                            "InstanceType": "ml.m5.large", "InitialInstanceCount": new}])))
        else:
            new = self.random.choice([*CONFIGS, GONE])
            members = {"EndpointName": name, "EndpointConfigName": new}
            if new is GONE:
                call = lambda: sagemaker.delete_endpoint(EndpointName=name)  # noqa: E731
            elif now is GONE:
                call = lambda: sagemaker.create_endpoint(**members)  # noqa: E731
            else:
                call = lambda: sagemaker.update_endpoint(**members)  # noqa: E731
        self.change(entry, new, call)

    def change(self, entry: Entry, new, call) -> None:
        entry.maybe = [*entry.maybe, new]
        try:
            call()
            entry.maybe = [new]
        except botocore.exceptions.ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status >= 500:
                raise
            entry.maybe = entry.maybe[:-1]  # refused: on its way already, or not there
        self.acknowledged += 1


class Writers:
    """`with writers.at_work(platform):` lets them write until the block ends or the server does."""

    def __init__(self, count: int, seed: int):
        self.writers = [Writer(number, seed + number) for number in range(count)]

    def at_work(self, platform) -> "AtWork":
        return AtWork(self.writers, platform)

    def acknowledged(self) -> int:
        return sum(writer.acknowledged for writer in self.writers)

    def surprises(self) -> list[str]:
        return [text for writer in self.writers for text in writer.surprises]

    def check(self, platform) -> None:
        """That the platform holds what it must; what was cut is known from then on. Call it when
        no endpoint is on its way."""
        found = inventory(platform)
        for writer in self.writers:
            for (kind, name), entry in writer.entries.items():
                held = found[kind].pop(name, GONE)
                assert held in entry.maybe, (
                    f"{kind} {name} holds {str(held)[:80]}, which is none of "
                    f"{[str(value)[:80] for value in entry.maybe]}\n" + platform.log()[-4000:])
                entry.maybe = [held]
        strangers = {kind: [*names] for kind, names in found.items() if names}
        assert not strangers, f"nobody asked for {strangers}"


class AtWork:
    def __init__(self, writers: list[Writer], platform):
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=writer.run, args=(platform, self._stop))
                         for writer in writers]

    def __enter__(self) -> "AtWork":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(180)
            assert not thread.is_alive(), "a call has no end"


def inventory(platform) -> dict[str, dict]:
    """Values by name by kind, of what writers write."""
    s3, sagemaker = platform.client("s3"), platform.client("sagemaker")

    def names(operation: str, member: str, name: str):
        for page in sagemaker.get_paginator(operation).paginate(NameContains="w"):
            yield from (item[name] for item in page[member] if item[name][0] == "w")

    objects = [item["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
               for item in page.get("Contents", [])]
    return {
        "object": {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in objects},
        "model": {name: sagemaker.describe_model(ModelName=name)["PrimaryContainer"]
                  ["Environment"]["COUNT"] for name in names("list_models", "Models", "ModelName")},
        "config": {name: sagemaker.describe_endpoint_config(EndpointConfigName=name)
                   ["ProductionVariants"][0]["InitialInstanceCount"]
                   for name in names("list_endpoint_configs", "EndpointConfigs",
                                     "EndpointConfigName")},
        "endpoint": {name: sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]
                     for name in names("list_endpoints", "Endpoints", "EndpointName")},
    }
