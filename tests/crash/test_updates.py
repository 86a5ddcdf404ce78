"""UpdateEndpoint under load: no request is lost, whatever the new variant is or does."""

import pytest

from support import models
from support.load import Load
from support.processes import Marked, wait_until

PLAIN = models.inference(
    "def model_fn(model_dir):\n    return None\n"
    "def input_fn(body, content_type):\n    return body\n"
    "def predict_fn(data, model):\n    return data\n"
    "def output_fn(data, accept):\n    return data, 'text/plain'\n")
BROKEN = models.inference("def model_fn(model_dir):\n    raise RuntimeError('no weights in here')\n")


def update(platform, endpoint: str, config: str) -> None:
    platform.client("sagemaker").update_endpoint(EndpointName=endpoint, EndpointConfigName=config)


def test_an_update_loses_no_request(gyre):
    gyre.deploy("steady", models.echo(), count=2)
    gyre.put_model("steady-python", PLAIN)
    gyre.put_config("steady-python", {"model": "steady-python", "name": "green"})
    with Load(gyre, "steady") as load:
        for config in ("steady-python", "steady", "steady-python"):
            load.wait_for_more(50)
            update(gyre, "steady", config)
            gyre.wait("steady")
            load.wait_for_more(50)
        gyre.client("sagemaker").update_endpoint_weights_and_capacities(
            EndpointName="steady", DesiredWeightsAndCapacities=[
                {"VariantName": "green", "DesiredInstanceCount": 2}])
        gyre.wait("steady")
        load.wait_for_more(50)
        gyre.client("sagemaker").update_endpoint_weights_and_capacities(
            EndpointName="steady", DesiredWeightsAndCapacities=[
                {"VariantName": "green", "DesiredInstanceCount": 1}])
        gyre.wait("steady")
        load.wait_for_more(50)
    load.check()
    assert load.failed == []
    assert load.answered["green"] >= 100 and load.answered["main"] >= 100
    gyre.client("sagemaker").delete_endpoint(EndpointName="steady")


@pytest.mark.parametrize("kind", ["broken", "absent"])
def test_an_update_to_what_does_not_load_goes_back_by_itself(gyre, kind):
    name = "careful-" + kind
    gyre.deploy(name, models.echo())
    gyre.put_model(name + "-bad", BROKEN)
    if kind == "absent":
        gyre.client("s3").delete_object(Bucket="models", Key=name + "-bad/model.tar.gz")
    gyre.put_config(name + "-bad", {"model": name + "-bad", "name": "bad"})
    with Load(gyre, name) as load:
        load.wait_for_more(20)
        update(gyre, name, name + "-bad")
        described = gyre.wait(name)
        load.wait_for_more(50)
    load.check()
    assert load.failed == []
    assert set(load.answered) == {"main"}
    assert described["EndpointConfigName"] == name
    assert described["ProductionVariants"][0]["VariantName"] == "main"
    assert ("no weights in here" if kind == "broken" else "model.tar.gz") in (
        described["FailureReason"])
    gyre.client("sagemaker").delete_endpoint(EndpointName=name)


def test_an_update_cut_by_sigkill_finishes_after_the_restart(new_platform, tmp_path):
    marked = Marked()
    platform = new_platform(environment=marked.environment).start()
    go = tmp_path / "go"
    slow = models.inference("import os, time\n"
                            "def model_fn(model_dir):\n"
                            f"    while not os.path.exists({str(go)!r}):\n        time.sleep(0.05)\n"
                            "def input_fn(body, content_type):\n    return body\n"
                            "def predict_fn(data, model):\n    return data\n"
                            "def output_fn(data, accept):\n    return data, 'text/plain'\n")
    platform.deploy("cut", models.echo())
    platform.put_model("cut-slow", slow)
    platform.put_config("cut-slow", {"model": "cut-slow", "name": "slow"})
    update(platform, "cut", "cut-slow")
    wait_until(lambda: len(marked.hosts()) == 2, 60)  # both variants are there: half-way
    assert platform.client("sagemaker").describe_endpoint(
        EndpointName="cut")["EndpointStatus"] == "Updating"
    platform.kill()
    marked.wait_until_gone()
    go.touch()
    platform.start()
    described = platform.wait("cut")
    assert described["EndpointConfigName"] == "cut-slow"
    answer = platform.invoke("cut", b"hello")
    assert (answer["InvokedProductionVariant"], answer["Body"].read()) == ("slow", b"hello")
    wait_until(lambda: len(marked.hosts()) == 1, 60, lambda: f"{marked.alive()}")
