#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graph/value.h"

namespace gyre::graph::plan {

struct Expression;
using ExpressionPtr = std::shared_ptr<const Expression>;

enum class Operation : uint8_t {
    kOr,
    kXor,
    kAnd,
    kNot,
    kEqual,
    kNotEqual,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kIn,
    kStartsWith,
    kEndsWith,
    kContains,
    kMatches,
    kIsNull,
    kIsNotNull,
    kAdd,
    kSubtract,
    kMultiply,
    kDivide,
    kModulo,
    kPower,
    kNegate,
};

/// What is computed of a row (RowStep): openCypher's expressions, with null as their third truth
/// value.
struct Expression {
    enum class Kind : uint8_t {
        kLiteral,    ///< value
        kSlot,       ///< slot
        kProperty,   ///< name of children[0]
        kIndex,      ///< children[0][children[1]]
        kSlice,      ///< children[0][children[1]..children[2]]; a null child is no bound
        kList,       ///< children
        kMap,        ///< names and children
        kOperation,  ///< operation on children
        kCall,       ///< the function of that name
        kCase,       ///< pairs of condition and result, then the default
        kHasLabels,  ///< children[0] has all of names
        kEach,       ///< [slot IN children[0] WHERE children[1] | children[2]]; null: all, itself
    } kind{};
    Value value;
    size_t slot = 0;
    std::string name;
    std::vector<std::string> names;
    std::vector<ExpressionPtr> children;
    Operation operation{};
    uint32_t at = 0;  ///< where in the query
};

}  // namespace gyre::graph::plan
