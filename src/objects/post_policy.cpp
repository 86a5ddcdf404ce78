#include "objects/post_policy.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/ascii.h"
#include "core/digest.h"
#include "net/http_message.h"
#include "objects/detail/s3_errors.h"

namespace gyre::objects {
namespace {

using core::Json;
using core::Status;

// Of these the signature itself or the transport speaks.
constexpr std::array<std::string_view, 6> kUncovered = {
    "x-amz-signature", "file", "policy", "awsaccesskeyid", "signature", "x-amz-security-token"};
constexpr std::string_view kIgnored = "x-ignore-";
constexpr std::string_view kChecksum = "x-amz-checksum-";

core::Error Invalid(const std::string& what) {
    return detail::S3Error(core::Code::kInvalidArgument, 400, "InvalidPolicyDocument",
                           "Invalid Policy: " + what);
}

core::Error Denied(const std::string& what) {
    return detail::S3Error(core::Code::kPermissionDenied, 403, "AccessDenied",
                           "Invalid according to Policy: " + what);
}

/// A length, as a number or as digits in a text.
std::optional<uint64_t> LengthOf(const Json& value) {
    if (value.is_int64() && value.get_int64() >= 0) return static_cast<uint64_t>(value.get_int64());
    if (value.is_uint64()) return value.get_uint64();
    if (!value.is_string()) return std::nullopt;
    const std::string_view text = value.get_string();
    uint64_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return length;
}

}  // namespace

std::string FieldOf(const FormFields& fields, std::string_view name) {
    const auto found = std::ranges::find_if(
        fields, [&](const auto& field) { return net::EqualsIgnoreCase(field.first, name); });
    return found == fields.end() ? "" : found->second;
}

core::Result<PostPolicy> PostPolicy::Parse(std::string_view base64) {
    const auto text = core::Base64Decode(base64);
    if (!text) return core::Fail(Invalid("it is not base64."));
    const auto document = core::ParseJson(*text);
    if (!document || !document->is_object()) return core::Fail(Invalid("it is no JSON object."));
    PostPolicy policy;
    const auto expiration = core::JsonString(*document, "expiration");
    if (!expiration) return core::Fail(Invalid("Policy missing expiration."));
    const auto expires = core::ParseIso8601(*expiration);
    if (!expires)
        return core::Fail(
            Invalid("Invalid 'expiration' value: '" + std::string(*expiration) + "'"));
    policy.expires_ = *expires;
    const Json* conditions = core::JsonFind(*document, "conditions");
    if (conditions == nullptr || !conditions->is_array()) {
        return core::Fail(Invalid("Policy missing conditions."));
    }
    if (conditions->get_array().empty()) return core::Fail(Invalid("conditions holds nothing."));
    for (const Json& condition : conditions->get_array()) {
        GYRE_TRY(policy.AddCondition(condition));
    }
    return policy;
}

Status PostPolicy::AddCondition(const Json& condition) {
    if (condition.is_object()) {
        if (condition.get_object().size() != 1) {
            return core::Fail(
                Invalid("Invalid Simple-Condition: Simple-Conditions must have "
                        "exactly one property specified."));
        }
        for (const auto& [field, value] : condition.get_object()) {
            if (!value.is_string()) return core::Fail(Invalid("Invalid Simple-Condition."));
            conditions_.push_back(
                {false, core::AsciiLower(field), std::string(value.get_string())});
        }
        return {};
    }
    if (!condition.is_array() || condition.get_array().size() != 3 ||
        !condition.get_array()[0].is_string()) {
        return core::Fail(Invalid("Invalid Condition: it should be an object or a list of three."));
    }
    const core::JsonArray& parts = condition.get_array();
    const std::string kind = core::AsciiLower(parts[0].get_string());
    if (kind == "content-length-range") {
        const auto least = LengthOf(parts[1]);
        const auto most = LengthOf(parts[2]);
        if (!least || !most) return core::Fail(Invalid("Invalid content-length-range."));
        least_ = std::max(least_, *least);
        most_ = std::min(most_.value_or(*most), *most);
        return {};
    }
    if ((kind != "eq" && kind != "starts-with") || !parts[1].is_string() || !parts[2].is_string() ||
        !std::string_view(parts[1].get_string()).starts_with('$')) {
        return core::Fail(Invalid("Invalid Condition: " + core::JsonText(condition)));
    }
    conditions_.push_back({kind == "starts-with",
                           core::AsciiLower(std::string_view(parts[1].get_string()).substr(1)),
                           std::string(parts[2].get_string())});
    return {};
}

Status PostPolicy::Check(const FormFields& fields, std::string_view bucket,
                         core::WallTime now) const {
    if (now >= expires_) return core::Fail(Denied("Policy expired."));
    for (const Condition& condition : conditions_) {
        const std::string value =
            condition.field == "bucket" ? std::string(bucket) : FieldOf(fields, condition.field);
        const bool holds =
            condition.prefix ? value.starts_with(condition.value) : value == condition.value;
        if (holds) continue;
        return core::Fail(Denied(std::string("Policy Condition failed: [\"") +
                                 (condition.prefix ? "starts-with" : "eq") + "\", \"$" +
                                 condition.field + "\", \"" + condition.value + "\"]"));
    }
    for (const auto& [name, value] : fields) {
        const std::string lower = core::AsciiLower(name);
        // A checksum lets nothing in that its signer did not allow.
        if (lower.starts_with(kIgnored) || lower.starts_with(kChecksum) ||
            std::ranges::find(kUncovered, lower) != kUncovered.end()) {
            continue;
        }
        const bool covered = std::ranges::any_of(
            conditions_, [&](const Condition& one) { return one.field == lower; });
        if (!covered) return core::Fail(Denied("Extra input fields: " + lower));
    }
    return {};
}

}  // namespace gyre::objects
