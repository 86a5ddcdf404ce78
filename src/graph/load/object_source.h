#pragma once

#include <memory>
#include <string>

#include "core/result.h"
#include "graph/load/csv_reader.h"
#include "objects/object_store.h"

namespace gyre::graph::load {

/// An object's bytes as a stream; of a name that ends in ".gz" what is packed in it, whole, up to 4
/// GiB. Errors: the store's, and kInvalidArgument for what is no gzip file.
[[nodiscard]] core::Result<std::unique_ptr<ByteSource>> OpenObject(objects::ObjectStore& objects,
                                                                   const std::string& bucket,
                                                                   const std::string& key);

}  // namespace gyre::graph::load
