#include "objects/conditions.h"

namespace gyre::objects {
namespace {

std::string_view Trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t";
    const size_t first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// Clients send tags with and without quotes; weak ones count as strong, as S3 does.
bool Matches(std::string_view list, std::string_view etag) {
    while (!list.empty()) {
        const size_t comma = list.find(',');
        std::string_view tag = Trimmed(list.substr(0, comma));
        if (tag == "*") return true;
        if (tag.starts_with("W/")) tag.remove_prefix(2);
        if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"') {
            tag = tag.substr(1, tag.size() - 2);
        }
        if (tag == etag) return true;
        if (comma == std::string_view::npos) return false;
        list.remove_prefix(comma + 1);
    }
    return false;
}

core::seconds WholeSeconds(core::WallTime time) {
    return std::chrono::floor<core::seconds>(time.time_since_epoch());
}

}  // namespace

ConditionOutcome CheckForRead(const Conditions& conditions, std::string_view etag,
                              core::WallTime modified) {
    // A tag outranks the time that stands beside it (RFC 9110, 13.2.2).
    if (!conditions.if_match.empty()) {
        if (!Matches(conditions.if_match, etag)) return ConditionOutcome::kFailed;
    } else if (conditions.if_unmodified_since &&
               WholeSeconds(modified) > WholeSeconds(*conditions.if_unmodified_since)) {
        return ConditionOutcome::kFailed;
    }
    if (!conditions.if_none_match.empty()) {
        if (Matches(conditions.if_none_match, etag)) return ConditionOutcome::kNotModified;
    } else if (conditions.if_modified_since &&
               WholeSeconds(modified) <= WholeSeconds(*conditions.if_modified_since)) {
        return ConditionOutcome::kNotModified;
    }
    return ConditionOutcome::kProceed;
}

ConditionOutcome CheckForWrite(const Conditions& conditions, const std::optional<std::string>& etag,
                               core::WallTime modified) {
    if (!etag) {
        return conditions.if_match.empty() ? ConditionOutcome::kProceed : ConditionOutcome::kFailed;
    }
    return CheckForRead(conditions, *etag, modified) == ConditionOutcome::kProceed
               ? ConditionOutcome::kProceed
               : ConditionOutcome::kFailed;
}

}  // namespace gyre::objects
