#include "access/condition.h"

#include <algorithm>

#include "access/detail/operand.h"
#include "access/detail/text.h"
#include "net/http_message.h"

namespace gyre::access {
namespace {

std::string OperandText(const core::Json& json) {
    if (json.is_string()) return std::string(json.as_string());
    return core::JsonText(json);  // true, 5: IAM takes these for their texts
}

template <typename Value>
bool Compare(const Value& left, const Value& right, int comparison) {
    switch (comparison) {
        case 0:
            return left == right;
        case 1:
            return left < right;
        case 2:
            return left <= right;
        case 3:
            return left > right;
        default:
            return left >= right;
    }
}

}  // namespace

const Condition::Operator Condition::kOperators[] = {
    {"StringEquals", Type::kString, Comparison::kEqual, false},
    {"StringNotEquals", Type::kString, Comparison::kEqual, true},
    {"StringEqualsIgnoreCase", Type::kStringFolded, Comparison::kEqual, false},
    {"StringNotEqualsIgnoreCase", Type::kStringFolded, Comparison::kEqual, true},
    {"StringLike", Type::kLike, Comparison::kEqual, false},
    {"StringNotLike", Type::kLike, Comparison::kEqual, true},
    {"NumericEquals", Type::kNumber, Comparison::kEqual, false},
    {"NumericNotEquals", Type::kNumber, Comparison::kEqual, true},
    {"NumericLessThan", Type::kNumber, Comparison::kLess, false},
    {"NumericLessThanEquals", Type::kNumber, Comparison::kLessEqual, false},
    {"NumericGreaterThan", Type::kNumber, Comparison::kGreater, false},
    {"NumericGreaterThanEquals", Type::kNumber, Comparison::kGreaterEqual, false},
    {"DateEquals", Type::kDate, Comparison::kEqual, false},
    {"DateNotEquals", Type::kDate, Comparison::kEqual, true},
    {"DateLessThan", Type::kDate, Comparison::kLess, false},
    {"DateLessThanEquals", Type::kDate, Comparison::kLessEqual, false},
    {"DateGreaterThan", Type::kDate, Comparison::kGreater, false},
    {"DateGreaterThanEquals", Type::kDate, Comparison::kGreaterEqual, false},
    {"Bool", Type::kBool, Comparison::kEqual, false},
    {"BinaryEquals", Type::kString, Comparison::kEqual, false},
    {"IpAddress", Type::kIp, Comparison::kEqual, false},
    {"NotIpAddress", Type::kIp, Comparison::kEqual, true},
    {"ArnEquals", Type::kArn, Comparison::kEqual, false},
    {"ArnLike", Type::kArn, Comparison::kEqual, false},
    {"ArnNotEquals", Type::kArn, Comparison::kEqual, true},
    {"ArnNotLike", Type::kArn, Comparison::kEqual, true},
    {"Null", Type::kNull, Comparison::kEqual, false},
};

core::Result<Condition> Condition::Parse(std::string_view name, std::string_view key,
                                         const core::Json& operands, bool variables) {
    Condition condition;
    condition.key_ = key;
    std::string_view base = name;
    for (const auto& [prefix, quantifier] :
         {std::pair(std::string_view("forallvalues:"), Quantifier::kAll),
          std::pair(std::string_view("foranyvalue:"), Quantifier::kAny)}) {
        if (!detail::StartsWithIgnoreCase(base, prefix)) continue;
        condition.quantifier_ = quantifier;
        base.remove_prefix(prefix.size());
        break;
    }
    constexpr std::string_view kIfExists = "ifexists";
    if (base.size() > kIfExists.size() &&
        net::EqualsIgnoreCase(base.substr(base.size() - kIfExists.size()), kIfExists)) {
        condition.if_exists_ = true;
        base.remove_suffix(kIfExists.size());
    }
    for (const Operator& known : kOperators) {
        if (net::EqualsIgnoreCase(known.name, base)) condition.operator_ = &known;
    }
    if (!condition.operator_) {
        return core::Fail(core::Code::kInvalidArgument,
                          "unknown condition operator '" + std::string(name) + "'");
    }
    const Type type = condition.operator_->type;
    const auto add = [&](const core::Json& json) -> core::Status {
        const std::string text = OperandText(json);
        const auto refuse = [&](const char* expected) {
            return core::Fail(core::Code::kInvalidArgument,
                              "'" + text + "' of " + std::string(name) + " " + std::string(key) +
                                  " should be " + expected);
        };
        if (json.is_object() || json.is_array() || json.is_null()) return refuse("a text");
        Pattern pattern(text, variables, type == Type::kLike);
        if (!pattern.HasVariables()) {
            if (type == Type::kNumber && !detail::ReadNumber(text)) return refuse("a number");
            if (type == Type::kDate && !detail::ReadDate(text)) return refuse("an ISO 8601 date");
            if (type == Type::kIp && !detail::ReadNetwork(text)) {
                return refuse("an IP address or network");
            }
            if ((type == Type::kBool || type == Type::kNull) && !detail::ReadBool(text)) {
                return refuse("true or false");
            }
        }
        if (type == Type::kArn) {
            auto arn = ArnPattern::Parse(text, variables);
            if (!arn) return refuse("an ARN of six parts");
            condition.arns_.push_back(std::move(*arn));
        }
        condition.operands_.push_back(std::move(pattern));
        return {};
    };
    if (!operands.is_array()) {
        GYRE_TRY(add(operands));
        return condition;
    }
    for (const core::Json& operand : operands.as_array()) GYRE_TRY(add(operand));
    if (condition.operands_.empty()) {
        return core::Fail(core::Code::kInvalidArgument,
                          "the condition on " + std::string(key) + " has no values");
    }
    return condition;
}

void Condition::AddKeys(std::vector<std::string>& keys) const {
    keys.push_back(key_);
    for (const Pattern& operand : operands_) operand.AddVariables(keys);
}

bool Condition::MatchesOne(const std::string& value, size_t operand,
                           const VariableLookup& lookup) const {
    const Pattern& pattern = operands_[operand];
    const int comparison = static_cast<int>(operator_->comparison);
    switch (operator_->type) {
        case Type::kString:
        case Type::kLike:
            return pattern.Matches(value, lookup);
        case Type::kStringFolded:
            return pattern.Matches(value, lookup, true);
        case Type::kArn:
            return arns_[operand].Matches(value, lookup);
        default:
            break;
    }
    const auto text = pattern.Expand(lookup);
    if (!text) return false;
    switch (operator_->type) {
        case Type::kNumber: {
            const auto left = detail::ReadNumber(value);
            const auto right = detail::ReadNumber(*text);
            return left && right && Compare(*left, *right, comparison);
        }
        case Type::kDate: {
            const auto left = detail::ReadDate(value);
            const auto right = detail::ReadDate(*text);
            return left && right && Compare(*left, *right, comparison);
        }
        case Type::kBool: {
            const auto left = detail::ReadBool(value);
            return left && left == detail::ReadBool(*text);
        }
        case Type::kIp: {
            const auto network = detail::ReadNetwork(*text);
            const auto address = detail::ReadNetwork(value);
            return network && address && detail::Contains(*network, *address);
        }
        default:
            return false;
    }
}

bool Condition::Test(const std::string& value, const VariableLookup& lookup) const {
    bool any = false;
    for (size_t i = 0; i < operands_.size() && !any; ++i) any = MatchesOne(value, i, lookup);
    return any != operator_->negated;
}

bool Condition::Holds(const ConditionContext& context, const VariableLookup& lookup) const {
    bool present = false;
    bool any = false;
    bool all = true;
    for (const auto& [key, value] : context) {
        if (!net::EqualsIgnoreCase(key, key_)) continue;
        present = true;
        if (operator_->type == Type::kNull) break;
        const bool holds = Test(value, lookup);
        any = any || holds;
        all = all && holds;
    }
    if (operator_->type == Type::kNull) {
        return std::any_of(operands_.begin(), operands_.end(), [&](const Pattern& operand) {
            const auto text = operand.Expand(lookup);
            return text && detail::ReadBool(*text) == !present;
        });
    }
    if (!present) {
        if (quantifier_ == Quantifier::kAny) return false;
        return if_exists_ || quantifier_ == Quantifier::kAll || operator_->negated;
    }
    if (quantifier_ == Quantifier::kAny) return any;
    if (quantifier_ == Quantifier::kAll) return all;
    return operator_->negated ? all : any;
}

std::optional<std::string> FindContext(const ConditionContext& context, std::string_view key) {
    for (const auto& [name, value] : context) {
        if (net::EqualsIgnoreCase(name, key)) return value;
    }
    return std::nullopt;
}

}  // namespace gyre::access
