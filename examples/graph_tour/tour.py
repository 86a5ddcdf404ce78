"""Debian's package graph in Gyre: built from apt's lists, loaded through the bulk loader, and asked real questions.

`./dev run graph` runs it against a platform of its own; boto3 finds the platform by what `gyre env` exports."""

import os
import time

import boto3
from gremlin_python.driver.driver_remote_connection import DriverRemoteConnection
from gremlin_python.process.anonymous_traversal import traversal
from gremlin_python.process.graph_traversal import __
from gremlin_python.process.traversal import Column, Order, P, Scope, T

import packages

BUCKET = "debian-graph"
ROLE = "arn:aws:iam::000000000000:role/service-role/loader"


def load() -> None:
    began = time.monotonic()
    tables = packages.build()
    print(f"   {tables['nodes.csv.gz'].rows:,} vertices and {tables['edges.csv.gz'].rows:,} edges out of apt's lists "
          f"in {time.monotonic() - began:.1f} s")
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    for name, table in tables.items():
        s3.put_object(Bucket=BUCKET, Key=name, Body=table.packed())
    graph = boto3.client("neptunedata", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    began = time.monotonic()
    started = graph.start_loader_job(source=f"s3://{BUCKET}/", format="csv", s3BucketRegion="us-east-1",
                                     iamRoleArn=ROLE, failOnError=True, mode="NEW")
    while True:
        status = graph.get_loader_job_status(loadId=started["payload"]["loadId"], errors=True)["payload"]
        if status["overallStatus"]["status"] not in ("LOAD_IN_QUEUE", "LOAD_IN_PROGRESS"):
            break
        time.sleep(0.2)
    if status["overallStatus"]["status"] != "LOAD_COMPLETED":
        raise SystemExit(f"the load ended as {status}")
    took = time.monotonic() - began
    records = status["overallStatus"]["totalRecords"]
    print(f"   {records:,} records loaded in {took:.1f} s, {records / took:,.0f} a second")


def ask(question: str, t) -> None:
    began = time.monotonic()
    answer = t.to_list()
    took = time.monotonic() - began
    print(f"   {question}  ({took * 1000:.1f} ms)")
    for line in answer[0].items() if len(answer) == 1 and isinstance(answer[0], dict) else answer:
        print("      " + (": ".join(map(str, line)) if isinstance(line, tuple) else str(line)))


def questions(g) -> None:
    package = g.V("package:libssl3")
    ask("How many of what?", g.V().group_count().by(T.label))
    ask("Who depends on libssl3, directly?", package.clone().in_("depends").count())
    ask("What breaks if it goes? (all that depends on it, at any distance)",
        package.clone().repeat(__.in_("depends").dedup()).emit().dedup().count())
    ask("What does git need?", g.V("package:git").out("depends").has_label("package").values("name"))
    ask("The five most depended-on packages",
        g.V().has_label("package").order().by(__.in_("depends").count(), Order.desc).limit(5)
        .project("package", "dependents").by("name").by(__.in_("depends").count()))
    ask("Who maintains what is depended on by more than 1,000?",
        g.V().has_label("package").where(__.in_("depends").count().is_(P.gt(1000))).out("maintained_by")
        .group_count().by("name").order(Scope.local).by(Column.values, Order.desc).limit(Scope.local, 5))
    ask("The largest section", g.V().has_label("section").order().by(__.in_("in_section").count(), Order.desc).limit(1)
        .project("section", "packages").by("name").by(__.in_("in_section").count()))
    ask("A shortest chain of dependencies from gimp to zlib1g",
        g.V("package:gimp").repeat(__.out("depends").simple_path()).until(__.has_id("package:zlib1g")).limit(1)
        .path().by("name"))


def main() -> None:
    address = os.environ["AWS_ENDPOINT_URL"].replace("http", "ws")
    connection = DriverRemoteConnection(address + "/gremlin", "g")
    g = traversal().with_(connection)
    print("1. Debian's package graph, through the bulk loader")
    if g.V("package:dpkg").has_next():
        print("   it is there from an earlier run")
    else:
        load()
    print("2. Questions in Gremlin, by stock gremlinpython")
    questions(g)
    connection.close()


if __name__ == "__main__":
    main()
