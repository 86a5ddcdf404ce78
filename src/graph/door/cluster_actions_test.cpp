#include "graph/door/cluster_actions.h"

#include <doctest/doctest.h>

#include "core/json.h"

using namespace gyre;
using namespace gyre::graph;

namespace {

/// An answer's text, or the error's name.
std::string Ask(const door::ClusterFacts& facts, const std::string& operation,
                const std::string& input, const std::string& part = "") {
    wire::ActionTable actions;
    door::AddClusterActions(actions, [&] { return facts; });
    const auto answer = actions.Find("neptune", operation)->document({}, *core::ParseJson(input));
    if (!answer) return answer.error().wire_name;
    const core::Json& list = answer->get_object().begin()->value();
    if (part.empty()) return core::JsonText(list);
    return core::JsonText(list.get_array().at(0).get_object().at(part));
}

}  // namespace

TEST_CASE("a server is described as a cluster of one instance") {
    const door::ClusterFacts facts{.region = "eu-north-1",
                                   .account = "123456789012",
                                   .address = "[::1]:8182",
                                   .replica_of = {},
                                   .must_sign = true};
    const auto cluster = [&](const char* part) {
        return Ask(facts, "DescribeDBClusters", "{}", part);
    };
    CHECK(cluster("Endpoint") == "\"::1\"");
    CHECK(cluster("ReaderEndpoint") == "\"::1\"");
    CHECK(cluster("Port") == "8182");
    CHECK(cluster("DBClusterArn") == "\"arn:aws:rds:eu-north-1:123456789012:cluster:gyre\"");
    CHECK(cluster("IAMDatabaseAuthenticationEnabled") == "true");
    CHECK(cluster("DBClusterMembers") ==
          R"([{"DBInstanceIdentifier":"gyre","IsClusterWriter":true}])");
    CHECK(Ask(facts, "DescribeDBInstances", "{}", "Endpoint") ==
          R"({"Address":"::1","Port":8182})");
    door::ClusterFacts everywhere = facts;
    everywhere.address = "0.0.0.0:9000";
    CHECK(Ask(everywhere, "DescribeDBClusters", "{}", "Endpoint") != "\"0.0.0.0\"");
    CHECK(Ask(everywhere, "DescribeDBClusters", "{}", "Port") == "9000");
    everywhere.address = "";
    CHECK(Ask(everywhere, "DescribeDBClusters", "{}").empty());
}

TEST_CASE("a replica's cluster has no writer here") {
    const door::ClusterFacts facts{.region = "eu-north-1",
                                   .account = "123456789012",
                                   .address = "127.0.0.1:8182",
                                   .replica_of = "http://other:8182"};
    CHECK(Ask(facts, "DescribeDBClusters", "{}").find("\"Endpoint\"") == std::string::npos);
    CHECK(Ask(facts, "DescribeDBClusters", "{}", "DBClusterMembers") ==
          R"([{"DBInstanceIdentifier":"gyre","IsClusterWriter":false}])");
    CHECK(Ask(facts, "DescribeDBClusters", "{}", "ReplicationSourceIdentifier") ==
          "\"http://other:8182\"");
    CHECK(Ask(facts, "DescribeDBClusterEndpoints", "{}").find("WRITER") == std::string::npos);
}

TEST_CASE("clusters are found by name, by ARN and by filters") {
    const door::ClusterFacts facts{.region = "us-east-1",
                                   .account = "000000000000",
                                   .address = "127.0.0.1:8182",
                                   .replica_of = {}};
    const auto found = [&](const std::string& operation, const std::string& input) {
        const std::string text = Ask(facts, operation, input);
        return text.starts_with("[{") ? "yes" : text;
    };
    const std::string arn = "arn:aws:rds:us-east-1:000000000000:";
    CHECK(found("DescribeDBClusters", R"({"DBClusterIdentifier":"Gyre"})") == "yes");
    CHECK(found("DescribeDBClusters", R"({"DBClusterIdentifier":")" + arn + R"(cluster:gyre"})") ==
          "yes");
    CHECK(found("DescribeDBClusters", R"({"DBClusterIdentifier":"other"})") ==
          "DBClusterNotFoundFault");
    CHECK(found("DescribeDBInstances", R"({"DBInstanceIdentifier":"other"})") ==
          "DBInstanceNotFound");
    CHECK(found("DescribeDBClusterEndpoints", R"({"DBClusterIdentifier":"other"})") ==
          "DBClusterNotFoundFault");
    const auto tags = [&](const std::string& name) {
        return Ask(facts, "ListTagsForResource", R"({"ResourceName":")" + name + R"("})");
    };
    CHECK(tags(arn + "cluster:gyre") == "[]");
    CHECK(tags(arn + "db:gyre") == "[]");
    CHECK(tags(arn + "db:other") == "DBInstanceNotFound");
    CHECK(tags(arn + "cluster:other") == "DBClusterNotFoundFault");
    const auto by = [&](const std::string& operation, const std::string& name,
                        const std::string& values) {
        return found(operation,
                     R"({"Filters":[{"Name":")" + name + R"(","Values":)" + values + "}]}");
    };
    CHECK(by("DescribeDBClusters", "engine", R"(["mysql","neptune"])") == "yes");
    CHECK(by("DescribeDBClusters", "engine", R"(["mysql"])") == "[]");
    CHECK(by("DescribeDBInstances", "db-cluster-id", "[\"" + arn + "cluster:gyre\"]") == "yes");
    CHECK(by("DescribeDBInstances", "db-cluster-id", "[\"" + arn + "db:gyre\"]") == "[]");
    CHECK(by("DescribeDBClusters", "colour", R"(["red"])") == "InvalidParameterValue");
    CHECK(by("DescribeDBClusterEndpoints", "db-cluster-endpoint-type", R"(["reader"])") == "yes");
    CHECK(by("DescribeDBClusterEndpoints", "db-cluster-endpoint-type", R"(["custom"])") == "[]");
    CHECK(by("DescribeDBClusterEndpoints", "db-cluster-endpoint-id", R"(["mine"])") == "[]");
}
