#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/policy.h"

namespace gyre::access {

/// The policies that resources carry themselves: a bucket's. Implemented by the room that keeps
/// the resource (`objects`), asked by the gate. Thread-safe, and fast enough for an io thread:
/// policies are parsed when they are put.
class ResourcePolicies {
  public:
    virtual ~ResourcePolicies() = default;
    /// The policy of the resource that the ARN names or lies in ("arn:aws:s3:::bucket/key" lies in
    /// "bucket"); null where it has none. The resource belongs to the platform's own account.
    [[nodiscard]] virtual std::shared_ptr<const Policy> PolicyOf(
        std::string_view resource_arn) const = 0;
    /// What the access control list of the resource, or of what it lies in, allows others than the
    /// owner; null where that is nothing. Asked where no policy decides, so it may ask a database:
    /// such resources' actions are not on an io thread.
    [[nodiscard]] virtual std::shared_ptr<const Policy> AclOf(const AccessRequest& request) const {
        static_cast<void>(request);
        return nullptr;
    }
    /// Its tags, for aws:ResourceTag/KEY; asked only where a policy asks for them.
    [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>> TagsOf(
        std::string_view resource_arn) const {
        static_cast<void>(resource_arn);
        return {};
    }
};

}  // namespace gyre::access
