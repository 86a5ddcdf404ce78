"""Alarms that nobody asks about: they are judged all the same, and tell their topics."""

import json

from support.processes import wait_until


def test_a_topic_hears_of_an_alarm_that_nobody_looks_at(new_platform):
    gyre = new_platform("[metrics]\nperiod_s = 1\n").start()
    cloudwatch, logs = gyre.client("cloudwatch"), gyre.client("logs")
    cloudwatch.put_metric_alarm(
        AlarmName="silent", Namespace="App", MetricName="Temperature", Statistic="Maximum",
        Period=10, EvaluationPeriods=1, Threshold=40, TreatMissingData="notBreaching",
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=["arn:aws:sns:us-east-1:000000000000:firefighters"])

    def told():
        # Again and again, for a whole period of the alarm must have it.
        cloudwatch.put_metric_data(Namespace="App", MetricData=[
            {"MetricName": "Temperature", "Value": 50, "StorageResolution": 1}])
        try:
            return logs.get_log_events(logGroupName="/gyre/topics/firefighters",
                                       logStreamName="messages")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return None

    [event] = wait_until(told, 120)
    message = json.loads(event["message"])
    assert message["NewStateValue"] == "ALARM" and message["AlarmName"] == "silent"
