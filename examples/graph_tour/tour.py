"""Debian's package graph in Gyre: built from apt's lists, loaded through the bulk loader, and asked real questions
in Gremlin, openCypher and SPARQL.

`./dev run graph` runs it against a platform of its own; boto3 finds the platform by what `gyre env` exports."""

import os
import time

import boto3

import packages
import questions

BUCKET = "debian-graph"
ROLE = "arn:aws:iam::000000000000:role/service-role/loader"


def load(session, address: str, files: dict[str, packages.File]) -> None:
    """Puts the files into S3, and has the bulk loader read them from there."""
    s3 = session.client("s3", endpoint_url=address)
    s3.create_bucket(Bucket=BUCKET)
    for name, file in files.items():
        s3.put_object(Bucket=BUCKET, Key=name, Body=file.packed())
    graph = session.client("neptunedata", endpoint_url=address)
    for prefix, form in (("csv/", "csv"), ("rdf/", "ntriples")):
        began = time.monotonic()
        load_id = graph.start_loader_job(source=f"s3://{BUCKET}/{prefix}", format=form, s3BucketRegion="us-east-1",
                                         iamRoleArn=ROLE, failOnError=True, mode="NEW")["payload"]["loadId"]
        while True:
            status = graph.get_loader_job_status(loadId=load_id, errors=True)["payload"]
            if status["overallStatus"]["status"] not in ("LOAD_IN_QUEUE", "LOAD_IN_PROGRESS"):
                break
            time.sleep(0.1)
        if status["overallStatus"]["status"] != "LOAD_COMPLETED":
            raise SystemExit(f"the load ended as {status}")
        took = time.monotonic() - began
        records = status["overallStatus"]["totalRecords"]
        print(f"   {form}: {records:,} records loaded in {took:.1f} s, {records / took:,.0f} a second")


def ask(title: str, languages: list, question) -> list:
    """Asks each language the same, and prints the answer and how long each took; all answers."""
    answers, times = [], []
    for language in languages:
        began = time.monotonic()
        answers.append(question(language))
        times.append(f"{type(language).__name__} {(time.monotonic() - began) * 1000:.1f} ms")
    print(f"   {title}  ({', '.join(times)})")
    answer = answers[0]
    if isinstance(answer, dict):
        answer = list(answer.items())
    for line in answer if isinstance(answer, list) else [answer]:
        print("      " + (": ".join(map(str, line)) if isinstance(line, tuple) else str(line)))
    return answers


def tour(languages: list, broken: str, start: str, end: str, many: int) -> list[list]:
    """The answers to all questions, of each language."""
    return [
        ask("How many of what?", languages, lambda one: one.kinds()),
        ask(f"Who depends on {broken}, directly?", languages, lambda one: one.dependents(broken)),
        ask("What breaks if it goes? (all that depends on it, at any distance)", languages,
            lambda one: one.breaks(broken)),
        ask("The five most depended-on packages", languages, lambda one: one.most_depended_on(5)),
        ask(f"Who maintains what is depended on by more than {many:,}?", languages,
            lambda one: one.maintainers(many, 5)),
        ask(f"A shortest chain of dependencies from {start} to {end}", languages,
            lambda one: one.chain(start, end)),
    ]


def main() -> None:
    address = os.environ["AWS_ENDPOINT_URL"]
    gremlin, sparql = questions.Gremlin(address), questions.Sparql(address)
    languages = [gremlin, questions.OpenCypher(address), sparql]
    print("1. Debian's package graph, through the bulk loader")
    if gremlin.has("dpkg") and sparql.has("dpkg"):
        print("   it is there from an earlier run")
    else:
        began = time.monotonic()
        files = packages.build(packages.available())
        nodes, edges, triples = files.values()
        print(f"   {nodes.rows:,} vertices, {edges.rows:,} edges and {triples.rows:,} triples out of apt's lists "
              f"in {time.monotonic() - began:.1f} s")
        load(boto3.Session(), address, files)
    print("2. Questions in Gremlin (gremlinpython), openCypher (neo4j) and SPARQL (SPARQLWrapper)")
    tour(languages, "libssl3", "kde-full", "libbz2-1.0", 1000)
    for language in languages:
        language.close()


if __name__ == "__main__":
    main()
