"""Two `gyre serve` over one PostgreSQL whose model hosts are Slurm jobs: the one that drives an endpoint
and a transform job is killed, and the other ends the job, keeps the endpoint and leaves nothing in the
queue."""

import sys

import pytest

from support import shared_catalog, transform
from support.processes import Marked, wait_until
from support.slurm import Slurm

OBJECTS = 120


@pytest.fixture(scope="module")
def slurm():
    # Two places each: for the endpoint's two hosts of each server, and the job's two, for a while of both.
    slurm = Slurm(4)
    try:
        yield slurm.start()
    finally:
        slurm.remove()


@pytest.fixture
def marks():
    """What each server starts is marked as its own."""
    return [Marked(), Marked()]


@pytest.fixture
def servers(new_platform, postgres, slurm, container, marks):
    """Two servers, of which the second is not started, and a third Gyre that is the S3 of both."""
    behind = new_platform().start()
    config = shared_catalog.config(postgres, behind) + \
        f'[jobs]\nrunner = "slurm"\n{container.config(sys.executable)}'
    pair = [new_platform(config, {**slurm.environment, **mark.environment}) for mark in marks]
    pair[0].start()
    yield pair
    for server in pair:
        assert server.stop() == 0, server.log()[-4000:]
    wait_until(lambda: not slurm.jobs(), 60, lambda: f"jobs are left: {slurm.jobs()}")
    for mark in marks:
        mark.wait_until_gone()


def names(slurm, prefix: str = "") -> set[str]:
    return {name for name, _, _ in slurm.jobs() if name.startswith(prefix)}


def hosts_asked(container) -> set[int]:
    """Of the transform job."""
    return {line["host"] for line in container.lines() if line.get("body", "").startswith("object")}


def drivers(postgres, servers) -> dict:
    """Of each resource."""
    ids = {(server.data / "server_id").read_text().strip(): server for server in servers
           if (server.data / "server_id").exists()}
    rows = postgres.ask("SELECT name || ' ' || server FROM job_leases").split("\n")
    return {row.split()[0]: ids.get(row.split()[1].split("/")[0]) for row in rows if row.strip()}


def test_the_driver_is_killed(servers, postgres, slurm, container, marks):
    one, two = servers
    container.put_model(one, "upper")
    container.put_model(one, "slow", SLOW="1.2")
    one.put_config("upper", {"model": "upper", "count": 2})
    one.client("sagemaker").create_endpoint(EndpointName="upper", EndpointConfigName="upper")
    described = one.wait("upper")
    assert described["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    transform.put(one, "work", {f"in/{i:03}": f"object {i:03}".encode() for i in range(OBJECTS)})
    transform.create(one, "work", "slow", "s3://work/in/", InstanceCount=2,
                     MaxConcurrentTransforms=2)
    two.start()
    wait_until(lambda: two.serves("upper", b"x", b"X"), 120)
    wait_until(lambda: len(transform.outputs(two, "work")) >= 10 and len(hosts_asked(container)) == 2,
               120, lambda: str(slurm.jobs()))
    assert len(names(slurm, "endpoint/work/")) == 2, slurm.jobs()
    driving = drivers(postgres, servers)
    assert driving["upper"] is one and driving["work"] is one, driving

    finished = transform.outputs(two, "work")
    assert len(finished) < OBJECTS - 10, "the kill would come too late to be one"
    bodies = container.bodies()
    asked = {key: bodies.count("object " + key.removesuffix(".out")) for key in finished}
    ours = names(slurm)
    with shared_catalog.Asking(two, "upper", b"x", b"X") as asking:
        one.kill()
        # The others' hosts of the endpoint do not feel it.
        job = transform.wait(two, "work", timeout=240)
    assert not asking.errors and asking.answers > 10, asking.errors[:3]
    assert job["TransformJobStatus"] == "Completed"
    assert transform.outputs(two, "work") == {
        f"{i:03}.out": f"OBJECT {i:03}".encode() for i in range(OBJECTS)}
    bodies = container.bodies()
    again = [key for key, before in asked.items()
             if bodies.count("object " + key.removesuffix(".out")) != before]
    assert not again, again
    # What the killed one had in the queue and on the nodes ends, srun and hosts, and only that.
    wait_until(lambda: not names(slurm, "endpoint/work/"), 60, lambda: str(slurm.jobs()))
    marks[0].wait_until_gone(60)
    wait_until(lambda: len(names(slurm)) == 2, 60, lambda: str(slurm.jobs()))
    assert names(slurm) < ours

    # The endpoint is the other's to drive now, and the killed one comes again to serve it.
    assert drivers(postgres, servers)["upper"] is two
    two.put_config("one", {"model": "upper", "count": 1})
    two.client("sagemaker").update_endpoint(EndpointName="upper", EndpointConfigName="one")
    two.wait("upper")
    assert two.serves("upper", b"x", b"X")
    one.start()
    wait_until(lambda: one.serves("upper", b"x", b"X"), 60)
    one.client("sagemaker").delete_endpoint(EndpointName="upper")
    wait_until(lambda: not slurm.jobs(), 60, lambda: str(slurm.jobs()))


def test_a_driver_is_killed_while_its_hosts_wait_in_the_queue(servers, postgres, slurm, container,
                                                              marks):
    one, two = servers
    two.start()
    slurm.run("scontrol", "update", "PartitionName=all", "State=DOWN")
    container.put_model(one, "upper")
    transform.put(one, "waits", {f"in/{i}": f"object {i}".encode() for i in range(4)})
    transform.create(one, "waits", "upper", "s3://waits/in/", InstanceCount=2)
    wait_until(lambda: len(names(slurm, "endpoint/waits/")) == 2, 60)
    assert all(state == "PENDING" for _, state, _ in slurm.jobs())
    owner = wait_until(lambda: drivers(postgres, servers).get("waits"), 60)
    other = two if owner is one else one
    owner.kill()
    wait_until(lambda: drivers(postgres, servers).get("waits") is other, 60)
    slurm.run("scontrol", "update", "PartitionName=all", "State=UP")
    transform.wait(other, "waits", timeout=120)
    assert transform.outputs(other, "waits") == {f"{i}.out": f"OBJECT {i}".encode() for i in range(4)}
    wait_until(lambda: not slurm.jobs(), 60, lambda: str(slurm.jobs()))
    owner.start()
