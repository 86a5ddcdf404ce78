#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "objects/object_store.h"

namespace gyre::transform {

/// An object that a manifest names.
struct ManifestEntry {
    objects::S3Uri object;
    std::string part;  ///< of its key, which names its output
};

/// A manifest of S3DataSource: [{"prefix": "s3://bucket/some/"}, "key-1", "folder/key-2"…]; without
/// the prefix its strings are whole URIs. Errors: kInvalidArgument, saying what was expected where.
[[nodiscard]] core::Result<std::vector<ManifestEntry>> ParseManifest(std::string_view text);

/// One line of an augmented manifest: its "source-ref" is the object's URI. Errors as above.
[[nodiscard]] core::Result<ManifestEntry> ParseAugmentedLine(std::string_view line);

}  // namespace gyre::transform
