"""boto3's `neptune`: how clients that know a cluster's name find its address."""

import json
import urllib.request

import botocore.exceptions
import pytest
from support.platform import Platform


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    platform = Platform(tmp_path_factory.mktemp("cluster")).start()
    yield platform
    assert platform.stop() == 0, platform.log()[-4000:]


def test_a_cluster_leads_to_the_graph(server):
    neptune = server.client("neptune")
    [cluster] = neptune.describe_db_clusters(DBClusterIdentifier="gyre")["DBClusters"]
    assert cluster["Engine"] == "neptune" and cluster["Status"] == "available"
    assert cluster["ReaderEndpoint"] == cluster["Endpoint"] and cluster["VpcSecurityGroups"] == []
    assert cluster["IAMDatabaseAuthenticationEnabled"] is True  # of clients elsewhere
    [member] = cluster["DBClusterMembers"]
    assert member["IsClusterWriter"] is True
    neptune.get_waiter("db_instance_available").wait(DBInstanceIdentifier=member["DBInstanceIdentifier"])
    [instance] = neptune.describe_db_instances(
        Filters=[{"Name": "db-cluster-id", "Values": [cluster["DBClusterArn"]]}])["DBInstances"]
    assert instance["Endpoint"] == {"Address": cluster["Endpoint"], "Port": cluster["Port"]}
    status = f"http://{cluster['Endpoint']}:{cluster['Port']}/status"
    with urllib.request.urlopen(status, timeout=30) as answer:
        engine = json.load(answer)
    assert engine["status"] == "healthy" and engine["dbEngineVersion"].startswith(cluster["EngineVersion"])
    endpoints = neptune.describe_db_cluster_endpoints(DBClusterIdentifier="gyre")["DBClusterEndpoints"]
    assert [one["EndpointType"] for one in endpoints] == ["WRITER", "READER"]
    assert neptune.list_tags_for_resource(ResourceName=cluster["DBClusterArn"])["TagList"] == []


def test_other_clusters_are_not_found(server):
    neptune = server.client("neptune")
    with pytest.raises(neptune.exceptions.DBClusterNotFoundFault):
        neptune.describe_db_clusters(DBClusterIdentifier="other")
    with pytest.raises(neptune.exceptions.DBInstanceNotFoundFault):
        neptune.describe_db_instances(DBInstanceIdentifier="other")
    assert neptune.describe_db_clusters(Filters=[{"Name": "engine", "Values": ["mysql"]}])["DBClusters"] == []
    assert [page["DBClusters"] for page in neptune.get_paginator("describe_db_clusters").paginate()]
    with pytest.raises(botocore.exceptions.ClientError, match="not implemented"):
        neptune.create_db_cluster(DBClusterIdentifier="more", Engine="neptune")


def test_policies_name_rds_actions(server):
    iam = server.client("iam")
    iam.create_user(UserName="finder")
    key = iam.create_access_key(UserName="finder")["AccessKey"]
    finder = server.client("neptune", keys={"aws_access_key_id": key["AccessKeyId"],
                                            "aws_secret_access_key": key["SecretAccessKey"]})
    with pytest.raises(botocore.exceptions.ClientError, match="rds:DescribeDBClusters"):
        finder.describe_db_clusters()
    iam.attach_user_policy(UserName="finder", PolicyArn="arn:aws:iam::aws:policy/NeptuneReadOnlyAccess")
    assert len(finder.describe_db_clusters()["DBClusters"]) == 1
