#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "access/gate.h"
#include "access/identity.h"
#include "access/managed_policy.h"
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

/// The users, groups, roles, managed policies, keys and sessions of one account: durable in the
/// database, and whole in memory with their policies parsed, so that Find and Authorise never wait
/// for a disk. A change holds for the next request once its call has returned; for those to another
/// server over the same database a moment later. Thread-safe.
///
/// Errors of all changes are in IAM's words: NoSuchEntity, EntityAlreadyExists, DeleteConflict,
/// LimitExceeded, MalformedPolicyDocument, ConcurrentModification (by another server); and those of
/// the database.
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
    [[nodiscard]] bool MayWait(const Credential& credential) const override;
    [[nodiscard]] const std::string& Account() const { return options_.account; }
    [[nodiscard]] std::string RootArn() const;

    /// When the key or role was used is noted, and kept from minute to minute.
    void NoteUse(const Credential& credential, std::string_view service,
                 std::string_view region) const override;

    /// Gives `principal` its id, ARN and time; its policies are parsed first.
    [[nodiscard]] core::Result<Principal> Create(Principal principal);
    [[nodiscard]] core::Result<Principal> Get(PrincipalKind kind, std::string_view name) const;
    /// kNotFound as well for the ARN of something else.
    [[nodiscard]] core::Result<Principal> GetByArn(std::string_view arn) const;
    /// By name, those whose path begins with `path_prefix`.
    [[nodiscard]] std::vector<Principal> List(PrincipalKind kind,
                                              std::string_view path_prefix) const;
    /// Errors: DeleteConflict while it has policies or keys, is in a group or has users in it.
    [[nodiscard]] core::Status Delete(PrincipalKind kind, std::string_view name);
    /// Of a user or group; a policy that names the old ARN does not follow.
    [[nodiscard]] core::Status Rename(PrincipalKind kind, std::string_view name,
                                      std::string new_name, std::string new_path);
    [[nodiscard]] core::Status SetTrustPolicy(std::string_view role, std::string document);
    [[nodiscard]] core::Status UpdateRole(std::string_view role,
                                          std::optional<std::string> description,
                                          std::optional<core::seconds> max_session);
    [[nodiscard]] core::Status PutPolicy(PrincipalKind kind, std::string_view owner,
                                         std::string policy, std::string document);
    [[nodiscard]] core::Status DeletePolicy(PrincipalKind kind, std::string_view owner,
                                            std::string_view policy);
    /// Adds or changes the given ones.
    [[nodiscard]] core::Status SetTags(PrincipalKind kind, std::string_view name, const Tags& tags);
    [[nodiscard]] core::Status RemoveTags(PrincipalKind kind, std::string_view name,
                                          const std::vector<std::string>& keys);

    [[nodiscard]] core::Status AddToGroup(std::string_view user, std::string_view group);
    [[nodiscard]] core::Status RemoveFromGroup(std::string_view user, std::string_view group);
    [[nodiscard]] core::Result<std::vector<Principal>> GroupsOf(std::string_view user) const;
    [[nodiscard]] core::Result<std::vector<Principal>> UsersIn(std::string_view group) const;

    /// Errors: NoSuchEntity for the policy; LimitExceeded for more than ten.
    [[nodiscard]] core::Status Attach(PrincipalKind kind, std::string_view owner,
                                      const std::string& policy_arn);
    [[nodiscard]] core::Status Detach(PrincipalKind kind, std::string_view owner,
                                      const std::string& policy_arn);
    /// "" takes the boundary off. Errors: NoSuchEntity for the policy, or where there was none.
    [[nodiscard]] core::Status SetBoundary(PrincipalKind kind, std::string_view owner,
                                           std::string policy_arn);

    /// Gives it its id, ARN and first version. Errors: EntityAlreadyExists.
    [[nodiscard]] core::Result<ManagedPolicy> CreateManaged(ManagedPolicy policy,
                                                            std::string document);
    /// AWS's own too.
    [[nodiscard]] core::Result<ManagedPolicy> GetManaged(std::string_view arn) const;
    /// By ARN.
    [[nodiscard]] std::vector<ManagedPolicy> ListManaged() const;
    /// Errors: DeleteConflict while it is attached or has other versions.
    [[nodiscard]] core::Status DeleteManaged(const std::string& arn);
    [[nodiscard]] core::Result<PolicyVersion> CreateVersion(const std::string& arn,
                                                            std::string document, bool as_default);
    [[nodiscard]] core::Status SetDefaultVersion(const std::string& arn, std::string version);
    [[nodiscard]] core::Status DeleteVersion(const std::string& arn, std::string_view version);
    [[nodiscard]] core::Status SetManagedTags(const std::string& arn, const Tags& set,
                                              const std::vector<std::string>& remove);
    /// Those that it is attached to, or (`as_boundary`) that it limits.
    [[nodiscard]] std::vector<Principal> HoldersOf(std::string_view arn, bool as_boundary) const;

    // Keys of a user, or of the root user by the name "". The key that the platform was opened with
    // is root's first, and is listed only: changing it is UnmodifiableEntity.
    [[nodiscard]] core::Result<AccessKey> CreateKey(std::string_view user);
    /// Oldest first.
    [[nodiscard]] core::Result<std::vector<AccessKey>> ListKeys(std::string_view user) const;
    [[nodiscard]] core::Status SetKeyActive(std::string_view user, std::string_view key,
                                            bool active);
    [[nodiscard]] core::Status DeleteKey(std::string_view user, std::string_view key);

    /// The owner's name; kNotFound for a key that is not there.
    [[nodiscard]] core::Result<std::string> UserOfKey(const std::string& key) const;
    /// Of a key, or of a role by its id.
    [[nodiscard]] std::optional<LastUse> LastUseOf(const std::string& subject) const;

    /// What AssumeRole asks for beyond the role.
    struct SessionWish {
        std::string name;
        std::string policy;
        std::vector<std::string> policy_arns;
        Tags tags;
        std::set<std::string> transitive;
        std::string source_identity;
        std::string external_id;
        core::seconds duration{3600};
    };
    /// May `caller` take on the role: its trust policy, and where that names the whole account
    /// only, the caller's own policies. Tags and a source identity have to be allowed as well.
    /// `facts` as of Authorise.
    [[nodiscard]] Decision MayAssume(const Credential& caller, const Principal& role,
                                     const SessionWish& wish, const ConditionContext& facts) const;
    /// Asks nobody: for callers who were let through, and for services that run a user's work as
    /// its role. The session survives a restart and ends by itself. `caller` is the session that a
    /// chain goes on from, whose transitive tags are handed on.
    [[nodiscard]] core::Result<Session> StartSession(const Principal& role, SessionWish wish,
                                                     const Credential* caller = nullptr);
    /// A user's own session (GetSessionToken). Errors: AccessDenied for a caller that is a session.
    [[nodiscard]] core::Result<Session> StartUserSession(const Credential& caller,
                                                         core::seconds duration);

    /// What holds for the principal, to ask about requests that nobody made. Lives on when the
    /// principal changes.
    struct Simulated {
        std::shared_ptr<const void> keeps;
        PolicySet policies;
        AccessRequest request;  ///< with the keys of the principal; action and resource are open
    };
    [[nodiscard]] core::Result<Simulated> Simulate(const Principal& principal,
                                                   ConditionContext context) const;

  private:
    struct Live;
    struct State;
    struct Uses;
    struct Writer {};
    using LivePointer = std::shared_ptr<const Live>;

    IdentityStore(db::Database& database, const core::Clock& clock, IdentityOptions options);
    /// Reads everything; with `writing_` held.
    [[nodiscard]] core::Status Load();
    [[nodiscard]] core::Status LoadSession(const std::string& access_key_id);
    void Listen();
    /// Reads what another server changed, before a change; with `writing_` held.
    [[nodiscard]] core::Status CatchUp();
    /// Runs `change` in a transaction, unless another server changed something meanwhile.
    [[nodiscard]] core::Status Commit(const std::function<core::Status(db::Transaction&)>& change);
    [[nodiscard]] core::Status CommitSession(const Session& session, core::WallTime forget_before);
    [[nodiscard]] core::Result<LivePointer> FindLive(PrincipalKind kind,
                                                     std::string_view name) const;
    [[nodiscard]] core::Status Replace(Principal changed);
    /// Reads, changes and replaces it, as one.
    [[nodiscard]] core::Status Change(PrincipalKind kind, std::string_view name,
                                      const std::function<core::Status(Principal&)>& change);
    [[nodiscard]] core::Status ChangeManaged(
        const std::string& arn, const std::function<core::Status(ManagedPolicy&)>& change);
    [[nodiscard]] bool IsRoot(const Credential& credential) const;
    [[nodiscard]] const ResourcePolicies* ResourcesOf(std::string_view arn) const;
    /// One that may be changed.
    [[nodiscard]] core::Result<AccessKey> FindKey(std::string_view user,
                                                  std::string_view key) const;
    /// The user's name as its keys have it. Errors: NoSuchEntity.
    [[nodiscard]] core::Result<std::string> KeyOwner(std::string_view user) const;
    [[nodiscard]] core::Result<Session> Begin(Session session, core::seconds duration);
    void AddResourceTags(const std::string& resource, ConditionContext& context) const;
    void WriteUses();

    db::Database& database_;
    const core::Clock& clock_;
    const IdentityOptions options_;
    std::map<std::string, const ResourcePolicies*, std::less<>> resources_;  ///< by service
    core::Guarded<Writer> writing_;  ///< changes come one at a time, database and memory together
    std::unique_ptr<core::Guarded<State>> state_;
    std::unique_ptr<Uses> uses_;
    std::atomic<int64_t> revision_{-1};  ///< of what was read; changed with `writing_` held
    std::shared_ptr<void> listening_;
};

}  // namespace gyre::access
