#include "graph/door/cluster_actions.h"

#include <algorithm>
#include <charconv>

#include <unistd.h>

#include "core/arn.h"
#include "core/ascii.h"
#include "core/json.h"
#include "graph/door/status_pages.h"

namespace gyre::graph::door {
namespace {

using core::Code;
using core::Json;
using core::JsonArray;
using core::JsonObject;

constexpr std::string_view kClusterName = "gyre";
constexpr std::string_view kEngine = "neptune";
constexpr std::string_view kAvailable = "available";

std::string ArnOf(const std::string& region, const std::string& account,
                  const std::string& resource) {
    return core::Arn{.service = "rds", .region = region, .account = account, .resource = resource}
        .ToString();
}

struct ClusterAddress {
    std::string host;
    int64_t port = 0;
};
/// Where clients find what listens at "HOST:PORT".
ClusterAddress AddressOf(const std::string& listens) {
    const size_t colon = listens.rfind(':');
    ClusterAddress address{listens.substr(0, colon)};
    std::from_chars(listens.data() + colon + 1, listens.data() + listens.size(), address.port);
    if (address.host.starts_with('[')) {
        address.host = address.host.substr(1, address.host.size() - 2);
    }
    if (address.host == "0.0.0.0" || address.host == "::") {
        std::string name(256, '\0');
        if (gethostname(name.data(), name.size() - 1) == 0) address.host = name.c_str();
    }
    return address;
}

JsonObject Cluster(const ClusterFacts& facts) {
    const ClusterAddress address = AddressOf(facts.address);
    const bool reader = !facts.replica_of.empty();
    JsonObject cluster;
    cluster["DBClusterIdentifier"] = kClusterName;
    cluster["DbClusterResourceId"] = "cluster-" + std::string(kClusterName);
    cluster["DBClusterArn"] =
        ArnOf(facts.region, facts.account, "cluster:" + std::string(kClusterName));
    cluster["Engine"] = kEngine;
    cluster["EngineVersion"] = kEngineVersion;
    cluster["Status"] = kAvailable;
    if (reader)
        cluster["ReplicationSourceIdentifier"] = facts.replica_of;
    else
        cluster["Endpoint"] = address.host;
    cluster["ReaderEndpoint"] = address.host;
    cluster["Port"] = address.port;
    cluster["MultiAZ"] = false;
    cluster["StorageEncrypted"] = false;
    cluster["IAMDatabaseAuthenticationEnabled"] = facts.must_sign;
    cluster["DeletionProtection"] = false;
    cluster["DBClusterMembers"] =
        JsonArray{JsonObject{{"DBInstanceIdentifier", kClusterName}, {"IsClusterWriter", !reader}}};
    for (const char* none : {"AvailabilityZones", "VpcSecurityGroups", "AssociatedRoles",
                             "ReadReplicaIdentifiers", "EnabledCloudwatchLogsExports"}) {
        cluster[none] = JsonArray();
    }
    return cluster;
}

JsonObject Instance(const ClusterFacts& facts) {
    const ClusterAddress address = AddressOf(facts.address);
    JsonObject instance;
    instance["DBInstanceIdentifier"] = kClusterName;
    instance["DbiResourceId"] = "db-" + std::string(kClusterName);
    instance["DBInstanceArn"] =
        ArnOf(facts.region, facts.account, "db:" + std::string(kClusterName));
    instance["DBClusterIdentifier"] = kClusterName;
    instance["DBInstanceClass"] = "db.serverless";  // the class that promises no machine
    instance["Engine"] = kEngine;
    instance["EngineVersion"] = kEngineVersion;
    instance["DBInstanceStatus"] = kAvailable;
    instance["Endpoint"] = JsonObject{{"Address", address.host}, {"Port", address.port}};
    instance["DbInstancePort"] = address.port;
    instance["MultiAZ"] = false;
    instance["PubliclyAccessible"] = false;
    instance["StorageEncrypted"] = false;
    instance["IAMDatabaseAuthenticationEnabled"] = facts.must_sign;
    instance["VpcSecurityGroups"] = JsonArray();
    instance["DBParameterGroups"] = JsonArray();
    return instance;
}

/// Of those that every cluster has; there are no custom ones.
JsonArray Endpoints(const ClusterFacts& facts) {
    const ClusterAddress address = AddressOf(facts.address);
    JsonArray endpoints;
    for (const char* type : {"WRITER", "READER"}) {
        if (*type == 'W' && !facts.replica_of.empty()) continue;
        endpoints.push_back(JsonObject{{"DBClusterIdentifier", kClusterName},
                                       {"Endpoint", address.host},
                                       {"Status", kAvailable},
                                       {"EndpointType", type}});
    }
    return endpoints;
}

/// Whether a name or an ARN, such as "arn:aws:rds:us-east-1:000000000000:cluster:gyre", means it.
bool Means(std::string_view text, std::string_view resource) {
    const size_t colon = text.rfind(':');
    if (text.starts_with("arn:") && !text.ends_with(resource)) return false;
    return core::AsciiLower(colon == std::string_view::npos ? text : text.substr(colon + 1)) ==
           kClusterName;
}

/// Whether `fits(name, value)` for some value of each filter. Errors: of an unknown filter.
template <typename Fits>
core::Result<bool> PassesFilters(const Json& input, std::initializer_list<const char*> known,
                                 Fits fits) {
    const Json* filters = core::JsonFind(input, "Filters");
    if (filters == nullptr) return true;
    for (const Json& filter : filters->get_array()) {
        const std::string name = core::JsonStringOr(filter, "Name");
        if (std::ranges::find(known, name) == known.end()) {
            return core::Fail(Code::kInvalidArgument, "InvalidParameterValue",
                              "Unrecognized filter name: " + name);
        }
        const auto& values = core::JsonFind(filter, "Values")->get_array();
        if (std::ranges::none_of(values, [&](const Json& value) {
                return fits(name, std::string_view(value.get_string()));
            })) {
            return false;
        }
    }
    return true;
}

core::Result<bool> OfThisCluster(const Json& input) {
    return PassesFilters(
        input, {"db-cluster-id", "engine"}, [](const std::string& name, std::string_view value) {
            return name == "engine" ? value == kEngine : Means(value, "cluster:gyre");
        });
}

core::Status CheckCluster(const Json& input) {
    const auto name = core::JsonString(input, "DBClusterIdentifier");
    if (!name || Means(*name, "cluster:gyre")) return {};
    return core::Fail(Code::kNotFound, "DBClusterNotFoundFault",
                      "DBCluster " + std::string(*name) + " not found.");
}

core::Result<Json> DescribeClusters(const ClusterFacts& facts, const Json& input) {
    GYRE_TRY(CheckCluster(input));
    GYRE_ASSIGN(const bool wanted, OfThisCluster(input));
    return JsonObject{{"DBClusters", wanted ? JsonArray{Cluster(facts)} : JsonArray()}};
}

core::Result<Json> DescribeInstances(const ClusterFacts& facts, const Json& input) {
    const auto name = core::JsonString(input, "DBInstanceIdentifier");
    if (name && !Means(*name, "db:gyre")) {
        return core::Fail(Code::kNotFound, "DBInstanceNotFound",
                          "DBInstance " + std::string(*name) + " not found.");
    }
    GYRE_ASSIGN(const bool wanted, OfThisCluster(input));
    return JsonObject{{"DBInstances", wanted ? JsonArray{Instance(facts)} : JsonArray()}};
}

core::Result<Json> DescribeEndpoints(const ClusterFacts& facts, const Json& input) {
    GYRE_TRY(CheckCluster(input));
    JsonArray endpoints;
    for (const Json& one : Endpoints(facts)) {
        const std::string type = core::AsciiLower(core::JsonStringOr(one, "EndpointType"));
        GYRE_ASSIGN(
            const bool wanted,
            PassesFilters(input,
                          {"db-cluster-endpoint-type", "db-cluster-endpoint-custom-type",
                           "db-cluster-endpoint-id", "db-cluster-endpoint-status"},
                          [&](const std::string& name, std::string_view value) {
                              return (name == "db-cluster-endpoint-type" &&
                                      core::AsciiLower(value) == type) ||
                                     (name == "db-cluster-endpoint-status" && value == kAvailable);
                          }));
        // Only custom ones have an identifier.
        if (wanted && !core::JsonString(input, "DBClusterEndpointIdentifier")) {
            endpoints.push_back(one);
        }
    }
    return JsonObject{{"DBClusterEndpoints", std::move(endpoints)}};
}

/// Who describes a cluster or an instance asks for its tags too; there are none.
core::Result<Json> ListTags(const ClusterFacts&, const Json& input) {
    const std::string arn = core::JsonStringOr(input, "ResourceName");
    if (Means(arn, "cluster:gyre") || Means(arn, "db:gyre")) {
        return JsonObject{{"TagList", JsonArray()}};
    }
    const bool instance = arn.find(":db:") != std::string::npos;
    return core::Fail(Code::kNotFound, instance ? "DBInstanceNotFound" : "DBClusterNotFoundFault",
                      arn + " not found.");
}

}  // namespace

void AddClusterActions(wire::ActionTable& actions, std::function<ClusterFacts()> facts) {
    const auto add = [&](const char* operation, const char* kind, const char* member,
                         auto handler) {
        wire::Action action;
        action.service = "neptune";
        action.operation = operation;
        action.permission = std::string("rds:") + operation;
        action.resource = [kind, member](const wire::CallContext& context, const Json& input) {
            std::string name = core::JsonStringOr(input, member);
            if (name.starts_with("arn:")) return name;
            return ArnOf(context.region, context.caller.account,
                         kind + std::string(":") + (name.empty() ? "*" : name));
        };
        action.document = [facts, handler](const wire::CallContext&,
                                           const Json& input) -> core::Result<Json> {
            const ClusterFacts now = facts();
            if (now.address.empty()) {
                return core::Fail(Code::kUnavailable, "the platform is starting");
            }
            return handler(now, input);
        };
        actions.Add(std::move(action));
    };
    add("DescribeDBClusters", "cluster", "DBClusterIdentifier", DescribeClusters);
    add("DescribeDBInstances", "db", "DBInstanceIdentifier", DescribeInstances);
    add("DescribeDBClusterEndpoints", "cluster", "DBClusterIdentifier", DescribeEndpoints);
    add("ListTagsForResource", "cluster", "ResourceName", ListTags);
}

}  // namespace gyre::graph::door
