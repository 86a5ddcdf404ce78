#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/policy.h"
#include "access/principal.h"
#include "core/clock.h"

namespace gyre::access {

struct PolicyVersion {
    std::string id;  ///< "v3"
    std::string document;
    core::WallTime created{};
};

/// A policy of its own, which many users, groups and roles may be attached to.
struct ManagedPolicy {
    std::string name;
    std::string path = "/";
    std::string id;   ///< "ANPA…"
    std::string arn;  ///< arn:aws:iam::ACCOUNT:policy/PATH/NAME; ACCOUNT is "aws" for AWS's own
    std::string description;
    bool by_aws = false;
    core::WallTime created{};
    core::WallTime updated{};
    Tags tags;
    std::vector<PolicyVersion> versions;  ///< oldest first; one at least
    std::string default_version = "v1";
    int next_version = 2;

    /// Null when there is none of that id.
    [[nodiscard]] const PolicyVersion* Find(std::string_view version) const;
    [[nodiscard]] const PolicyVersion& Default() const;
};

/// A managed policy with its default version parsed; immutable.
struct LivePolicy {
    ManagedPolicy managed;
    std::shared_ptr<const Policy> parsed;

    /// Errors: MalformedPolicyDocument.
    [[nodiscard]] static core::Result<std::shared_ptr<const LivePolicy>> Make(
        ManagedPolicy managed);
};

/// AWS's own policies that scripts attach (AdministratorAccess, AmazonSageMakerFullAccess…), with
/// AWS's documents (aws_managed_policies.json), by rising ARN.
[[nodiscard]] std::span<const std::shared_ptr<const LivePolicy>> AwsManagedPolicies();

}  // namespace gyre::access
