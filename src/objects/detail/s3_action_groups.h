#pragma once

#include "objects/local_store.h"
#include "objects/s3_actions.h"

namespace gyre::objects::detail {

void AddBucketActions(wire::ActionTable& table, LocalStore& store);
void AddObjectActions(wire::ActionTable& table, LocalStore& store);
void AddListActions(wire::ActionTable& table, LocalStore& store);

}  // namespace gyre::objects::detail
