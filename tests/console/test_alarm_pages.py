"""Alarms, an update with both fleets side by side, and how an endpoint is scaled."""

import re
import time

from playwright.sync_api import expect

from support import models


def put_alarm(site, name: str, **more) -> None:
    site.client("cloudwatch").put_metric_alarm(
        AlarmName=name, Namespace="AWS/SageMaker", MetricName="Invocation5XXErrors", Statistic="Sum",
        Dimensions=[{"Name": "EndpointName", "Value": "colours"},
                    {"Name": "VariantName", "Value": "main"}],
        Period=60, EvaluationPeriods=1, Threshold=3, TreatMissingData="notBreaching",
        ComparisonOperator="GreaterThanThreshold", **more)


def test_alarms_are_listed_and_say_why(root):
    put_alarm(root.site, "page-errors", AlarmDescription="Too many errors.")
    page = root.open("alarms").page
    row = page.get_by_role("row", name="page-errors")
    expect(row).to_contain_text("Sum of Invocation5XXErrors > 3")
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", name="page-errors")).to_be_visible()
    expect(page.get_by_text("Too many errors.")).to_be_visible()
    expect(page.get_by_role("figure", name="Sum of Invocation5XXErrors")).to_be_visible()
    root.site.client("cloudwatch").set_alarm_state(
        AlarmName="page-errors", StateValue="ALARM", StateReason="a drill of the console's test")
    expect(page.get_by_role("region", name="State")).to_contain_text("a drill of the console's test")
    expect(page.locator(".badge").first).to_have_text("Alarm")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete the alarm").click()
    expect(page.get_by_role("heading", name="Alarms", exact=True)).to_be_visible()


def test_an_update_shows_both_fleets_and_its_alarms(root):
    site = root.site
    put_alarm(site, "page-rollout")
    for config in ("page-old", "page-new"):
        site.put_model(config, models.echo())
        site.put_config(config, {"model": config})
    sagemaker = site.client("sagemaker")
    sagemaker.create_endpoint(EndpointName="page-rollout", EndpointConfigName="page-old")
    site.wait("page-rollout")
    sagemaker.update_endpoint(
        EndpointName="page-rollout", EndpointConfigName="page-new", DeploymentConfig={
            "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {
                "Type": "CANARY", "WaitIntervalInSeconds": 600,
                "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50}}},
            "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "page-rollout"}]}})
    page = root.open("endpoints/page-rollout").page
    card = page.get_by_role("region", name="Update")
    expect(card).to_contain_text("50%")
    expect(card).to_contain_text("page-rollout")
    runtime = site.client("sagemaker-runtime")
    figure = card.get_by_role("figure", name="Answers a second by fleet")
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for _ in range(20):
            runtime.invoke_endpoint(EndpointName="page-rollout", Body=b"x")
        values = figure.locator(".legend-item b").all_inner_texts()
        if all(re.match(r"^[0-9.]*[1-9]", value) for value in values):
            break
    assert len(values) == 2 and all(re.match(r"^[0-9.]*[1-9]", value) for value in values), values
    sagemaker.delete_endpoint(EndpointName="page-rollout")


def test_a_scaled_endpoint_says_how(root):
    scaling = root.site.client("application-autoscaling")
    variant = {"ServiceNamespace": "sagemaker", "ResourceId": "endpoint/colours/variant/main",
               "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
    scaling.register_scalable_target(**variant, MinCapacity=1, MaxCapacity=3)
    scaling.put_scaling_policy(
        PolicyName="page", PolicyType="TargetTrackingScaling", **variant,
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 100_000, "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}})
    page = root.open("endpoints/colours").page
    card = page.get_by_role("region", name="Scaling")
    expect(card).to_contain_text("1 – 3")
    expect(card).to_contain_text("SageMakerVariantInvocationsPerInstance")
    scaling.deregister_scalable_target(**variant)
