"""Transform jobs as boto3 makes and watches them: what they are made of, what the container sees,
what comes out, and how they end."""

import gzip
import json
import sys

import pytest

from support import models, transform
from support.platform import Platform
from support.processes import wait_until


@pytest.fixture(scope="module")
def container(tmp_path_factory):
    return transform.Container(tmp_path_factory.mktemp("container"))


@pytest.fixture(scope="module")
def platform(tmp_path_factory, container):
    platform = Platform(tmp_path_factory.mktemp("gyre"), container.config(sys.executable)).start()
    container.put_model(platform, "upper")
    container.put_model(platform, "size", MODE="size")
    yield platform
    assert platform.stop() == 0, platform.log()[-4000:]


@pytest.fixture
def asked(container):
    """The bodies that the container got since."""
    before = len(container.bodies())
    return lambda: container.bodies()[before:]


def waiter(client):
    """boto3's own waiter, which looks once a minute, with less patience."""
    waiter = client.get_waiter("transform_job_completed_or_stopped")
    waiter.config.delay = 0.1
    waiter.config.max_attempts = 600
    return waiter


def test_a_folder_of_objects(platform, container, asked):
    transform.put(platform, "whole", {"in/a.txt": b"one", "in/deep/b.txt": b"two\nlines\n",
                                      "in/empty": b"", "in/folder/": b"", "other/c": b"no"})
    sagemaker = platform.client("sagemaker")
    transform.create(platform, "whole", "upper", "s3://whole/in/", ContentType="text/plain",
                     Accept="text/x-upper", Tags=[{"Key": "team", "Value": "zoo"}],
                     Environment={"SAGEMAKER_EXTRA": "mine"})
    waiter(sagemaker).wait(TransformJobName="whole")
    job = sagemaker.describe_transform_job(TransformJobName="whole")
    assert job["TransformJobStatus"] == "Completed"
    assert job["TransformStartTime"] <= job["TransformEndTime"]
    assert job["TransformInput"]["ContentType"] == "text/plain"
    assert job["Environment"] == {"SAGEMAKER_EXTRA": "mine"}
    assert "FailureReason" not in job and "Tags" not in job
    assert job["TransformJobArn"].endswith(":transform-job/whole")
    tags = sagemaker.list_tags(ResourceArn=job["TransformJobArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "zoo"}]
    assert transform.outputs(platform, "whole") == {
        "a.txt.out": b"ONE", "deep/b.txt.out": b"TWO\nLINES\n", "empty.out": b""}
    head = platform.client("s3").head_object(Bucket="whole", Key="out/a.txt.out")
    assert head["ContentType"] == "text/x-upper"
    assert sorted(asked()) == ["one", "two\nlines\n"]
    line = [line for line in container.lines() if line.get("body") == "one"][-1]
    assert (line["type"], line["accept"]) == ("text/plain", "text/x-upper")
    began = container.began()[-1]
    assert began["SAGEMAKER_BATCH"] == "true" and began["SAGEMAKER_EXTRA"] == "mine"
    assert not {"SAGEMAKER_BATCH_STRATEGY", "SAGEMAKER_MAX_PAYLOAD_IN_MB",
                "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS"} & began.keys()


def test_what_the_caller_set_is_told(platform, container):
    transform.put(platform, "told", {"in/a": b"x\ny\n"})
    transform.run(platform, "told", "upper", "s3://told/in/", SplitType="Line",
                  BatchStrategy="SingleRecord", MaxPayloadInMB=2, MaxConcurrentTransforms=3)
    began = container.began()[-1]
    assert began["SAGEMAKER_BATCH_STRATEGY"] == "SINGLE_RECORD"
    assert began["SAGEMAKER_MAX_PAYLOAD_IN_MB"] == "2"
    assert began["SAGEMAKER_MAX_CONCURRENT_TRANSFORMS"] == "3"


@pytest.mark.parametrize("strategy, bodies, out", [
    ("SingleRecord", ["a", "b", "c"], b"A\nB\nC\n"),
    ("MultiRecord", ["a\nb\nc"], b"A\nB\nC\n"),
])
def test_lines(platform, asked, strategy, bodies, out):
    bucket = "lines-" + strategy.lower()
    transform.put(platform, bucket, {"in/f.csv": b"a\nb\n\nc\n"})
    transform.run(platform, bucket, "upper", f"s3://{bucket}/in/f.csv", SplitType="Line",
                  BatchStrategy=strategy, AssembleWith="Line")
    assert transform.outputs(platform, bucket) == {"f.csv.out": out}
    assert asked() == bodies


def test_gzip_and_no_assembly(platform, asked):
    transform.put(platform, "packed", {"in/f.gz": gzip.compress(b"a\nb\n")})
    transform.run(platform, "packed", "upper", "s3://packed/in", SplitType="Line",
                  BatchStrategy="SingleRecord", CompressionType="Gzip")
    assert transform.outputs(platform, "packed") == {"f.gz.out": b"AB"}
    transform.put(platform, "notpacked", {"in/f.gz": b"plain"})
    job = transform.run(platform, "notpacked", "upper", "s3://notpacked/in", "Failed",
                        CompressionType="Gzip")
    assert "gzip" in job["FailureReason"]


def recordio(data: bytes) -> bytes:
    head = (0xced7230a).to_bytes(4, "little") + len(data).to_bytes(4, "little")
    return head + data + bytes(-len(data) % 4)


def test_recordio_loses_its_framing_only_record_by_record(platform, asked):
    transform.put(platform, "recordio", {"in/r": recordio(b"alpha") + recordio(b"be")})
    transform.run(platform, "recordio-one", "upper", "s3://recordio/in/", SplitType="RecordIO",
                  BatchStrategy="SingleRecord")
    assert asked() == ["alpha", "be"]
    transform.run(platform, "recordio-many", "size", "s3://recordio/in/", SplitType="RecordIO",
                  BatchStrategy="MultiRecord", S3OutputPath="s3://recordio/many")
    assert transform.outputs(platform, "recordio", "many/") == {"r.out": b"28"}


def test_tfrecord(platform, asked):
    """The bytes are what TensorFlow's TFRecordWriter writes for b"hello"."""
    hello = bytes.fromhex("0500000000000000eab2043e68656c6c6fbb1f1c19")
    transform.put(platform, "tfrecord", {"in/r": hello * 2, "damaged/r": hello[:-1] + b"x"})
    transform.run(platform, "tfrecord", "upper", "s3://tfrecord/in/", SplitType="TFRecord",
                  BatchStrategy="SingleRecord")
    assert asked() == ["hello", "hello"]
    job = transform.run(platform, "tfrecord-damaged", "upper", "s3://tfrecord/damaged/", "Failed",
                        SplitType="TFRecord")
    assert "checksum" in job["FailureReason"]


def test_manifests(platform):
    transform.put(platform, "listed", {
        "data/a": b"a", "data/x/b": b"b", "data/unlisted": b"no",
        "m.json": json.dumps([{"prefix": "s3://listed/data/"}, "a", "x/b"]).encode(),
        "m.jsonl": b'{"source-ref": "s3://listed/data/a", "label": 1}\n\n'
                   b'{"source-ref": "s3://listed/data/x/b"}\n',
        "missing.json": b'["s3://listed/data/none"]', "broken.json": b"{"})
    transform.run(platform, "manifest", "upper", "s3://listed/m.json", S3DataType="ManifestFile")
    assert transform.outputs(platform, "listed") == {"a.out": b"A", "x/b.out": b"B"}
    transform.run(platform, "augmented", "upper", "s3://listed/m.jsonl",
                  S3DataType="AugmentedManifestFile", S3OutputPath="s3://listed/augmented/")
    assert transform.outputs(platform, "listed", "augmented/") == {
        "data/a.out": b"A", "data/x/b.out": b"B"}
    for name, says in (("missing", "s3://listed/data/none"), ("broken", "manifest")):
        job = transform.run(platform, f"manifest-{name}", "upper", f"s3://listed/{name}.json",
                            "Failed", S3DataType="ManifestFile")
        assert says in job["FailureReason"], job["FailureReason"]


def test_one_bad_record_spares_the_other_objects(platform):
    transform.put(platform, "partly", {"in/good": b"a\nb\n", "in/spoiled": b"a\nb\nbad one\nc\n",
                                       "in/zgood": b"z\n"})
    job = transform.run(platform, "partly", "upper", "s3://partly/in/", "Failed",
                        SplitType="Line", AssembleWith="Line", BatchStrategy="MultiRecord")
    out = transform.outputs(platform, "partly")
    assert out.pop("good.out") == b"A\nB\n" and out.pop("zgood.out") == b"Z\n"
    (report,) = [json.loads(line) for line in out.pop("partly.errors.jsonl").splitlines()]
    assert out == {}
    assert report["object"] == "s3://partly/in/spoiled"
    assert (report["record"], report["records"], report["offset"]) == (2, 1, 4)
    assert report["status"] == 400 and report["answer"] == "I do not take bad records"
    assert "1 of 3 objects failed" in job["FailureReason"]
    assert "I do not take bad records" in job["FailureReason"]
    assert "s3://partly/out/partly.errors.jsonl" in job["FailureReason"]


def test_retries(platform, asked):
    transform.put(platform, "retried", {"in/a": b"once", "in/b": b"fine"})
    transform.run(platform, "retried", "upper", "s3://retried/in/")
    assert transform.outputs(platform, "retried") == {"a.out": b"ONCE", "b.out": b"FINE"}
    assert asked().count("once") == 2
    transform.put(platform, "given-up", {"in/a": b"broken"})
    job = transform.run(platform, "given-up", "upper", "s3://given-up/in/", "Failed",
                        ModelClientConfig={"InvocationsMaxRetries": 1})
    assert asked().count("broken") == 2
    assert "status 500" in job["FailureReason"] and "I broke" in job["FailureReason"]


def test_a_payload_that_kills_the_container(platform):
    transform.put(platform, "deadly", {"in/a": b"die", "in/b": b"live"})
    job = transform.run(platform, "deadly", "upper", "s3://deadly/in/", "Failed",
                        ModelClientConfig={"InvocationsMaxRetries": 1})
    assert "the last words" in job["FailureReason"]
    assert transform.outputs(platform, "deadly")["b.out"] == b"LIVE"


def test_a_payload_that_kills_the_container_spares_those_beside_it(platform):
    """They were in the container when it died, and get another one without the killer."""
    transform.put(platform, "beside", {"in/die": b"die", **{
        f"in/{i}": f"slow {i}".encode() for i in range(6)}})
    job = transform.run(platform, "beside", "upper", "s3://beside/in/", "Failed",
                        MaxConcurrentTransforms=4, MaxPayloadInMB=1,
                        ModelClientConfig={"InvocationsMaxRetries": 1})
    assert "1 of 7 objects failed" in job["FailureReason"]
    out = transform.outputs(platform, "beside")
    assert {out[f"{i}.out"] for i in range(6)} == {f"SLOW {i}".encode() for i in range(6)}


def test_a_record_that_kills_the_container_is_found(platform):
    transform.put(platform, "killer", {"in/f": b"a\nb\ndie\nc\n"})
    transform.run(platform, "killer", "upper", "s3://killer/in/", "Failed", SplitType="Line",
                  BatchStrategy="MultiRecord", ModelClientConfig={"InvocationsMaxRetries": 0})
    (report,) = [json.loads(line) for line in transform.outputs(platform, "killer")
                 ["killer.errors.jsonl"].splitlines()]
    assert (report["record"], report["records"]) == (2, 1)


def test_records_that_a_model_takes_by_themselves_are_not_blamed(platform):
    transform.put(platform, "toomuch", {"in/f": b"a\nb\nc\nd\ne\n"})
    transform.run(platform, "toomuch", "upper", "s3://toomuch/in/", SplitType="Line",
                  AssembleWith="Line", BatchStrategy="MultiRecord", Environment={"MOST": "2"},
                  ModelClientConfig={"InvocationsMaxRetries": 0})
    assert transform.outputs(platform, "toomuch") == {"f.out": b"A\nB\nC\nD\nE\n"}


def test_a_record_that_hangs_is_found_with_one_try_for_each_half(platform, asked):
    transform.put(platform, "hanging", {"in/f": b"a\nb\nhang\nc\n"})
    transform.run(platform, "hanging", "upper", "s3://hanging/in/", "Failed", SplitType="Line",
                  BatchStrategy="MultiRecord",
                  ModelClientConfig={"InvocationsTimeoutInSeconds": 2,
                                     "InvocationsMaxRetries": 1})
    (report,) = [json.loads(line) for line in transform.outputs(platform, "hanging")
                 ["hanging.errors.jsonl"].splitlines()]
    assert (report["record"], report["records"]) == (2, 1)
    assert asked() == ["a\nb\nhang\nc"] * 2 + ["a\nb", "hang"]


def test_as_many_requests_at_once_as_the_caller_says(platform, tmp_path):
    transform.put(platform, "many", {f"in/{i:02}": b"x" for i in range(40)})
    transform.run(platform, "many", "upper", "s3://many/in/", MaxConcurrentTransforms=40,
                  Environment={"MEET": str(tmp_path), "TOGETHER": "40"})


def test_all_instances_work_whatever_a_payload_may_have(platform, tmp_path):
    transform.put(platform, "apart", {f"in/{i}": b"x" for i in range(8)})
    transform.run(platform, "apart", "upper", "s3://apart/in/", InstanceCount=2,
                  MaxPayloadInMB=100,
                  Environment={"MEET": str(tmp_path), "TOGETHER": "2", "BY": "program"})


def test_a_timeout(platform):
    transform.put(platform, "late", {"in/a": b"slow"})
    container_timeout = {"InvocationsTimeoutInSeconds": 1, "InvocationsMaxRetries": 0}
    job = transform.run(platform, "late", "upper", "s3://late/in/", "Failed",
                        Environment={"SLOW": "3"}, ModelClientConfig=container_timeout)
    assert "s3://late/in/a" in job["FailureReason"]


def test_execution_parameters(platform, container, asked):
    container.put_model(platform, "asks", PARAMETERS=json.dumps(
        {"MaxConcurrentTransforms": 4, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 1}))
    transform.put(platform, "asks", {"in/a": b"a\nb\n", "in/large": b"x" * 1_100_000})
    job = transform.run(platform, "asks", "asks", "s3://asks/in/", "Failed", SplitType="Line")
    assert sorted(asked()) == ["a", "b"]
    assert "1 MB" in job["FailureReason"]


def test_an_instance_for_each_count(platform, container):
    before = len(container.began())
    transform.put(platform, "wide", {f"in/{i:02}": f"slow {i}".encode() for i in range(12)})
    transform.run(platform, "wide", "upper", "s3://wide/in/", InstanceCount=2)
    assert len(container.began()) == before + 2
    assert len(transform.outputs(platform, "wide")) == 12


def test_stop(platform):
    sagemaker = platform.client("sagemaker")
    transform.put(platform, "stopped", {f"in/{i:03}": b"slow" for i in range(200)})
    transform.create(platform, "stopped", "upper", "s3://stopped/in/")
    while not transform.outputs(platform, "stopped"):
        pass
    sagemaker.stop_transform_job(TransformJobName="stopped")
    job = transform.wait(platform, "stopped", "Stopped")
    assert job["TransformEndTime"]
    assert 0 < len(transform.outputs(platform, "stopped")) < 200
    with pytest.raises(sagemaker.exceptions.ClientError, match="in status Stopped"):
        sagemaker.stop_transform_job(TransformJobName="stopped")


def test_listing(platform):
    sagemaker = platform.client("sagemaker")
    transform.put(platform, "listing", {"in/a": b"x"})
    for name in ("listing-a", "listing-b"):
        transform.run(platform, name, "upper", "s3://listing/in/")
    listed = sagemaker.list_transform_jobs(NameContains="listing-", SortBy="Name",
                                           SortOrder="Ascending", StatusEquals="Completed")
    assert [job["TransformJobName"] for job in listed["TransformJobSummaries"]] == [
        "listing-a", "listing-b"]
    summary = listed["TransformJobSummaries"][0]
    assert {"TransformJobArn", "CreationTime", "TransformEndTime", "LastModifiedTime"} <= {*summary}
    pages = sagemaker.get_paginator("list_transform_jobs").paginate(
        NameContains="listing-", PaginationConfig={"PageSize": 1})
    assert len([job for page in pages for job in page["TransformJobSummaries"]]) == 2
    by_status = sagemaker.list_transform_jobs(NameContains="listing-", SortBy="Status")
    assert len(by_status["TransformJobSummaries"]) == 2
    assert sagemaker.list_transform_jobs(StatusEquals="InProgress")["TransformJobSummaries"] == []


def test_captured_data(platform):
    transform.put(platform, "captured", {"in/a/x": b"a,1\nb,2\n", "in/b": b"bad\n", "in/c": b"c,3"})
    transform.run(platform, "captured", "upper", "s3://captured/in/", status="Failed",
                  ContentType="text/csv", SplitType="Line", AssembleWith="Line",
                  DataCaptureConfig={"DestinationS3Uri": "s3://captured/seen",
                                     "GenerateInferenceId": True})
    put = transform.outputs(platform, "captured")
    rows = [line.split(",") for line in put["a/x.out"].decode().splitlines()]
    assert [row[:2] for row in rows] == [["A", "1"], ["B", "2"]], rows
    assert all(len(row) == 4 and len(row[2]) == 36 for row in rows), rows
    seen = {key: json.loads(body)
            for key, body in transform.outputs(platform, "captured", "seen/").items()}
    (inputs, left), (outputs, right) = sorted(seen.items())
    assert inputs.startswith("input/20") and inputs.endswith("/captured-0.json"), seen
    assert outputs == inputs.replace("input/", "output/", 1), seen
    assert left == [{"prefix": "s3://captured/in/"}, "a/x", "c"]
    assert right == [{"prefix": "s3://captured/out/"}, "a/x.out", "c.out"]


def test_refusals(platform):
    sagemaker = platform.client("sagemaker")
    transform.put(platform, "refused", {"in/a": b"x"})
    transform.run(platform, "refused", "upper", "s3://refused/in/")

    def refusal(name="refused-more", model="upper", **members):
        with pytest.raises(sagemaker.exceptions.ClientError) as error:
            transform.create(platform, name, model, "s3://refused/in/", **members)
        return error.value.response["Error"]

    assert refusal("refused")["Code"] == "ResourceInUse"
    missing = refusal(model="no-such-model")
    assert missing["Code"] == "ValidationException" and "Could not find model" in missing["Message"]
    assert "100 MB" in refusal(MaxPayloadInMB=50, MaxConcurrentTransforms=3)["Message"]
    assert "JSONPath" in refusal(ContentType="text/csv",
                                 DataProcessing={"InputFilter": "$["})["Message"]
    for call in (sagemaker.describe_transform_job, sagemaker.stop_transform_job):
        with pytest.raises(sagemaker.exceptions.ClientError,
                           match="ValidationException.*Requested resource not found."):
            call(TransformJobName="nowhere")


def test_no_objects_and_no_bucket(platform):
    transform.put(platform, "nothing", {})
    job = transform.run(platform, "nothing", "upper", "s3://nothing/in/", "Failed")
    assert "no objects were found" in job["FailureReason"]
    job = transform.run(platform, "nowhere", "upper", "s3://nowhere-at-all/in/", "Failed")
    assert "s3://nowhere-at-all/in/" in job["FailureReason"]


def test_a_model_that_does_not_load(platform):
    platform.put_model("loadless", models.inference(
        "def model_fn(model_dir):\n    raise RuntimeError('no weights came along')\n"))
    transform.put(platform, "loadless", {"in/a": b"x"})
    job = transform.run(platform, "loadless", "loadless", "s3://loadless/in/", "Failed")
    assert "no weights came along" in job["FailureReason"]


def test_a_python_handler_with_its_logs(platform):
    platform.put_model("handler", models.inference(
        "import json\n"
        "def model_fn(model_dir):\n    return None\n"
        "def input_fn(body, content_type):\n    return json.loads(body)\n"
        "def predict_fn(data, model):\n    print('saw', data)\n    return data * 2\n"
        "def output_fn(data, accept):\n    return json.dumps(data), accept\n"))
    transform.put(platform, "handler", {"in/a.jsonl": b"1\n2\n3\n"})
    transform.run(platform, "handler", "handler", "s3://handler/in/", SplitType="Line",
                  BatchStrategy="SingleRecord", AssembleWith="Line",
                  ContentType="application/json", Accept="application/json")
    assert transform.outputs(platform, "handler") == {"a.jsonl.out": b"2\n4\n6\n"}
    wait_until(lambda: not list((platform.data / "models").glob("*/code")), 20)
    logs = platform.client("logs")
    (stream,) = logs.describe_log_streams(logGroupName="/aws/sagemaker/TransformJobs",
                                          logStreamNamePrefix="handler/")["logStreams"]
    events = logs.get_log_events(logGroupName="/aws/sagemaker/TransformJobs",
                                 logStreamName=stream["logStreamName"], startFromHead=True)
    assert any("saw 2" in event["message"] for event in events["events"])


def test_filters_and_joins(platform, container, asked):
    container.put_model(platform, "sum", MODE="sum")
    container.put_model(platform, "count", MODE="count")
    transform.put(platform, "joined", {"in/f.csv": b'id-1,1,2\n"id,2",3,4\n',
                                       "jsonl/f": b'{"id": 1, "x": [1, 2]}\n{"id": 2, "x": []}\n'})
    transform.run(platform, "joined", "sum", "s3://joined/in/", SplitType="Line",
                  AssembleWith="Line", ContentType="text/csv", Accept="text/csv",
                  DataProcessing={"InputFilter": "$[1:]", "JoinSource": "Input",
                                  "OutputFilter": "$[0,-1]"})
    assert transform.outputs(platform, "joined") == {"f.csv.out": b'id-1,3\n"id,2",7\n'}
    assert asked() == ["1,2\n3,4"]
    transform.run(platform, "joined-json", "count", "s3://joined/jsonl/", SplitType="Line",
                  AssembleWith="Line", ContentType="application/jsonlines",
                  S3OutputPath="s3://joined/jout",
                  DataProcessing={"InputFilter": "$.x", "JoinSource": "Input",
                                  "OutputFilter": "$['id','SageMakerOutput']"})
    assert transform.outputs(platform, "joined", "jout/")["f.out"] == (
        b'{"id":1,"SageMakerOutput":{"n":2}}\n{"id":2,"SageMakerOutput":{"n":0}}\n')
    job = transform.run(platform, "joined-ill", "size", "s3://joined/in/", "Failed",
                        SplitType="Line", ContentType="text/csv",
                        DataProcessing={"JoinSource": "Input"})
    assert "1 lines for 2 records" in job["FailureReason"]
