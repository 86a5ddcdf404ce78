"""Events of objects, told to the topics, queues and the bus that a bucket's configuration names."""

import json

ACCOUNT = "000000000000"


def messages(gyre, group):
    events = gyre.client("logs").get_log_events(logGroupName=group, logStreamName="messages", startFromHead=True)
    return [json.loads(event["message"]) for event in events["events"]]


def test_a_topic_and_a_queue_hear_of_objects(gyre):
    s3 = gyre.client("s3")
    s3.create_bucket(Bucket="test-events")
    s3.put_bucket_notification_configuration(Bucket="test-events", NotificationConfiguration={
        "TopicConfigurations": [{"Id": "made", "TopicArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:made",
                                 "Events": ["s3:ObjectCreated:*"],
                                 "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}}}],
        "QueueConfigurations": [{"Id": "gone", "QueueArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:gone",
                                 "Events": ["s3:ObjectRemoved:*"]}],
        "EventBridgeConfiguration": {}})
    put = s3.put_object(Bucket="test-events", Key="in/a b.txt", Body=b"hello")
    s3.put_object(Bucket="test-events", Key="elsewhere", Body=b"x")
    s3.copy_object(Bucket="test-events", Key="in/copy", CopySource="test-events/elsewhere")
    s3.delete_object(Bucket="test-events", Key="in/copy")

    # The event was told before the request was answered: nothing is to be waited for.
    first, second = [message["Records"][0] for message in messages(gyre, "/gyre/topics/made")]
    assert first["eventSource"] == "aws:s3" and first["eventName"] == "ObjectCreated:Put"
    assert first["s3"]["configurationId"] == "made" and first["s3"]["bucket"]["name"] == "test-events"
    assert first["s3"]["object"]["key"] == "in/a+b.txt" and first["s3"]["object"]["size"] == 5
    assert f'"{first["s3"]["object"]["eTag"]}"' == put["ETag"]
    assert first["userIdentity"]["principalId"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert first["requestParameters"]["sourceIPAddress"] == "127.0.0.1"
    assert second["eventName"] == "ObjectCreated:Copy"
    [gone] = [message["Records"][0] for message in messages(gyre, "/gyre/queues/gone")]
    assert gone["eventName"] == "ObjectRemoved:Delete" and gone["s3"]["object"]["key"] == "in/copy"
    assert (first["s3"]["object"]["sequencer"] < second["s3"]["object"]["sequencer"]
            < gone["s3"]["object"]["sequencer"])
    bus = [message for message in messages(gyre, "/gyre/buses/default")
           if message["detail"]["bucket"]["name"] == "test-events"]
    assert [message["detail-type"] for message in bus] == ["Object Created"] * 3 + ["Object Deleted"]
    assert bus[0]["detail"]["object"]["key"] == "in/a b.txt"
