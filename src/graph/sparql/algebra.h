#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "graph/rdf/term.h"

/// SPARQL's algebra ("SPARQL 1.1 Query Language", 18), as the parser gives it. Variables are places
/// in the rows of their SELECT: a subselect has rows of its own.
namespace gyre::graph::sparql {

using rdf::Term;
using Slot = uint32_t;

struct Node;
using NodePtr = std::unique_ptr<Node>;
struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;
struct PropertyPath;
using PathPtr = std::unique_ptr<PropertyPath>;
struct Select;
struct Function;

/// A variable or a term; in templates also a blank node, which is made anew for each row.
struct PatternTerm {
    enum class Kind : uint8_t { kVariable, kTerm, kBlank } kind = Kind::kTerm;
    uint32_t number = 0;  ///< the variable's slot, or the blank node's number in its template
    Term term;

    [[nodiscard]] bool IsVariable() const { return kind == Kind::kVariable; }
    bool operator==(const PatternTerm&) const = default;
};

struct TriplePattern {
    PatternTerm subject, predicate, object;
};
struct PathPattern {
    PatternTerm subject;
    std::shared_ptr<const PropertyPath> path;
    PatternTerm object;
};
/// What is not a link or a sequence of them; those are triple patterns.
struct PropertyPath {
    enum class Kind : uint8_t {
        kLink,
        kInverse,
        kSequence,
        kAlternative,
        kZeroOrMore,
        kOneOrMore,
        kZeroOrOne,
        kNegated,  ///< any link but `excepted`, or against its direction any but `excepted_inverse`
    } kind = Kind::kLink;
    Term link;
    std::vector<std::shared_ptr<const PropertyPath>> of;
    std::vector<Term> excepted, excepted_inverse;
    bool forward = true, backward = false;  ///< of kNegated
};

struct Bgp {
    std::vector<TriplePattern> triples;
    std::vector<PathPattern> paths;
};
struct Join {
    NodePtr left, right;
};
struct LeftJoin {
    NodePtr left, right;
    std::vector<ExpressionPtr> conditions;
};
struct Union {
    std::vector<NodePtr> branches;
};
struct Minus {
    NodePtr left, right;
};
struct Filter {
    NodePtr of;
    std::vector<ExpressionPtr> conditions;
};
/// BIND, and what SELECT and GROUP BY compute: all of one row at once.
struct Extend {
    NodePtr of;
    std::vector<std::pair<Slot, ExpressionPtr>> values;
};
struct InGraph {
    PatternTerm graph;
    NodePtr of;
};
struct Values {
    std::vector<Slot> slots;
    std::vector<std::vector<std::optional<Term>>> rows;
};
struct SubSelect {
    std::unique_ptr<Select> select;
    std::vector<Slot> into;  ///< for each of its columns
};
/// A pattern that another server answers: it is sent as it was written.
struct Service {
    PatternTerm where;
    bool silent = false;
    std::vector<Slot> columns;  ///< the variables with names that it may bind
    std::string prologue;       ///< BASE and PREFIX lines that it is written under
    std::string text;           ///< the group, from its '{' to its '}'
};

struct Node {
    std::variant<Bgp, Join, LeftJoin, Union, Minus, Filter, Extend, InGraph, Values, SubSelect,
                 Service>
        is;
};

struct Expression {
    enum class Kind : uint8_t {
        kVariable,
        kTerm,
        kOr,
        kAnd,
        kNot,
        kEqual,
        kNotEqual,
        kLess,
        kGreater,
        kLessOrEqual,
        kGreaterOrEqual,
        kIn,  ///< the first in the others
        kNotIn,
        kAdd,
        kSubtract,
        kMultiply,
        kDivide,
        kNegate,
        kBound,
        kIf,
        kCoalesce,
        kExists,
        kNotExists,
        kCall,
        kUnknownCall,  ///< of a function that is not known: an error in each row
    } kind = Kind::kTerm;
    Slot slot = 0;
    Term term;
    const Function* function = nullptr;
    std::vector<ExpressionPtr> of;
    NodePtr pattern;
};

using PathKind = PropertyPath::Kind;
using ExpressionKind = Expression::Kind;

struct Aggregate {
    enum class Kind : uint8_t {
        kCount,
        kSum,
        kMin,
        kMax,
        kAvg,
        kSample,
        kGroupConcat,
    } kind = Kind::kCount;
    bool distinct = false;
    ExpressionPtr of;  ///< null: COUNT(*)
    std::string separator = " ";
    Slot into = 0;
};

using AggregateKind = Aggregate::Kind;

struct Select {
    std::vector<std::string> names;  ///< by slot; "" for what cannot be named
    NodePtr where;
    bool grouped = false;
    std::vector<std::pair<Slot, ExpressionPtr>> keys;  ///< no expression: the variable itself
    std::vector<Aggregate> aggregates;
    std::vector<ExpressionPtr> having;
    std::vector<std::pair<Slot, ExpressionPtr>> computed;  ///< (expression AS ?variable)
    std::vector<std::pair<ExpressionPtr, bool>> order;     ///< true: descending
    std::vector<Slot> columns;
    NodePtr values;  ///< of a VALUES after all; may be null
    bool distinct = false;
    bool reduced = false;
    std::optional<uint64_t> limit;
    uint64_t offset = 0;

    [[nodiscard]] size_t Width() const { return names.size(); }
};

/// FROM and FROM NAMED, or USING and USING NAMED.
struct DatasetClause {
    std::vector<std::string> graphs, named;
    [[nodiscard]] bool Given() const { return !graphs.empty() || !named.empty(); }
};

struct QuadTemplate {
    TriplePattern triple;
    std::optional<PatternTerm> graph;  ///< none: the default graph
};

struct Query {
    enum class Form : uint8_t { kSelect, kConstruct, kAsk, kDescribe } form = Form::kSelect;
    Select select;     ///< of all forms: what is matched, and its modifiers
    std::string base;  ///< what IRI() sees references from
    DatasetClause dataset;
    std::vector<TriplePattern> construct;
    std::vector<PatternTerm> describe;
    std::optional<int64_t> timeout_ms;  ///< of its hint; it may take no longer
    std::string query_id;               ///< of its hint: its name on the status page
};

/// What CLEAR, DROP, COPY, MOVE and ADD are about.
struct GraphTarget {
    enum class Kind : uint8_t { kGraph, kDefault, kNamed, kAll } kind = Kind::kGraph;
    std::string iri;
};

struct Update {
    enum class Kind : uint8_t {
        kModify,  ///< DATA too: a pattern that matches once
        kLoad,
        kClear,  ///< and DROP: there are no empty graphs
        kCreate,
        kCopy,
        kMove,
        kAdd,
    } kind = Kind::kModify;
    bool silent = false;
    // kModify
    Select select;
    std::string base;
    DatasetClause dataset;
    std::string with;  ///< the graph that is meant where none is named
    std::vector<QuadTemplate> remove, insert;
    // the others
    GraphTarget source, target;
};

/// A request's operations: all in one transaction.
struct UpdateRequest {
    std::vector<Update> operations;
    std::optional<int64_t> timeout_ms;  ///< as Query's
    std::string query_id;
    [[nodiscard]] bool Inserts() const;
    [[nodiscard]] bool Removes() const;
};

}  // namespace gyre::graph::sparql
