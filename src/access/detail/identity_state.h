#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "access/identity_store.h"
#include "access/managed_policy.h"
#include "core/guarded.h"

namespace gyre::access {

/// A principal with its policies parsed. Immutable: a change puts another in its place, so that
/// whoever judges by the old one may finish.
struct IdentityStore::Live {
    using PolicyPointer = std::shared_ptr<const Policy>;

    Principal principal;
    std::vector<PolicyPointer> inline_policies;
    PolicyPointer trust;
    // What State::Link fills in: all that holds for it, its groups' and attached ones included.
    std::vector<PolicyPointer> held;
    std::vector<const Policy*> pointers;  ///< to `held`, as EvaluateAll wants them
    PolicyPointer boundary;
    bool asks_resource_tags = false;

    /// Parses the inline policies. Errors: MalformedPolicyDocument.
    [[nodiscard]] static core::Result<LivePointer> Make(Principal principal);
    /// What is asked about a request of this principal; `arn` and `user_id` are the session's,
    /// where it is one. `session_tags` win over its own.
    [[nodiscard]] AccessRequest RequestOf(const std::string& account, const std::string& arn,
                                          const std::string& user_id, const Session* session,
                                          const std::string& action, const std::string& resource,
                                          ConditionContext context) const;
    [[nodiscard]] PolicySet Set() const;
};

struct IdentityStore::State {
    using Name = std::pair<PrincipalKind, std::string>;  ///< with NameKey of the name
    struct LiveSession {
        Session session;
        std::vector<std::shared_ptr<const Policy>> policies;
        std::vector<const Policy*> pointers;
        bool narrowed = false;  ///< by its own policies, of which some may be gone
    };

    std::map<Name, LivePointer> by_name;
    std::unordered_map<std::string, LivePointer> by_id;
    std::map<std::string, std::shared_ptr<const LivePolicy>, std::less<>> managed;  ///< by ARN
    std::unordered_map<std::string, AccessKey> keys;
    std::unordered_map<std::string, std::shared_ptr<const LiveSession>> sessions;

    /// Links it and puts it in; where it is a group, links its users anew.
    void Put(const LivePointer& live);
    void Remove(const Principal& principal);
    /// After a change of what policies say.
    void LinkAll();
    [[nodiscard]] LivePointer Link(const Live& live) const;
    /// Errors: MalformedPolicyDocument.
    [[nodiscard]] core::Result<std::shared_ptr<const LiveSession>> MakeSession(
        Session session) const;
    [[nodiscard]] std::shared_ptr<const Policy> FindPolicy(std::string_view arn) const;

  private:
    void PutLinked(LivePointer live);
};

namespace detail {

[[nodiscard]] core::Error NoSuchEntity(PrincipalKind kind, std::string_view name);
[[nodiscard]] core::Error NoSuchPolicy(std::string_view arn);
/// IAM's errors have names of their own.
[[nodiscard]] core::Error IamError(core::Code code, const char* name, int status,
                                   std::string message);
[[nodiscard]] const char* KindWord(PrincipalKind kind);  ///< "User"
[[nodiscard]] std::string PrincipalArn(const std::string& account, const Principal& principal);
/// What quotas count: no white space.
[[nodiscard]] size_t PolicySize(std::string_view document);
/// A session's own policy; null where there is none.
[[nodiscard]] core::Result<std::shared_ptr<const Policy>> ParseSessionPolicy(
    const std::string& document);
/// `prefix` and `count` random capital letters and digits.
[[nodiscard]] std::string RandomId(std::string_view prefix, size_t count);
/// 40 characters, as AWS's.
[[nodiscard]] std::string RandomSecret();

}  // namespace detail
}  // namespace gyre::access
