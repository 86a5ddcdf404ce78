#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graph/value.h"

namespace gyre::graph::plan {

struct Expression;
struct Subpattern;
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

/// What is known of a value before the query runs. Null may be of any type.
enum class Type : uint8_t {
    kAny,
    kNull,
    kBoolean,
    kInteger,
    kFloat,
    kText,
    kList,
    kMap,
    kNode,
    kRelationship,
    kPath,
    kTemporal,
};

/// What is computed of a row (RowStep): openCypher's expressions, with null as their third truth
/// value.
struct Expression {
    enum class Kind : uint8_t {
        kLiteral,     ///< value
        kSlot,        ///< slot
        kProperty,    ///< name of children[0]
        kIndex,       ///< children[0][children[1]]
        kSlice,       ///< children[0][children[1]..children[2]]; a null child is no bound
        kList,        ///< children
        kMap,         ///< names and children; where a name is empty, all that the child has
        kOperation,   ///< operation on children
        kCall,        ///< the function of that name
        kCase,        ///< pairs of condition and result, then the default
        kHasLabels,   ///< children[0] has all of names
        kEach,        ///< [slot IN children[0] WHERE children[1] | children[2]]; null: all, itself
        kQuantifier,  ///< name (all, any, none, single) of slot IN children[0] WHERE children[1]
        kReduce,      ///< slot = children[0], for item_slot IN children[1]: slot = children[2]
        kPattern,     ///< whether the subpattern holds; with a result, a list of it for each way
        kSubquery,    ///< whether the subquery has a row
    } kind{};
    Type type{};
    Type items{};  ///< of a list: its items' type, if they have one
    Value value;
    size_t slot = 0;
    size_t item_slot = 0;
    std::string name;
    std::vector<std::string> names;
    std::vector<ExpressionPtr> children;
    Operation operation{};
    std::shared_ptr<const Subpattern> sub;
    uint32_t at = 0;  ///< where in the query
};

/// Written alike, with the same variables. Patterns and subqueries are like nothing.
[[nodiscard]] bool SameExpression(const Expression& a, const Expression& b);

/// Whether the expression reads the slot. Patterns and subqueries may read any.
[[nodiscard]] bool ReadsSlot(const Expression& expression, size_t slot);

/// The x of id(x), where that is a slot; else null.
[[nodiscard]] const Expression* SlotOfId(const Expression& expression);

}  // namespace gyre::graph::plan
