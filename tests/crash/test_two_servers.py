"""Two `gyre serve` over one PostgreSQL, either of which may be killed: what is made through one is
there at the other, and what one drove goes on at the other."""

import random
import sys
import time

import botocore.exceptions
import pytest

from support import models, shared_catalog, transform
from support.processes import wait_until


@pytest.fixture
def servers(new_platform, postgres, container, marked):
    """Two servers, and a third Gyre that is the S3 of both."""
    behind = new_platform().start()
    config = shared_catalog.config(postgres, behind) + container.config(sys.executable)
    pair = [new_platform(config, marked.environment) for _ in range(2)]
    for server in pair:
        server.start()
    yield pair
    for server in pair:
        assert server.stop() == 0, server.log()[-4000:]
    marked.wait_until_gone()


def echoes(server) -> shared_catalog.Asking:
    return shared_catalog.Asking(server, "echo", b"hello", b"hello")


def settled(server, name: str) -> dict:
    return server.wait(name, timeout=120)


def test_what_one_makes_the_other_has(servers):
    one, two = servers
    assert one.keys() == two.keys()
    one.deploy("echo", models.echo())
    described = two.client("sagemaker").describe_endpoint(EndpointName="echo")
    assert described["EndpointStatus"] == "InService"
    wait_until(lambda: two.serves("echo", b"hello", b"hello"), 60)
    assert one.invoke("echo", b"hello")["Body"].read() == b"hello"
    # Identities too.
    one.client("iam").create_user(UserName="guest")
    key = two.client("iam").create_access_key(UserName="guest")["AccessKey"]
    guest = {"aws_access_key_id": key["AccessKeyId"],
             "aws_secret_access_key": key["SecretAccessKey"]}

    def refused(server) -> bool:
        try:
            server.client("sagemaker", guest).list_models()
        except botocore.exceptions.ClientError as error:
            return error.response["Error"]["Code"] == "AccessDeniedException"
        return False

    assert refused(two)
    wait_until(lambda: refused(one), 60)
    # And what the other takes away is gone.
    two.client("sagemaker").delete_endpoint(EndpointName="echo")
    wait_until(lambda: not one.client("sagemaker").list_endpoints()["Endpoints"], 60)

    def gone() -> bool:
        try:
            one.invoke("echo", b"hello")
        except botocore.exceptions.ClientError:
            return True
        return False

    wait_until(gone, 60)


def test_either_may_be_killed(servers, deep):
    one, two = servers
    one.deploy("echo", models.echo())
    for round_ in range(6 if deep else 2):
        killed, other = (one, two) if round_ % 2 == 0 else (two, one)
        # Both serve, or it would be no wonder.
        wait_until(lambda: other.serves("echo", b"hello", b"hello"), 60)
        with echoes(other) as asking:
            killed.kill()
            time.sleep(random.uniform(0, shared_catalog.LEASE))
            # The survivor takes changes at once, and carries them out when the lease is over.
            other.put_config(f"again-{round_}", {"model": "echo"})
            other.client("sagemaker").update_endpoint(
                EndpointName="echo", EndpointConfigName=f"again-{round_}")
            described = settled(other, "echo")
            assert described["EndpointConfigName"] == f"again-{round_}"
        assert not asking.errors and asking.answers > 10, asking.errors[:3]
        killed.start()
        assert killed.client("sagemaker").describe_endpoint(
            EndpointName="echo")["EndpointConfigName"] == f"again-{round_}"
        wait_until(lambda: killed.serves("echo", b"hello", b"hello"), 60)


def test_one_that_stops_hands_over(servers):
    one, two = servers
    one.deploy("echo", models.echo())
    wait_until(lambda: two.serves("echo", b"hello", b"hello"), 60)
    assert one.stop() == 0
    two.put_config("again", {"model": "echo"})
    two.client("sagemaker").update_endpoint(EndpointName="echo", EndpointConfigName="again")
    assert settled(two, "echo")["EndpointConfigName"] == "again"
    one.start()


def test_updates_through_either_under_load(servers):
    one, two = servers
    one.deploy("echo", models.echo())
    wait_until(lambda: two.serves("echo", b"hello", b"hello"), 60)
    with echoes(one) as first, echoes(two) as second:
        for number, server in enumerate([two, one, two]):
            server.put_config(f"c{number}", {"model": "echo"})
            server.client("sagemaker").update_endpoint(EndpointName="echo",
                                                       EndpointConfigName=f"c{number}")
            settled(server, "echo")
        time.sleep(1)
    assert not first.errors and not second.errors, (first.errors[:3], second.errors[:3])
    assert first.answers > 10 and second.answers > 10


