#include "objects/s3_actions.h"

#include "objects/detail/s3_action_groups.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/s3_forwarder.h"
#include "objects/detail/s3_members.h"
#include "objects/detail/s3_unserved.h"

namespace gyre::objects {
namespace detail {
namespace {

/// That a bucket is not there is no secret; that a key is not there is for those who may list.
std::optional<core::Error> RefusalOf(const S3Room& room, wire::CallContext context,
                                     const core::Json& input) {
    const std::string bucket = Text(input, "Bucket");
    if (bucket.empty() || context.operation == "CreateBucket") return std::nullopt;
    if (const auto found = room.store.HeadBucket(bucket); !found) return found.error();
    if (context.operation != "GetObject" && context.operation != "HeadObject") return std::nullopt;
    const std::string key = Text(input, "Key");
    if (!Text(input, "VersionId").empty() || room.store.Head(bucket, key)) return std::nullopt;
    context.facts.emplace_back("s3:prefix", key);
    if (!room.Allowed(context, "s3:ListBucket", BucketArn(bucket))) return std::nullopt;
    return NoSuchKey(key);
}

}  // namespace

core::Status AskFor(const S3Options& options, const wire::CallContext& context,
                    const std::string& permission, const std::string& resource,
                    const std::string& version) {
    if (!options.allowed) return {};
    if (version.empty()) return options.allowed(context, permission, resource);
    wire::CallContext of_version = context;
    of_version.facts.emplace_back("s3:VersionId", version);
    return options.allowed(of_version, ForVersion(permission, version), resource);
}

wire::Action S3ActionAdder::Described(const char* operation, const char* permission,
                                      wire::ResourceOf resource) {
    wire::Action action;
    action.service = "s3";
    action.operation = operation;
    action.permission = permission;
    action.permission_of = [permission](const core::Json& input) {
        return ForVersion(permission, Text(input, "VersionId"));
    };
    action.resource = std::move(resource);
    return action;
}

void S3ActionAdder::Document(const char* operation, const char* permission,
                             wire::ResourceOf resource, DocumentFunction handler) const {
    wire::Action action = Described(operation, permission, std::move(resource));
    if (forward_) {
        action.stream = forward_;
    } else {
        action.document = [room = room_, handler](const wire::CallContext& context,
                                                  core::Json input) -> core::Result<core::Json> {
            GYRE_TRY(CheckOwner(room->options.account, input));
            GYRE_TRY(CheckServed(input));
            return handler(*room, context, input);
        };
        action.refusal = [room = room_](const wire::CallContext& context, const core::Json& input) {
            return RefusalOf(*room, context, input);
        };
    }
    table_.Add(std::move(action));
}

void S3ActionAdder::Stream(const char* operation, const char* permission, wire::ResourceOf resource,
                           StreamFunction handler, size_t max_body) const {
    wire::Action action = Described(operation, permission, std::move(resource));
    action.max_body = max_body;
    if (forward_) {
        action.stream = forward_;
    } else {
        action.stream = [room = room_, handler](wire::StreamCall& call) -> core::Status {
            GYRE_TRY(CheckOwner(room->options.account, call.input));
            GYRE_TRY(CheckServed(call.input));
            return handler(*room, call);
        };
        action.refusal = [room = room_](const wire::CallContext& context, const core::Json& input) {
            return RefusalOf(*room, context, input);
        };
    }
    table_.Add(std::move(action));
}

void AddAllActions(const S3ActionAdder& add) {
    AddBucketActions(add);
    AddObjectActions(add);
    AddListActions(add);
    AddDeleteActions(add);
    AddCopyActions(add);
    AddMultipartActions(add);
    AddSettingsActions(add);
    AddTagActions(add);
    AddAclActions(add);
}

}  // namespace detail

void AddS3Actions(wire::ActionTable& table, LocalStore& store, const S3Options& options) {
    detail::AddAllActions(detail::S3ActionAdder(
        table, std::make_shared<const detail::S3Room>(detail::S3Room{store, options})));
}

void AddExternalS3Actions(wire::ActionTable& table, const ExternalS3& s3, const core::Clock& clock,
                          const S3Options& options) {
    auto forwarder = std::make_shared<const detail::S3Forwarder>(s3, clock, options);
    detail::AddAllActions(detail::S3ActionAdder(
        table, [forwarder](wire::StreamCall& call) { return forwarder->Forward(call); }));
}

}  // namespace gyre::objects
