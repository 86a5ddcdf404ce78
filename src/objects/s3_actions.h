#pragma once

#include <functional>
#include <string>

#include "core/clock.h"
#include "core/result.h"
#include "wire/action.h"

namespace gyre::objects {

class LocalStore;
struct ExternalS3;

struct S3Options {
    std::string region = "us-east-1";
    std::string account = "000000000000";  ///< which owns all buckets
    /// Asks for a permission beyond the one that the gate checked: the source of a copy, each key
    /// of a batch, tags beside an object. Errors: kPermissionDenied. Where it is empty all is
    /// allowed.
    std::function<core::Status(const wire::CallContext& context, const std::string& permission,
                               const std::string& resource)>
        allowed{};
};

/// The S3 operations of this room. `store` outlives the table.
void AddS3Actions(wire::ActionTable& table, LocalStore& store, const S3Options& options);

/// The same operations, all handed on to an external S3 that takes the local store's place.
void AddExternalS3Actions(wire::ActionTable& table, const ExternalS3& s3, const core::Clock& clock,
                          const S3Options& options);

}  // namespace gyre::objects
