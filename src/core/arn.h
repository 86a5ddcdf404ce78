#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "core/result.h"

namespace gyre::core {

/// A string with a meaning, so that a role's name cannot be passed where an account is wanted:
///     using AccountId = NamedString<struct AccountIdTag>;
template <typename Tag>
class NamedString {
  public:
    NamedString() = default;
    explicit NamedString(std::string value) : value_(std::move(value)) {}
    [[nodiscard]] const std::string& Value() const { return value_; }
    [[nodiscard]] bool Empty() const { return value_.empty(); }
    auto operator<=>(const NamedString&) const = default;

  private:
    std::string value_;
};

using AccountId = NamedString<struct AccountIdTag>;
using RegionName = NamedString<struct RegionNameTag>;

/// An Amazon Resource Name: arn:partition:service:region:account:resource.
struct Arn {
    std::string partition = "aws";
    std::string service;
    std::string region;
    std::string account;
    std::string resource;  ///< "endpoint/name"; may itself hold colons

    [[nodiscard]] std::string ToString() const;
    /// Errors: kInvalidArgument when there are fewer than six parts or the prefix is not "arn".
    [[nodiscard]] static Result<Arn> Parse(std::string_view text);
    auto operator<=>(const Arn&) const = default;
};

}  // namespace gyre::core
