"""CloudWatch Logs through boto3: what clients write, read, keep and tag."""

import time

import pytest


@pytest.fixture
def logs(gyre):
    return gyre.client("logs")


def test_events_written_are_read_filtered_and_paged(logs):
    group, stream = "/tests/written", "host/1"
    logs.create_log_group(logGroupName=group, tags={"team": "a"})
    with pytest.raises(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=group)
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.put_log_events(logGroupName=group, logStreamName=stream,
                            logEvents=[{"timestamp": 1, "message": "x"}])
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    (described,) = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert "lastEventTimestamp" not in described
    now = int(time.time() * 1000)
    answer = logs.put_log_events(
        logGroupName=group, logStreamName=stream,
        logEvents=[{"timestamp": now - 100 + i, "message": f"line {i}\nERROR {i % 2}"}
                   for i in range(100)])
    assert "rejectedLogEventsInfo" not in answer
    rejected = logs.put_log_events(
        logGroupName=group, logStreamName=stream,
        logEvents=[{"timestamp": 1000, "message": "old"}])["rejectedLogEventsInfo"]
    assert rejected == {"tooOldLogEventEndIndex": 1}
    events = logs.get_log_events(logGroupName=group, logStreamName=stream,
                                 startFromHead=True)["events"]
    assert len(events) == 100 and events[7]["message"] == "line 7\nERROR 1"
    assert events[0]["timestamp"] == now - 100
    found = [event for page in logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, filterPattern='"ERROR 1"', PaginationConfig={"PageSize": 7})
        for event in page["events"]]
    assert len(found) == 50
    with pytest.raises(logs.exceptions.InvalidParameterException):
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[
            {"timestamp": now, "message": "b"}, {"timestamp": now - 1, "message": "a"}])


def test_patterns_over_json_and_columns_and_expressions(logs):
    group = "/tests/patterns"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    now = int(time.time() * 1000)
    lines = ['{"level": "ERROR", "ms": 12}', '{"level": "INFO", "ms": 70}', "ERROR 12 plain"]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[
        {"timestamp": now + i, "message": line} for i, line in enumerate(lines)])

    def found(pattern):
        return [lines.index(event["message"]) for event in logs.filter_log_events(
            logGroupName=group, filterPattern=pattern)["events"]]

    assert found('{ $.level = "ERROR" }') == [0]
    assert found("{ $.level = INFO || $.ms < 20 }") == [0, 1]
    assert found("[level = ERROR, code > 10, ...]") == [2]
    assert found("%ERR[A-Z]+%") == [0, 2]
    with pytest.raises(logs.exceptions.InvalidParameterException) as raised:
        found("{ $.level = }")
    assert "a value is expected at character 13" in str(raised.value)


def test_retention_tags_and_deletion(logs):
    group = "/tests/kept"
    logs.create_log_group(logGroupName=group)
    logs.put_retention_policy(logGroupName=group, retentionInDays=14)
    (described,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert described["retentionInDays"] == 14
    with pytest.raises(logs.exceptions.InvalidParameterException):
        logs.put_retention_policy(logGroupName=group, retentionInDays=2)
    logs.delete_retention_policy(logGroupName=group)
    (described,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert "retentionInDays" not in described
    arn = described["logGroupArn"]
    logs.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    logs.delete_log_stream(logGroupName=group, logStreamName="s")
    assert logs.describe_log_streams(logGroupName=group)["logStreams"] == []
    logs.delete_log_group(logGroupName=group)
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.describe_log_streams(logGroupName=group)


def test_what_was_put_survives_a_kill(new_platform):
    platform = new_platform().start()
    logs = platform.client("logs")
    logs.create_log_group(logGroupName="kept")
    logs.create_log_stream(logGroupName="kept", logStreamName="s")
    now = int(time.time() * 1000)
    logs.put_log_events(logGroupName="kept", logStreamName="s",
                        logEvents=[{"timestamp": now, "message": "first"}])
    platform.kill()
    platform.start()
    logs = platform.client("logs")
    logs.put_log_events(logGroupName="kept", logStreamName="s",
                        logEvents=[{"timestamp": now - 5, "message": "before"}])
    events = logs.get_log_events(logGroupName="kept", logStreamName="s",
                                 startFromHead=True)["events"]
    assert [event["message"] for event in events] == ["before", "first"]
