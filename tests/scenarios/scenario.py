"""The text of a scenario, and how it is played against a platform. README.md describes it."""

import contextlib
import json
import pathlib
import re
import time
from dataclasses import dataclass

import botocore.exceptions

from support import models

ARCHIVES = {
    "echo": models.echo,
    "python": lambda: models.inference(
        "def model_fn(model_dir):\n    return None\n"
        "def input_fn(body, content_type):\n    return body\n"
        "def predict_fn(data, model):\n    print('seen:', data)\n    return data\n"
        "def output_fn(data, accept):\n    return data, 'text/plain'\n"),
    "broken": lambda: models.inference(
        "def model_fn(model_dir):\n    raise RuntimeError('no such weights')\n"),
}
TAKES_VALUE = {"call": True, "expect": True, "eventually": True, "error": True}
PATIENCE = 120  # seconds that "eventually" may take


@dataclass
class Step:
    line: int
    words: list[str]
    text: str  # what stands below


def parse(path: pathlib.Path) -> list[Step]:
    steps, text, step = [], [], None
    for number, line in enumerate([*path.read_text().splitlines(), ""], 1):
        if line.startswith("#"):
            continue
        if step is None:
            if not line.strip():
                continue
            step = Step(number, line.split(), "")
            if step.words[0] not in TAKES_VALUE:
                steps.append(step)
                step = None
        elif line.strip():
            text.append(line)
        else:
            step.text = "\n".join(text)
            steps.append(step)
            step, text = None, []
    return steps


def differences(expected, got, where="answer") -> list[str]:
    """Where `got` is not as `expected` says; empty when it is."""
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return [f"{where} is {got!r}, not an object"]
        found = []
        for name, value in expected.items():
            if value is None:
                found += [f"{where}.{name} is there: {got[name]!r}"] if name in got else []
            elif name not in got:
                found.append(f"{where}.{name} is absent; there are {sorted(got)}")
            else:
                found += differences(value, got[name], f"{where}.{name}")
        return found
    if isinstance(expected, list):
        if not isinstance(got, list) or len(got) != len(expected):
            return [f"{where} is {got!r}, not {len(expected)} items"]
        return [text for i, value in enumerate(expected)
                for text in differences(value, got[i], f"{where}[{i}]")]
    if isinstance(expected, str) and expected.startswith("~"):
        return [] if re.search(expected[1:], str(got)) else [f"{where} is {got!r}, not {expected}"]
    return [] if expected == got else [f"{where} is {got!r}, not {expected!r}"]


class Play:
    """Plays the steps of one scenario. `restart_each` puts a SIGKILL before every call."""

    def __init__(self, platform, restart_each: bool):
        self.platform = platform
        self.restart_each = restart_each
        self.keys = {"root": None}
        self.caller = "root"
        self.last = None  # (service, operation, input)
        self.answer = None
        self.failure = None

    def run(self, step: Step) -> None:
        getattr(self, "do_" + step.words[0])(*step.words[1:], **(
            {"text": step.text} if step.words[0] in TAKES_VALUE else {}))

    def do_call(self, service, operation, text=""):
        assert self.failure is None, f"unexpected error: {self.failure}"
        if self.restart_each:
            self.do_restart()
        self.last = (service, operation, json.loads(text or "{}"))
        self._ask()

    def _ask(self):
        service, operation, members = self.last
        client = self._client(service)
        self.answer, self.failure = None, None
        try:
            self.answer = plain(client._make_api_call(operation, members))
        except botocore.exceptions.ClientError as error:
            self.failure = error

    def _client(self, service):
        keys = self.keys[self.caller]
        return self.platform.client(service, keys=keys, parameter_validation=False)

    def do_expect(self, text):
        assert self.failure is None, f"unexpected error: {self.failure}"
        assert not (wrong := differences(json.loads(text), self.answer)), "\n".join(wrong)

    def do_error(self, code, status=None, text=""):
        assert self.failure is not None, f"no error but {self.answer}"
        error = self.failure.response
        assert error["Error"]["Code"] == code, error
        if status:
            assert error["ResponseMetadata"]["HTTPStatusCode"] == int(status), error
        assert re.search(text, error["Error"]["Message"]), error["Error"]["Message"]
        self.failure = None

    def do_eventually(self, text):
        expected, deadline = json.loads(text), time.monotonic() + PATIENCE
        while True:
            wrong = [str(self.failure)] if self.failure else differences(expected, self.answer)
            if not wrong:
                return
            assert time.monotonic() < deadline, "\n".join(wrong)
            time.sleep(0.1)
            self._ask()

    def do_as(self, user):
        if user not in self.keys:
            key = self.platform.client("iam").create_access_key(UserName=user)["AccessKey"]
            self.keys[user] = {"aws_access_key_id": key["AccessKeyId"],
                               "aws_secret_access_key": key["SecretAccessKey"]}
        self.caller = user

    def do_upload(self, bucket, key, model):
        self.platform.client("s3").put_object(Bucket=bucket, Key=key, Body=ARCHIVES[model]())

    def do_restart(self):
        if self.last and self.last[0] == "sagemaker-runtime":
            self._await_printed(self.last[2])
        self.platform.kill()
        self.platform.start()

    def _await_printed(self, asked):
        """What a model printed stays when it has come into the log, a moment after the answer. There are
        such as print nothing."""
        logs = self.platform.client("logs")
        for _ in range(10):
            with contextlib.suppress(logs.exceptions.ResourceNotFoundException):
                if logs.filter_log_events(
                        logGroupName="/aws/sagemaker/Endpoints/" + asked["EndpointName"],
                        filterPattern=f'"{asked["Body"]}"')["events"]:
                    return
            time.sleep(0.1)

    def end(self):
        assert self.failure is None, f"unexpected error: {self.failure}"


def plain(answer):
    """The answer as JSON has it: bodies as text, times as text."""
    if isinstance(answer, dict):
        return {name: plain(value) for name, value in answer.items()}
    if isinstance(answer, list):
        return [plain(value) for value in answer]
    if hasattr(answer, "read"):
        return answer.read().decode("utf-8", "replace")
    if isinstance(answer, (bool, int, float, str)) or answer is None:
        return answer
    return str(answer)
