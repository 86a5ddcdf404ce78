#include "objects/s3_actions.h"

#include "objects/detail/s3_action_groups.h"

namespace gyre::objects {

void AddS3Actions(wire::ActionTable& table, LocalStore& store, const S3Options&) {
    detail::AddBucketActions(table, store);
    detail::AddObjectActions(table, store);
    detail::AddListActions(table, store);
}

}  // namespace gyre::objects
