#pragma once

#include <memory>

#include "objects/acl.h"
#include "objects/local_store.h"
#include "objects/s3_actions.h"

namespace gyre::objects::detail {

constexpr auto kPutTags = "s3:PutObjectTagging";

/// Asks for a permission beyond the one that the gate checked; where `version` names one, for that
/// of a version, with s3:VersionId.
[[nodiscard]] core::Status AskFor(const S3Options& options, const wire::CallContext& context,
                                  const std::string& permission, const std::string& resource,
                                  const std::string& version);

/// What the handlers work on.
struct S3Room {
    LocalStore& store;
    S3Options options;

    [[nodiscard]] core::Status Allowed(const wire::CallContext& context,
                                       const std::string& permission, const std::string& resource,
                                       const std::string& version = {}) const {
        return AskFor(options, context, permission, resource, version);
    }
    /// Setting an object's tags in the request that makes it is a permission of its own.
    [[nodiscard]] core::Status AllowedTags(const wire::CallContext& context, const Tags& tags,
                                           const std::string& resource) const {
        if (tags.empty()) return {};
        wire::CallContext making = context;
        making.facts.emplace_back(kMakesObject, "true");
        return Allowed(making, kPutTags, resource);
    }
};

using DocumentFunction = core::Result<core::Json> (*)(const S3Room&, const wire::CallContext&,
                                                      const core::Json& input);
using StreamFunction = core::Status (*)(const S3Room&, wire::StreamCall&);

constexpr size_t kUsualBody = size_t{1} << 20;
/// A thousand keys, or ten thousand parts with their checksums, in XML.
constexpr size_t kLongListBody = size_t{8} << 20;

/// Adds S3's actions to the table, each behind the checks that all of them share: the bucket's
/// owner, and that nothing is asked for that is not built.
class S3ActionAdder {
  public:
    S3ActionAdder(wire::ActionTable& table, std::shared_ptr<const S3Room> room)
        : table_(table), room_(std::move(room)) {}
    /// Adds the same actions, all of them done by `forward`.
    S3ActionAdder(wire::ActionTable& table, wire::StreamHandler forward)
        : table_(table), forward_(std::move(forward)) {}
    void Document(const char* operation, const char* permission, wire::ResourceOf resource,
                  DocumentFunction handler) const;
    void Stream(const char* operation, const char* permission, wire::ResourceOf resource,
                StreamFunction handler, size_t max_body = kUsualBody) const;

  private:
    [[nodiscard]] static wire::Action Described(const char* operation, const char* permission,
                                                wire::ResourceOf resource);

    wire::ActionTable& table_;
    const std::shared_ptr<const S3Room> room_;
    const wire::StreamHandler forward_;
};

/// All of them.
void AddAllActions(const S3ActionAdder& add);
void AddAclActions(const S3ActionAdder& add);
void AddBucketActions(const S3ActionAdder& add);
void AddCopyActions(const S3ActionAdder& add);
void AddDeleteActions(const S3ActionAdder& add);
void AddListActions(const S3ActionAdder& add);
void AddMultipartActions(const S3ActionAdder& add);
void AddObjectActions(const S3ActionAdder& add);
void AddSettingsActions(const S3ActionAdder& add);
void AddTagActions(const S3ActionAdder& add);

}  // namespace gyre::objects::detail
