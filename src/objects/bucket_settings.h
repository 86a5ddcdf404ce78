#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/resource_policies.h"
#include "core/guarded.h"
#include "core/json.h"
#include "core/result.h"
#include "objects/acl.h"
#include "objects/cors.h"
#include "objects/notification.h"
#include "objects/object_store.h"

namespace gyre::objects {

/// What can be set on a bucket, each a JSON document (docs/formats/object_store.md).
enum class SettingKind { kTags, kPolicy, kCors, kNotification, kPublicAccess, kAcl, kOwnership };

/// "tags", "policy", "cors", "notification", "public-access", "acl", "ownership": as rows name
/// them.
[[nodiscard]] std::string_view SettingName(SettingKind kind);

/// PutPublicAccessBlock's four switches.
struct PublicAccessBlock {
    bool block_acls = false;
    bool ignore_acls = false;
    bool block_policy = false;      ///< refuse policies that everyone may use
    bool restrict_buckets = false;  ///< let nobody from outside use such a policy

    [[nodiscard]] static PublicAccessBlock Of(const core::Json& document);
};

/// A bucket's policy as the service judges it. Errors: MalformedPolicy.
[[nodiscard]] core::Result<access::Policy> ParseBucketPolicy(const std::string& bucket,
                                                             std::string_view document);
/// Whether a policy that is put on a bucket is about that bucket, and about S3 only. Errors:
/// MalformedPolicy.
[[nodiscard]] core::Status CheckBucketPolicy(const std::string& bucket, std::string_view document);
/// True where a statement allows something to everyone, wherever they come from.
[[nodiscard]] bool IsPublicPolicy(std::string_view document);

/// What requests need of the buckets' settings without asking the database: policies and CORS
/// rules, parsed. Thread-safe.
class BucketSettings final : public access::ResourcePolicies {
  public:
    using Documents = std::map<std::string, std::string, std::less<>>;  ///< by SettingName

    /// Takes what the database says of a bucket; empty for none.
    void Set(const std::string& bucket, const Documents& documents);

    [[nodiscard]] std::shared_ptr<const access::Policy> PolicyOf(
        std::string_view resource_arn) const override;
    /// Of a bucket, or of the object (its current version) that the ARN names.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> TagsOf(
        std::string_view resource_arn) const override;
    /// Of a bucket, or of the version of an object that is asked for.
    [[nodiscard]] std::shared_ptr<const access::Policy> AclOf(
        const access::AccessRequest& request) const override;
    /// Asked for the tags and ACLs of objects ("" for the current version). Before the first
    /// request.
    using FindObject = std::function<std::optional<ObjectInfo>(
        const std::string& bucket, const std::string& key, const std::string& version)>;
    void AskForObjects(FindObject find) { find_object_ = std::move(find); }
    [[nodiscard]] AclRules AclRulesOf(std::string_view bucket) const;
    /// Null where the bucket has none.
    [[nodiscard]] std::shared_ptr<const CorsRules> CorsOf(std::string_view bucket) const;
    /// Null where nobody is to be told.
    [[nodiscard]] std::shared_ptr<const NotificationRules> NotificationOf(
        std::string_view bucket) const;

  private:
    struct Parsed {
        std::shared_ptr<const access::Policy> policy;
        std::shared_ptr<const CorsRules> cors;
        std::shared_ptr<const NotificationRules> notification;
        std::vector<std::pair<std::string, std::string>> tags;
        AclRules acl;
    };
    core::Guarded<std::map<std::string, Parsed, std::less<>>> buckets_;
    FindObject find_object_;
};

}  // namespace gyre::objects
