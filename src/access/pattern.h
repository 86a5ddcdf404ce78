#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gyre::access {

/// The value of a policy variable ("aws:username"); nullopt where the request has none.
using VariableLookup = std::function<std::optional<std::string>(std::string_view key)>;

/// A text of a policy with `*` (any characters), `?` (any one) and, where `variables` is set,
/// `${aws:username}`, `${aws:username, 'default'}`, `${*}`, `${?}` and `${$}`. What a variable
/// stands for is taken word for word, so that a user's name cannot bring a wildcard in.
class Pattern {
  public:
    explicit Pattern(std::string_view text, bool variables = false, bool wildcards = true);

    /// False as well where a variable has no value. Takes time of at most |text| · |pattern|,
    /// never more.
    [[nodiscard]] bool Matches(std::string_view text, const VariableLookup& lookup,
                               bool ignore_case = false) const;
    /// The plain text; nullopt where a variable has no value.
    [[nodiscard]] std::optional<std::string> Expand(const VariableLookup& lookup) const;
    [[nodiscard]] bool HasVariables() const { return has_variables_; }
    void AddVariables(std::vector<std::string>& keys) const;

  private:
    struct Piece {
        bool variable = false;
        std::string text;  ///< compiled text, or the variable's key
        std::optional<std::string> fallback;
    };
    [[nodiscard]] std::optional<std::string> Compile(const VariableLookup& lookup) const;

    std::vector<Piece> pieces_;
    bool has_variables_ = false;
};

/// Six patterns for the parts of an ARN; or "*", which matches anything. A wildcard does not reach
/// over a colon of the first five parts.
class ArnPattern {
  public:
    /// nullopt when it is neither "*" nor of six parts beginning with "arn".
    [[nodiscard]] static std::optional<ArnPattern> Parse(std::string_view text,
                                                         bool variables = false);
    [[nodiscard]] bool Matches(std::string_view arn, const VariableLookup& lookup) const;
    void AddVariables(std::vector<std::string>& keys) const;

  private:
    std::vector<Pattern> parts_;  ///< none for "*"
};

}  // namespace gyre::access
