#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace gyre::objects {

/// What a request asks of the object that is there (RFC 9110, section 13).
struct Conditions {
    std::string if_match;       ///< "*" or entity tags, as sent; "" for none
    std::string if_none_match;  ///< likewise
    std::optional<core::WallTime> if_modified_since;
    std::optional<core::WallTime> if_unmodified_since;
    // Of removals only; times count whole seconds.
    std::optional<uint64_t> match_size{};
    std::optional<core::WallTime> match_modified{};

    [[nodiscard]] bool Any() const {
        return !if_match.empty() || !if_none_match.empty() || if_modified_since ||
               if_unmodified_since || match_size || match_modified;
    }
};

enum class ConditionOutcome {
    kProceed,
    kNotModified,  ///< 304: the caller has it already
    kFailed,       ///< 412
};

/// For reading an object with that entity tag (without quotes) and time. Times count whole seconds,
/// since that is what the header can say.
[[nodiscard]] ConditionOutcome CheckForRead(const Conditions& conditions, std::string_view etag,
                                            core::WallTime modified);

/// For replacing or removing one; `etag` is nullopt when there is none. kFailed or kProceed.
[[nodiscard]] ConditionOutcome CheckForWrite(const Conditions& conditions,
                                             const std::optional<std::string>& etag,
                                             core::WallTime modified);

}  // namespace gyre::objects
