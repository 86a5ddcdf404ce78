#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/value.h"

namespace gyre::graph::plan {

/// A piece of a lambda, as it was read.
struct LambdaNode {
    enum class Kind : uint8_t {
        kLiteral,  ///< value
        kName,     ///< text: a parameter or a variable
        kList,     ///< children: items
        kMap,      ///< children: key, value, key, value…
        kCall,     ///< text: a method; children: what it is called on, arguments
        kMember,   ///< text; children: what it is a member of
        kIndex,    ///< children: a collection, a place in it
        kOperate,  ///< text: "+", "==", "&&", "!", "?:", "instanceof"…; children: operands
        kAssign,   ///< text: a variable; children: its value
        kIf,       ///< children: condition, then, else if there is one
        kReturn,   ///< children: the value
        kBlock,    ///< children: statements; its value is the last one's
    };
    Kind kind = Kind::kLiteral;
    std::string text;
    Value value;
    std::vector<LambdaNode> children;
};

/// A function without loops or other functions, so that it ends.
struct LambdaCode {
    std::vector<std::string> parameters;  ///< "it" where it names none
    LambdaNode body;
    /// What the first parameter is: a traverser, or the value where one stands.
    bool of_traverser = false;
};

}  // namespace gyre::graph::plan
