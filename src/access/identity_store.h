#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/gate.h"
#include "access/identity.h"
#include "access/policy.h"
#include "access/principal.h"
#include "access/resource_policies.h"
#include "core/clock.h"
#include "core/result.h"
#include "db/database.h"

namespace gyre::access {

struct IdentityOptions {
    std::string account = "000000000000";
    std::string region = "us-east-1";
    std::string root_access_key_id;
    std::string root_secret;  ///< never stored, never logged
};

/// The users, roles, keys and sessions of one account: durable in the database, and whole in memory
/// with their policies parsed, so that Find and Authorise never wait for a disk. A change holds for
/// the next request once its call has returned. Thread-safe.
///
/// Errors of all changes are in IAM's words: NoSuchEntity, EntityAlreadyExists, DeleteConflict,
/// LimitExceeded, MalformedPolicyDocument; and those of the database.
class IdentityStore final : public CredentialSource, public Authoriser {
  public:
    [[nodiscard]] static core::Result<std::unique_ptr<IdentityStore>> Open(db::Database& database,
                                                                           const core::Clock& clock,
                                                                           IdentityOptions options);
    ~IdentityStore() override;

    /// From now on `policies` is asked about the resources of that service ("s3"). Before the first
    /// request; `policies` outlives it.
    void SetResourcePolicies(std::string service, const ResourcePolicies& policies);

    [[nodiscard]] core::Result<Credential> Find(const std::string& access_key_id) const override;
    [[nodiscard]] Decision Authorise(const Credential& credential, const std::string& action,
                                     const std::string& resource,
                                     ConditionContext context) const override;
    [[nodiscard]] const std::string& Account() const { return options_.account; }
    [[nodiscard]] std::string RootArn() const;

    /// Gives `principal` its id, ARN and time; its policies are parsed first.
    [[nodiscard]] core::Result<Principal> Create(Principal principal);
    [[nodiscard]] core::Result<Principal> Get(PrincipalKind kind, std::string_view name) const;
    /// kNotFound as well for the ARN of something else.
    [[nodiscard]] core::Result<Principal> GetByArn(std::string_view arn) const;
    /// By name, those whose path begins with `path_prefix`.
    [[nodiscard]] std::vector<Principal> List(PrincipalKind kind,
                                              std::string_view path_prefix) const;
    /// Errors: DeleteConflict while it has policies or keys.
    [[nodiscard]] core::Status Delete(PrincipalKind kind, std::string_view name);
    [[nodiscard]] core::Status SetTrustPolicy(std::string_view role, std::string document);
    [[nodiscard]] core::Status PutPolicy(PrincipalKind kind, std::string_view owner,
                                         std::string policy, std::string document);
    [[nodiscard]] core::Status DeletePolicy(PrincipalKind kind, std::string_view owner,
                                            std::string_view policy);

    [[nodiscard]] core::Result<AccessKey> CreateKey(std::string_view user);
    /// Oldest first.
    [[nodiscard]] core::Result<std::vector<AccessKey>> ListKeys(std::string_view user) const;
    [[nodiscard]] core::Status SetKeyActive(std::string_view user, std::string_view key,
                                            bool active);
    [[nodiscard]] core::Status DeleteKey(std::string_view user, std::string_view key);

    /// May `caller` take on the role: its trust policy, and where that names the whole account
    /// only, the caller's own policies. `context` as of Authorise.
    [[nodiscard]] Decision MayAssume(const Credential& caller, const Principal& role,
                                     ConditionContext context) const;
    /// Asks nobody: for callers who were let through, and for services that run a user's work as
    /// its role. The session survives a restart and ends by itself.
    [[nodiscard]] core::Result<Session> StartSession(const Principal& role, std::string name,
                                                     std::string policy, core::seconds duration);

    /// What the principal's policies and `further` ones say of a request that nobody made.
    [[nodiscard]] Decision Simulate(const Principal& principal, std::span<const Policy> further,
                                    const std::string& action, const std::string& resource,
                                    ConditionContext context) const;

  private:
    struct Live;
    struct State;
    struct Writer {};
    using LivePointer = std::shared_ptr<const Live>;

    IdentityStore(db::Database& database, const core::Clock& clock, IdentityOptions options);
    [[nodiscard]] core::Status Load();
    [[nodiscard]] core::Result<LivePointer> FindLive(PrincipalKind kind,
                                                     std::string_view name) const;
    [[nodiscard]] core::Status Replace(Principal changed);
    [[nodiscard]] bool IsRoot(const Credential& credential) const;
    [[nodiscard]] const ResourcePolicies* ResourcesOf(std::string_view arn) const;
    [[nodiscard]] core::Result<AccessKey> FindKey(std::string_view user,
                                                  std::string_view key) const;

    db::Database& database_;
    const core::Clock& clock_;
    const IdentityOptions options_;
    std::map<std::string, const ResourcePolicies*, std::less<>> resources_;  ///< by service
    core::Guarded<Writer> writing_;  ///< changes come one at a time, database and memory together
    std::unique_ptr<core::Guarded<State>> state_;
};

}  // namespace gyre::access
