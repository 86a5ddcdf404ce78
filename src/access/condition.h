#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/pattern.h"
#include "core/json.h"
#include "core/result.h"

namespace gyre::access {

/// What is known of a request: keys ("aws:SourceIp", compared without case) and their values; a key
/// with several values stands several times.
using ConditionContext = std::vector<std::pair<std::string, std::string>>;

/// One operator with one key of a statement's Condition element.
class Condition {
  public:
    /// `name` is the operator with its prefix and suffix: "ForAnyValue:StringLikeIfExists". Errors:
    /// kInvalidArgument for an unknown operator or an operand it cannot read.
    [[nodiscard]] static core::Result<Condition> Parse(std::string_view name, std::string_view key,
                                                       const core::Json& operands, bool variables);

    /// Adds the key that it asks for, and those of its variables.
    void AddKeys(std::vector<std::string>& keys) const;

    [[nodiscard]] bool Holds(const ConditionContext& context, const VariableLookup& lookup) const;

  private:
    enum class Type { kString, kStringFolded, kLike, kNumber, kDate, kBool, kIp, kArn, kNull };
    enum class Comparison { kEqual, kLess, kLessEqual, kGreater, kGreaterEqual };
    enum class Quantifier { kNone, kAny, kAll };
    struct Operator {
        std::string_view name;
        Type type;
        Comparison comparison;
        bool negated;
    };
    static const Operator kOperators[];

    [[nodiscard]] bool MatchesOne(const std::string& value, size_t operand,
                                  const VariableLookup& lookup) const;
    [[nodiscard]] bool Test(const std::string& value, const VariableLookup& lookup) const;

    const Operator* operator_ = nullptr;
    Quantifier quantifier_ = Quantifier::kNone;
    bool if_exists_ = false;
    std::string key_;
    std::vector<Pattern> operands_;
    std::vector<ArnPattern> arns_;  ///< beside operands_, for the ARN operators
};

/// The first value of `key`; nullopt where there is none.
[[nodiscard]] std::optional<std::string> FindContext(const ConditionContext& context,
                                                     std::string_view key);

}  // namespace gyre::access
