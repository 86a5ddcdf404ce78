#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/json.h"
#include "core/result.h"

namespace gyre::objects {

/// A form's fields by lower-case name, in their order.
using FormFields = std::vector<std::pair<std::string, std::string>>;

/// The field of that name without case; "" where it is absent.
[[nodiscard]] std::string FieldOf(const FormFields& fields, std::string_view name);

/// The policy document of a browser's form upload ("POST policy" in S3's API reference): what its
/// signer allows a form to hold. A value.
class PostPolicy {
  public:
    /// From the form's `policy` field. Errors: InvalidPolicyDocument (400).
    [[nodiscard]] static core::Result<PostPolicy> Parse(std::string_view base64);

    /// Whether the form is what was signed for, before its file is read. `bucket` is the one that
    /// is posted to. Errors: AccessDenied (403) with the condition that failed.
    [[nodiscard]] core::Status Check(const FormFields& fields, std::string_view bucket,
                                     core::WallTime now) const;
    /// Bytes that the file must have at least and may have at most.
    [[nodiscard]] uint64_t Least() const { return least_; }
    [[nodiscard]] std::optional<uint64_t> Most() const { return most_; }

  private:
    struct Condition {
        bool prefix = false;  ///< starts-with; else eq
        std::string field;    ///< lower-case, without '$'
        std::string value;
    };

    [[nodiscard]] core::Status AddCondition(const core::Json& condition);

    core::WallTime expires_{};
    std::vector<Condition> conditions_;
    uint64_t least_ = 0;
    std::optional<uint64_t> most_;
};

}  // namespace gyre::objects
