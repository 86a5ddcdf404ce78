#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "access/identity_store.h"
#include "core/guarded.h"

namespace gyre::access {

/// A principal with its policies parsed. Immutable: a change puts another in its place, so that
/// whoever judges by the old one may finish.
struct IdentityStore::Live {
    Principal principal;
    std::vector<Policy> policies;
    std::vector<const Policy*> pointers;  ///< to `policies`, as Evaluate wants them
    std::optional<Policy> trust;

    /// Errors: MalformedPolicyDocument.
    [[nodiscard]] static core::Result<LivePointer> Make(Principal principal);
    /// What is asked about a request of this principal; `arn` and `user_id` are the session's,
    /// where it is one.
    [[nodiscard]] AccessRequest RequestOf(const std::string& account, const std::string& arn,
                                          const std::string& user_id, const std::string& action,
                                          const std::string& resource,
                                          ConditionContext context) const;
};

struct IdentityStore::State {
    using Name = std::pair<PrincipalKind, std::string>;  ///< with NameKey of the name
    struct LiveSession {
        Session session;
        std::shared_ptr<const Policy> policy;  ///< null for none
    };

    std::map<Name, LivePointer> by_name;
    std::unordered_map<std::string, LivePointer> by_id;
    std::unordered_map<std::string, AccessKey> keys;
    std::unordered_map<std::string, LiveSession> sessions;

    void Put(LivePointer live);
};

namespace detail {

[[nodiscard]] core::Error NoSuchEntity(PrincipalKind kind, std::string_view name);
/// A session's own policy; null where there is none.
[[nodiscard]] core::Result<std::shared_ptr<const Policy>> ParseSessionPolicy(
    const std::string& document);
/// `prefix` and `count` random capital letters and digits.
[[nodiscard]] std::string RandomId(std::string_view prefix, size_t count);
/// 40 characters, as AWS's.
[[nodiscard]] std::string RandomSecret();

}  // namespace detail
}  // namespace gyre::access
