"""Model hosts as jobs of a Slurm cluster: endpoints' instances and transform jobs' on its nodes."""

import collections
import sys

import pytest

from support import models, transform
from support.processes import wait_until
from support.slurm import Slurm

NODES = 3


@pytest.fixture(scope="module")
def slurm():
    slurm = Slurm(NODES)
    try:
        yield slurm.start()
    finally:
        slurm.remove()


@pytest.fixture
def container(tmp_path):
    return transform.Container(tmp_path / "container")


@pytest.fixture
def platform(new_platform, slurm, container, marked):
    platform = new_platform(f"""
[jobs]
runner = "slurm"
slurm_arguments = ["--exclusive"]
{container.config(sys.executable)}""", {**slurm.environment, **marked.environment}).start()
    yield platform
    assert platform.stop() == 0, platform.log()[-4000:]
    wait_until(lambda: not slurm.jobs(), 60, lambda: f"jobs are left: {slurm.jobs()}")
    marked.wait_until_gone()


def running(slurm) -> list[str]:
    """Their nodes."""
    return sorted(node for _, state, node in slurm.jobs() if state == "RUNNING")


def test_an_endpoints_instances_are_at_nodes_of_their_own(platform, slurm, container):
    container.put_model(platform, "upper")
    platform.put_config("upper", {"model": "upper", "count": 2})
    platform.client("sagemaker").create_endpoint(EndpointName="upper", EndpointConfigName="upper")
    described = platform.wait("upper")
    assert described["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    nodes = running(slurm)
    assert len(set(nodes)) == 2
    assert all(name.startswith("endpoint/upper/main/") for name, _, _ in slurm.jobs())
    for i in range(20):
        assert platform.invoke("upper", f"body {i}".encode())["Body"].read() == \
            f"BODY {i}".encode()
    assert {began["SLURMD_NODENAME"] for began in container.began()} == set(nodes)
    # What they print is in the endpoint's log, as anywhere.
    logs = platform.client("logs")

    def printed() -> bool:
        events = logs.filter_log_events(logGroupName="/aws/sagemaker/Endpoints/upper")["events"]
        return any("took" in event["message"] for event in events)

    wait_until(printed, 60)
    platform.client("sagemaker").delete_endpoint(EndpointName="upper")
    wait_until(lambda: not slurm.jobs(), 60)


def test_a_python_handler_runs_there_too(platform, slurm):
    platform.deploy("echo", models.echo())
    assert running(slurm)
    assert platform.invoke("echo", b"hello")["Body"].read() == b"hello"


def test_a_job_that_is_cancelled_comes_again(platform, slurm, container):
    container.put_model(platform, "upper")
    platform.put_config("upper", {"model": "upper"})
    platform.client("sagemaker").create_endpoint(EndpointName="upper", EndpointConfigName="upper")
    platform.wait("upper")
    (before, _, _), = slurm.jobs()
    slurm.run("scancel", "--name", before)
    wait_until(lambda: [name for name, _, _ in slurm.jobs() if name != before], 60)
    wait_until(lambda: platform.serves("upper", b"x", b"X"), 60)


def test_a_killed_servers_jobs_end_and_it_goes_on(platform, slurm, container):
    container.put_model(platform, "upper")
    platform.put_config("upper", {"model": "upper"})
    platform.client("sagemaker").create_endpoint(EndpointName="upper", EndpointConfigName="upper")
    platform.wait("upper")
    old = {name for name, _, _ in slurm.jobs()}
    platform.kill()
    platform.start()

    wait_until(lambda: platform.serves("upper", b"x", b"X"), 60)
    wait_until(lambda: not old & {name for name, _, _ in slurm.jobs()}, 60)
    assert platform.serves("upper", b"x", b"X")


def share_of(key: str) -> int:
    """As src/transform/plan.cpp has it: FNV-1a, and MurmurHash3's finish."""
    number = 0xcbf29ce484222325
    for byte in key.encode():
        number = ((number ^ byte) * 0x100000001b3) % 2 ** 64
    number ^= number >> 33
    for factor in (0xff51afd7ed558ccd, 0xc4ceb9fe1a85ec53):
        number = (number * factor) % 2 ** 64
        number ^= number >> 33
    return number % NODES


def test_a_transform_jobs_keys_are_shared_among_its_nodes(platform, slurm, container):
    container.put_model(platform, "upper", SLOW="0.02")
    inputs = {f"in/{i:03}": f"object {i:03}".encode() for i in range(90)}
    transform.put(platform, "nodes", inputs)
    transform.create(platform, "nodes", "upper", "s3://nodes/in/", InstanceCount=NODES)
    transform.wait(platform, "nodes")
    assert transform.outputs(platform, "nodes") == {
        f"{i:03}.out": f"OBJECT {i:03}".encode() for i in range(90)}
    nodes = collections.defaultdict(set)
    for line in container.lines():
        if line.get("body", "").startswith("object "):
            nodes[share_of("in/" + line["body"].removeprefix("object "))].add(line["node"])
    assert sorted(nodes) == list(range(NODES))
    assert all(len(of_share) == 1 for of_share in nodes.values()), nodes
    assert len(set.union(*nodes.values())) == NODES
    wait_until(lambda: not slurm.jobs(), 60)


def test_a_job_larger_than_the_cluster_waits_for_room(platform, slurm, container):
    container.put_model(platform, "upper")
    platform.put_config("upper", {"model": "upper", "count": NODES + 1})
    sagemaker = platform.client("sagemaker")
    sagemaker.create_endpoint(EndpointName="upper", EndpointConfigName="upper")
    wait_until(lambda: sorted(state for _, state, _ in slurm.jobs()) ==
               ["PENDING"] + ["RUNNING"] * NODES, 60, lambda: str(slurm.jobs()))
    assert sagemaker.describe_endpoint(EndpointName="upper")["EndpointStatus"] == "Creating"
    sagemaker.delete_endpoint(EndpointName="upper")
    wait_until(lambda: not slurm.jobs(), 60)
