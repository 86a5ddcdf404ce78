#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "graph/cypher/detail/lexer.h"
#include "graph/cypher/procedures.h"
#include "graph/plan/row.h"

namespace gyre::graph::cypher::detail {

constexpr int kMaxDepth = 100;

/// A name that the query can use from here on.
struct Variable {
    size_t slot = 0;
    plan::Type type{};
    bool many = false;  ///< the list of relationships of a pattern of many hops
};
using Scope = std::map<std::string, Variable>;

/// Reads a query piece by piece: expressions in operators.cpp, atoms.cpp and calls.cpp, patterns in
/// patterns.cpp, clauses in clauses.cpp, write_clauses.cpp, call_clause.cpp and projections.cpp.
class Parser {
  public:
    Parser(std::string_view query, std::vector<Piece> pieces, const Map& parameters,
           const Procedures& procedures)
        : query_(query),
          pieces_(std::move(pieces)),
          parameters_(parameters),
          procedures_(procedures) {}
    [[nodiscard]] core::Result<plan::RowQuery> Query();

  private:
    using Expr = plan::ExpressionPtr;
    template <typename T>
    using Result = core::Result<T>;
    /// What a pattern is for.
    enum class Use : uint8_t { kMatch, kCreate, kMerge, kPredicate };

    // --- pieces
    [[nodiscard]] const Piece& Now() const { return pieces_[next_]; }
    [[nodiscard]] const Piece& Ahead(size_t by) const {
        return pieces_[std::min(next_ + by, pieces_.size() - 1)];
    }
    [[nodiscard]] bool IsSign(std::string_view sign, size_t ahead = 0) const;
    /// A keyword, in any case.
    [[nodiscard]] bool IsWord(std::string_view word, size_t ahead = 0) const;
    [[nodiscard]] bool IsName(size_t ahead = 0) const;
    bool TakeSign(std::string_view sign);
    bool TakeWord(std::string_view word);
    [[nodiscard]] core::Status NeedSign(std::string_view sign);
    [[nodiscard]] core::Status NeedWord(std::string_view word);
    [[nodiscard]] Result<std::string> Name(const std::string& what);
    [[nodiscard]] tl::unexpected<core::Error> Expected(const std::string& what) const;
    /// `detail` is the language's name for what is wrong: UndefinedVariable.
    [[nodiscard]] tl::unexpected<core::Error> Wrong(uint32_t at, std::string_view detail,
                                                    std::string message) const;
    [[nodiscard]] tl::unexpected<core::Error> Unimplemented(const std::string& what) const;

    // --- variables
    [[nodiscard]] size_t NewSlot() { return width_++; }
    [[nodiscard]] Result<Variable> Find(const std::string& name, uint32_t at) const;
    /// Its slot; a new one, `bound` false, where it is new. "" is always new.
    [[nodiscard]] Result<size_t> Bind(const std::string& name, plan::Type type, bool many,
                                      uint32_t at, bool& bound);

    // --- expressions
    [[nodiscard]] Result<Expr> Expression();
    /// With patterns as conditions.
    [[nodiscard]] Result<Expr> Condition();
    [[nodiscard]] Result<Expr> Or();
    [[nodiscard]] Result<Expr> Xor();
    [[nodiscard]] Result<Expr> And();
    [[nodiscard]] Result<Expr> Not();
    [[nodiscard]] Result<Expr> Comparison();
    [[nodiscard]] Result<Expr> Predicated();
    [[nodiscard]] Result<Expr> Additive();
    [[nodiscard]] Result<Expr> Multiplicative();
    [[nodiscard]] Result<Expr> Power();
    [[nodiscard]] Result<Expr> Unary();
    [[nodiscard]] Result<Expr> Postfix();
    [[nodiscard]] Result<Expr> Indexed(Expr inner, uint32_t at);
    [[nodiscard]] Result<Expr> Atom();
    [[nodiscard]] Result<Expr> NamedAtom();
    [[nodiscard]] Result<Expr> Parameter();
    [[nodiscard]] Result<Expr> Number(bool negative);
    [[nodiscard]] Result<Expr> ListOrComprehension();
    [[nodiscard]] Result<Expr> PatternComprehension();
    [[nodiscard]] Result<Expr> MapLiteral();
    [[nodiscard]] Result<Expr> MapProjection(Expr of);
    [[nodiscard]] Result<Expr> Case();
    [[nodiscard]] Result<Expr> Quantifier();
    [[nodiscard]] Result<Expr> Reduce();
    [[nodiscard]] Result<Expr> Exists();
    [[nodiscard]] Result<Expr> PatternPredicate();
    [[nodiscard]] Result<Expr> Call(const std::string& name, uint32_t at);
    [[nodiscard]] Result<Expr> Aggregate(const std::string& name, uint32_t at);
    [[nodiscard]] core::Status Link(uint32_t at);
    [[nodiscard]] core::Status CheckNumber(const Expr& expression, uint32_t at,
                                           bool or_sum = false) const;
    [[nodiscard]] core::Status CheckTruth(const Expr& expression, uint32_t at) const;
    [[nodiscard]] bool PatternBegins() const;
    [[nodiscard]] bool PatternFollows() const;
    /// A pattern that can be nothing else: its first node is none that arithmetic is done with.
    [[nodiscard]] bool IsMisplacedPattern() const;
    [[nodiscard]] size_t NameOfCall(std::string& name) const;

