#include "objects/s3_actions.h"

#include "objects/detail/s3_action_groups.h"
#include "objects/detail/s3_forwarder.h"
#include "objects/detail/s3_members.h"
#include "objects/detail/s3_unserved.h"

namespace gyre::objects {
namespace detail {

void S3ActionAdder::Document(const char* operation, const char* permission,
                             wire::ResourceOf resource, DocumentFunction handler) const {
    if (forward_) {
        return table_.Add({.service = "s3",
                           .operation = operation,
                           .permission = permission,
                           .resource = std::move(resource),
                           .stream = forward_});
    }
    table_.Add({.service = "s3",
                .operation = operation,
                .permission = permission,
                .resource = std::move(resource),
                .document = [room = room_, handler](const wire::CallContext& context,
                                                    core::Json input) -> core::Result<core::Json> {
                    GYRE_TRY(CheckOwner(context, input));
                    GYRE_TRY(CheckServed(input));
                    return handler(*room, context, input);
                }});
}

void S3ActionAdder::Stream(const char* operation, const char* permission, wire::ResourceOf resource,
                           StreamFunction handler, size_t max_body) const {
    if (forward_) {
        return table_.Add({.service = "s3",
                           .operation = operation,
                           .permission = permission,
                           .resource = std::move(resource),
                           .stream = forward_,
                           .max_body = max_body});
    }
    table_.Add({.service = "s3",
                .operation = operation,
                .permission = permission,
                .resource = std::move(resource),
                .stream = [room = room_, handler](wire::StreamCall& call) -> core::Status {
                    GYRE_TRY(CheckOwner(call.context, call.input));
                    GYRE_TRY(CheckServed(call.input));
                    return handler(*room, call);
                },
                .max_body = max_body});
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
