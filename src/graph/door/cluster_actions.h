#pragma once

#include <functional>
#include <string>

#include "wire/action.h"

namespace gyre::graph::door {

/// What Neptune's management API tells of this server: a cluster "gyre" of one instance.
struct ClusterFacts {
    std::string region, account;
    std::string address;     ///< HOST:PORT of the graph; empty until it listens
    std::string replica_of;  ///< the original that "g" follows; empty: it takes writes
    bool must_sign = false;  ///< some clients at least
};

/// boto3's `neptune`: DescribeDBClusters, DescribeDBInstances and DescribeDBClusterEndpoints, by
/// which clients find the graph, and ListTagsForResource. `facts` is asked at each call.
void AddClusterActions(wire::ActionTable& actions, std::function<ClusterFacts()> facts);

}  // namespace gyre::graph::door
