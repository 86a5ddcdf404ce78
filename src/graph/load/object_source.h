#pragma once

#include <memory>
#include <string>

#include "core/result.h"
#include "graph/load/csv_reader.h"
#include "objects/object_store.h"

namespace gyre::graph::load {

/// An object's bytes as a stream; of a name that ends in ".gz" or ".bz2" what is packed in it.
/// Errors: the store's, also of reading on; then kInvalidArgument for what is no such file, or is
/// cut off.
[[nodiscard]] core::Result<std::unique_ptr<ByteSource>> OpenObject(objects::ObjectStore& objects,
                                                                   const std::string& bucket,
                                                                   const std::string& key);
/// The same of any source: `name` tells how it is packed.
[[nodiscard]] std::unique_ptr<ByteSource> Unpacked(std::unique_ptr<ByteSource> packed,
                                                   std::string_view name);

}  // namespace gyre::graph::load
