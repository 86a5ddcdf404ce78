#pragma once

#include <vector>

#include "db/database.h"

namespace gyre::objects::detail {

/// The tables of this room; docs/formats/object_store.md says what is in them.
[[nodiscard]] const std::vector<db::Migration>& Schema();

}  // namespace gyre::objects::detail