    // --- patterns
    [[nodiscard]] Result<std::vector<plan::PathPattern>> Patterns(Use use);
    [[nodiscard]] Result<plan::PathPattern> Path(Use use);
    [[nodiscard]] Result<plan::PathPattern> Chain(Use use);
    [[nodiscard]] Result<plan::NodePattern> Node(Use use);
    [[nodiscard]] Result<plan::HopPattern> Hop(Use use);
    [[nodiscard]] core::Status Length(plan::HopPattern& hop);
    [[nodiscard]] core::Status WrittenHop(const plan::HopPattern& hop, Use use, uint32_t at) const;
    [[nodiscard]] Result<plan::WantedProperties> PatternProperties(Use use);
    [[nodiscard]] Result<std::vector<std::pair<std::string, Expr>>> Properties();

    // --- clauses
    [[nodiscard]] core::Status Hints(plan::RowQuery& query);
    /// `imports`: a part sees what is around it only by a WITH that it begins with.
    [[nodiscard]] Result<plan::RowUnion> Union(std::string_view end, bool imports = false);
    [[nodiscard]] Result<plan::RowPart> Part(std::string_view end);
    [[nodiscard]] Result<bool> Clause(plan::RowPart& part, std::string_view end);
    [[nodiscard]] core::Status Match(plan::RowPart& part, bool optional);
    [[nodiscard]] core::Status Unwind(plan::RowPart& part);
    [[nodiscard]] core::Status Project(plan::RowPart& part, bool last);
    [[nodiscard]] core::Status AllItems(plan::RowStep& step, uint32_t at, bool last, Scope& scope);
    [[nodiscard]] core::Status OrderAndCut(plan::RowStep& step);
    [[nodiscard]] core::Status CheckCut(const Expr& expression, uint32_t at,
                                        const std::string& word) const;
    [[nodiscard]] Result<plan::RowItem> Item(plan::RowStep& step, bool& named);
    [[nodiscard]] core::Status CheckSorted(const plan::RowStep& step, const Expr& expression,
                                           const Scope& scope) const;
    [[nodiscard]] core::Status CheckGathered(const plan::RowStep& step, size_t first,
                                             const Scope& scope) const;
    [[nodiscard]] core::Status CheckGrouping(const plan::RowStep& step,
                                             const Expr& expression) const;
    [[nodiscard]] Result<Expr> OverItems(const plan::RowStep& step, const Expr& expression,
                                         const Scope& scope) const;
    [[nodiscard]] core::Status Create(plan::RowPart& part);
    [[nodiscard]] core::Status Merge(plan::RowPart& part);
    [[nodiscard]] core::Status Set(plan::RowPart& part);
    [[nodiscard]] Result<std::vector<plan::SetItem>> SetItems();
    [[nodiscard]] core::Status Remove(plan::RowPart& part);
    [[nodiscard]] core::Status Delete(plan::RowPart& part, bool detach);
    [[nodiscard]] core::Status Subquery(plan::RowPart& part);
    [[nodiscard]] Result<bool> Procedure(plan::RowPart& part, std::string_view end);
    [[nodiscard]] core::Status Arguments(plan::RowStep& step);
    [[nodiscard]] core::Status GivenArguments(plan::RowStep& step, uint32_t at);
    [[nodiscard]] core::Status Yield(plan::RowStep& step);
    [[nodiscard]] core::Status YieldAll(plan::RowStep& step);
    [[nodiscard]] core::Status ForEach(plan::RowPart& part);
    [[nodiscard]] bool EndOfPart(std::string_view end) const;

    const std::string_view query_;
    const std::vector<Piece> pieces_;
    const Map& parameters_;
    const Procedures& procedures_;
    size_t next_ = 0;
    int depth_ = 0;
    int links_ = 0;
    size_t width_ = 0;
    bool writes_ = false;
    bool removes_ = false;
    Scope scope_;
    std::set<size_t> fresh_;  ///< slots that this CREATE or MERGE makes
    bool patterns_allowed_ = false;
    bool reading_only_ = false;  ///< inside EXISTS { }
    /// Of the projection that is read; null elsewhere, where aggregates have no place.
    std::vector<plan::AggregateCall>* aggregates_ = nullptr;
    bool in_aggregate_ = false;
};

[[nodiscard]] std::string Lower(std::string text);
[[nodiscard]] plan::ExpressionPtr Literal(Value value);
[[nodiscard]] plan::ExpressionPtr SlotOf(size_t slot, plan::Type type);
[[nodiscard]] plan::ExpressionPtr Operate(plan::Operation operation,
                                          std::vector<plan::ExpressionPtr> children, uint32_t at);
[[nodiscard]] plan::Type TypeOf(const Value& value);
/// The one type of all that are not null; kAny where there is none.
[[nodiscard]] plan::Type CommonType(const std::vector<plan::ExpressionPtr>& items);
[[nodiscard]] std::string_view TypeWord(plan::Type type);
/// Whether it reads any variable, or is not the same each time.
[[nodiscard]] bool IsConstant(const plan::Expression& expression);

/// The piece of the parser that a child expression needs, put back when it ends.
template <typename T>
class Restored {
  public:
    explicit Restored(T& place) : place_(place), kept_(place) {}
    Restored(T& place, T with) : place_(place), kept_(std::move(place)) {
        place_ = std::move(with);
    }
    ~Restored() { place_ = std::move(kept_); }
    Restored(const Restored&) = delete;
    Restored& operator=(const Restored&) = delete;

  private:
    T& place_;
    T kept_;
};

}  // namespace gyre::graph::cypher::detail