def driver(postgres, servers, name: str):
    """The server that drives the resource, and the other one."""
    holder = postgres.ask(f"SELECT server FROM job_leases WHERE name = '{name}'").split("/")[0]
    ids = [(server.data / "server_id").read_text().strip() for server in servers]
    if holder not in ids:
        return None
    at = ids.index(holder)
    return servers[at], servers[1 - at]


def test_a_transform_job_survives_its_owner(servers, postgres, container, deep):
    container.put_model(servers[0], "upper", SLOW="0.3")
    for number in range(4 if deep else 1):
        bucket = f"job-{number}"
        inputs = {f"in/{i:03}": f"{number}-{i:03}".encode() for i in range(60)}
        transform.put(servers[0], bucket, inputs)
        transform.create(servers[number % 2], bucket, "upper", f"s3://{bucket}/in/",
                         MaxConcurrentTransforms=2)
        wait_until(lambda: len(transform.outputs(servers[0], bucket)) >= 10, 120)
        owner, other = driver(postgres, servers, bucket)
        finished = transform.outputs(other, bucket)
        asked = container.bodies()
        times = {key: asked.count(f"{number}-{key.removesuffix('.out')}") for key in finished}
        owner.kill()
        described = transform.wait(other, bucket, timeout=120)
        assert described["TransformJobStatus"] == "Completed"
        assert transform.outputs(other, bucket) == {
            f"{i:03}.out": f"{number}-{i:03}".encode().upper() for i in range(60)}
        asked = container.bodies()
        again = [key for key, before in times.items()
                 if asked.count(f"{number}-{key.removesuffix('.out')}") != before]
        assert not again, again
        owner.start()
        assert not postgres.ask(f"SELECT number FROM transform_lines WHERE job = '{bucket}'")


def test_queued_requests_are_answered_by_the_other(servers, container):
    one, two = servers
    container.put_model(one, "slow", SLOW="0.2")
    one.client("s3").create_bucket(Bucket="answers")
    sagemaker = one.client("sagemaker")
    sagemaker.create_endpoint_config(
        EndpointConfigName="slow",
        ProductionVariants=[{"VariantName": "main", "ModelName": "slow",
                             "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}],
        AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "s3://answers/out"},
                              "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 1}})
    sagemaker.create_endpoint(EndpointName="slow", EndpointConfigName="slow")
    one.wait("slow")
    locations = []
    for i in range(20):
        one.client("s3").put_object(Bucket="answers", Key=f"in/{i}", Body=f"request {i}".encode())
        locations.append(one.client("sagemaker-runtime").invoke_endpoint_async(
            EndpointName="slow", InputLocation=f"s3://answers/in/{i}")["OutputLocation"])
    wait_until(lambda: transform.outputs(two, "answers"), 60)
    one.kill()
    wait_until(lambda: len(transform.outputs(two, "answers")) == 20, 90)
    answers = transform.outputs(two, "answers")
    for i, location in enumerate(locations):
        assert answers[location.rsplit("/", 1)[1]] == f"REQUEST {i}".encode()
    one.start()


def listed(server) -> bool:
    try:
        server.client("sagemaker").list_endpoints()
    except botocore.exceptions.ClientError:  # it has no connection yet
        return False
    return True


def test_the_database_may_be_away_for_a_while(servers, postgres):
    one, two = servers
    one.deploy("echo", models.echo())
    wait_until(lambda: two.serves("echo", b"hello", b"hello"), 60)
    with echoes(one) as first, echoes(two) as second:
        postgres.stop()
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            one.client("sagemaker").describe_endpoint(EndpointName="echo")
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] >= 500
        time.sleep(shared_catalog.LEASE)
        postgres.start()
        wait_until(lambda: listed(two), 60)
        two.put_config("again", {"model": "echo"})
        two.client("sagemaker").update_endpoint(EndpointName="echo", EndpointConfigName="again")
        assert settled(two, "echo")["EndpointConfigName"] == "again"
        # What the first had not heard of meanwhile it knows by then.
        one.wait("echo")
    assert not first.errors and not second.errors, (first.errors[:3], second.errors[:3])
