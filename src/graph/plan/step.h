#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "graph/predicate.h"
#include "graph/rules.h"
#include "graph/value.h"

/// The one algebra under the graph's languages: what a query does, typed and checked, without
/// saying how it is carried out. A plan is immutable once made and may be carried out many times.
namespace gyre::graph::plan {

struct LambdaCode;
struct Traversal;
using TraversalPtr = std::shared_ptr<const Traversal>;

enum class Op : uint8_t {
    // begin
    kVertices,  ///< values: ids (none: all); tests are folded in
    kEdges,
    kInject,
    // move along edges; side, texts: edge labels
    kToVertices,
    kToEdges,
    kEdgeVertex,
    kOtherVertex,
    // read elements; texts: keys
    kValues,
    kProperties,
    kValueMap,  ///< tokens: bits of WithOptions
    kPropertyMap,
    kElementMap,
    kId,
    kLabel,
    kKey,
    kPropertyValue,
    kElement,
    // filter
    kHas,  ///< tests
    kHasNot,
    kIs,
    kWherePredicate,
    kFilter,  ///< children[0] has a result
    kNot,
    kAnd,
    kOr,
    kRange,
    kTail,
    kDedup,
    kCoin,
    kSample,
    kSimplePath,
    kCyclicPath,
    kTimeLimit,
    kDiscard,
    kEach,  ///< texts[0] "all" or "any": items of a list that pass the predicate
    // map
    kConstant,
    kIdentity,
    kLoops,
    kIndex,
    kPath,
    kSelect,        ///< texts: names
    kSelectColumn,  ///< column
    kSelectKey,     ///< children[0] gives the name
    kProject,
    kMap,
    kFlatMap,
    kLambda,  ///< lambda
    kLocal,
    kUnfold,
    kMath,
    kSack,
    kFunction,  ///< texts[0]: its name; values, children: arguments
    // reduce; scope
    kFold,
    kCount,
    kSum,
    kMin,
    kMax,
    kMean,
    kGroup,       ///< texts[0], if any: the side effect it goes to
    kGroupCount,  ///< likewise
    kTree,        ///< likewise
    kOrder,
    // branch
    kUnion,
    kCoalesce,
    kChoose,
    kBranch,
    kOptional,
    kRepeat,
    kMatch,
    // side effects
    kSideEffect,
    kAggregate,
    kSubgraph,  ///< texts[0]: the side effect it goes to
    kProfile,   ///< texts[0], if any: the side effect it goes to
    kCap,
    kBarrier,
    kFail,
    // services and programs over the whole graph; texts[0]: its name, with: its options,
    // children[0], if any: has a result for a vertex that takes part in the program
    kCall,
    kRank,  ///< pageRank(), peerPressure(), connectedComponent(): a property of vertices
    kShortestPath,
    // write
    kAddVertex,
    kAddEdge,
    kAddProperty,
    kMergeVertex,
    kMergeEdge,
    kDrop,
    kFile,  ///< io(): texts[0] is the file; low 1 reads, 2 writes; with: the formats' names
    // what rules put in place of others
    kCountElements,  ///< of kVertices or kEdges, from statistics
    kSumDegrees,     ///< of a hop that is only counted
    kTimesDegree,    ///< a vertex as often as a hop from all vertices comes to it
};

/// One by(): how a step looks at a traverser.
struct By {
    enum class Kind : uint8_t { kIdentity, kKey, kToken, kColumn, kTraversal };
    Kind kind = Kind::kIdentity;
    std::string key;
    T token{};
    Column column{};
    TraversalPtr traversal;
    Order order = Order::kAsc;
    std::shared_ptr<const LambdaCode> comparator;  ///< in the order's place
};

/// A test of an element: a property, or its id, label, key or value.
struct Test {
    std::optional<T> token;
    std::string key;
    Ptr<Predicate> predicate;  ///< null: that it is there
    TraversalPtr traversal;    ///< in the predicate's place: has a result for the property's value
};

/// A property to be set; what a traversal gives stands in for a value.
struct Argument {
    Value value;
    TraversalPtr traversal;
};
struct Setting {
    std::optional<Cardinality> cardinality;
    Argument key;
    Argument value;
    std::vector<std::pair<Value, Argument>> meta;
    std::optional<std::pair<std::string, Value>> mark;  ///< another of these, but not of an edge's
};

struct Option {
    Value key;               ///< a Pick, a Merge, a predicate or a value; null: see `traversal_key`
    TraversalPtr traversal;  ///< what is done
    TraversalPtr traversal_key;
};

struct Step {
    Op op{};
    std::vector<std::string> as;     ///< labels given by as()
    std::vector<std::string> texts;  ///< see Op
    Values values;
    std::vector<TraversalPtr> children;
    std::vector<By> by;
    std::vector<Test> tests;
    std::vector<Setting> settings;
    std::vector<Option> options;
    std::vector<std::pair<std::string, Argument>> with;  ///< options by name
    Ptr<Predicate> predicate;
    std::shared_ptr<const LambdaCode> lambda;
    Direction side{};
    Scope scope = Scope::kGlobal;
    Pop pop = Pop::kLast;
    Column column{};
    std::optional<Operator> reduce;  ///< of fold and sack
    int64_t low = 0;
    int64_t high = -1;  ///< -1: no end
    double fraction = 0;
    uint32_t tokens = 0;
    bool start = false;  ///< begins a traversal, not in its midst
    // repeat
    TraversalPtr until, emit;
    bool until_first = false, emit_first = false, emit_all = false;
    std::optional<int64_t> times;
    Argument label;  ///< of addV and addE; null: the usual one
    // addE, path
    Argument from, to;
    bool has_from = false, has_to = false;
    uint32_t at = 0;  ///< where in the script
};

struct Traversal {
    std::vector<Step> steps;
};

/// A whole query: with what its source was configured.
struct Query {
    TraversalPtr root;
    Rules rules;
    bool needs_path = false;  ///< some step asks where a traverser has been
    bool writes = false;
    bool writes_file = false;    ///< io().write()
    bool sent_elements = false;  ///< among its values there are elements that a client sent
    std::vector<std::pair<std::string, std::pair<Value, std::optional<Operator>>>> side_effects;
    std::optional<Value> sack;
    std::optional<Operator> sack_merge;
    bool references = false;  ///< elements in results have an id and a label, and no properties
    bool one_bulk = false;    ///< withBulk(false): a traverser counts once, however many met in it
    std::vector<std::pair<std::string, Value>> options;  ///< with(key, value) on the source
};

}  // namespace gyre::graph::plan
