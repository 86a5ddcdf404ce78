#include "access/managed_policy.h"

#include <algorithm>
#include <utility>

#include "access/detail/aws_managed_policies.h"
#include "access/detail/operand.h"
#include "core/digest.h"
#include "core/json.h"

namespace gyre::access {
namespace {

using Policies = std::vector<std::shared_ptr<const LivePolicy>>;

ManagedPolicy ReadOne(const core::Json& json) {
    ManagedPolicy policy;
    policy.name = core::JsonString(json, "Name").value();
    policy.path = core::JsonString(json, "Path").value();
    policy.arn = "arn:aws:iam::aws:policy" + policy.path + policy.name;
    policy.by_aws = true;
    policy.default_version = core::JsonString(json, "Version").value();
    policy.created = detail::ReadDate(core::JsonString(json, "Date").value()).value();
    policy.updated = policy.created;
    policy.versions.push_back({policy.default_version,
                               core::JsonPretty(*core::JsonFind(json, "Document")),
                               policy.created});
    // AWS's own ids are not known here; these are as stable.
    std::string hex = core::HexEncode(core::Sha256(policy.arn)).substr(0, 17);
    std::transform(hex.begin(), hex.end(), hex.begin(),
                   [](char c) { return static_cast<char>(c >= 'a' ? c - 'a' + 'A' : c); });
    policy.id = "ANPA" + hex;
    return policy;
}

Policies ReadAll() {
    const auto list = core::ParseJson(detail::kAwsManagedPolicies);
    GYRE_CHECK(list && list->is_array());
    Policies policies;
    for (const core::Json& json : list->as_array()) {
        auto live = LivePolicy::Make(ReadOne(json));
        GYRE_CHECK(live.has_value());
        policies.push_back(std::move(*live));
    }
    return policies;
}

}  // namespace

const PolicyVersion* ManagedPolicy::Find(std::string_view version) const {
    const auto found = std::find_if(versions.begin(), versions.end(),
                                    [&](const PolicyVersion& v) { return v.id == version; });
    return found == versions.end() ? nullptr : &*found;
}

const PolicyVersion& ManagedPolicy::Default() const {
    const PolicyVersion* found = Find(default_version);
    GYRE_CHECK(found != nullptr);
    return *found;
}

core::Result<std::shared_ptr<const LivePolicy>> LivePolicy::Make(ManagedPolicy managed) {
    GYRE_ASSIGN(auto parsed,
                Policy::Parse(managed.name, managed.Default().document, PolicyKind::kIdentity));
    parsed.source = managed.by_aws ? PolicySource::kAwsManaged : PolicySource::kUserManaged;
    auto live = std::make_shared<LivePolicy>();
    live->managed = std::move(managed);
    live->parsed = std::make_shared<const Policy>(std::move(parsed));
    return live;
}

std::span<const std::shared_ptr<const LivePolicy>> AwsManagedPolicies() {
    static const Policies kPolicies = ReadAll();
    return kPolicies;
}

}  // namespace gyre::access
