#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "graph/cypher/detail/lexer.h"
#include "graph/plan/row.h"

namespace gyre::graph::cypher::detail {

/// Reads a query piece by piece: expressions in expressions.cpp, patterns in patterns.cpp, clauses
/// in clauses.cpp.
class Parser {
  public:
    Parser(std::string_view query, std::vector<Piece> pieces, const Map& parameters)
        : query_(query), pieces_(std::move(pieces)), parameters_(parameters) {}
    [[nodiscard]] core::Result<plan::RowQuery> Query();

  private:
    using Expr = plan::ExpressionPtr;
    template <typename T>
    using Result = core::Result<T>;

    // --- pieces
    [[nodiscard]] const Piece& Now() const { return pieces_[next_]; }
    [[nodiscard]] const Piece& Ahead(size_t by) const {
        return pieces_[std::min(next_ + by, pieces_.size() - 1)];
    }
    [[nodiscard]] bool IsSign(std::string_view sign, size_t ahead = 0) const;
    /// A keyword, in any case.
    [[nodiscard]] bool IsWord(std::string_view word, size_t ahead = 0) const;
    bool TakeSign(std::string_view sign);
    bool TakeWord(std::string_view word);
    [[nodiscard]] core::Status NeedSign(std::string_view sign);
    [[nodiscard]] core::Status NeedWord(std::string_view word);
    [[nodiscard]] Result<std::string> Name(const std::string& what);
    [[nodiscard]] tl::unexpected<core::Error> Expected(const std::string& what) const;
    [[nodiscard]] tl::unexpected<core::Error> Wrong(uint32_t at, std::string message) const;
    [[nodiscard]] tl::unexpected<core::Error> Unimplemented(const std::string& what) const;

    // --- variables
    [[nodiscard]] size_t NewSlot() { return query_plan_.width++; }
    /// Its slot; a new one, `bound` false, where it is new. "" is always new.
    size_t Bind(const std::string& name, bool& bound);

    // --- expressions
    [[nodiscard]] Result<Expr> Expression();
    [[nodiscard]] Result<Expr> Xor();
    [[nodiscard]] Result<Expr> And();
    [[nodiscard]] Result<Expr> Not();
    [[nodiscard]] Result<Expr> Comparison();
    [[nodiscard]] Result<Expr> Additive();
    [[nodiscard]] Result<Expr> Multiplicative();
    [[nodiscard]] Result<Expr> Power();
    [[nodiscard]] Result<Expr> Unary();
    [[nodiscard]] Result<Expr> Postfix();
    [[nodiscard]] Result<Expr> Atom();
    [[nodiscard]] Result<Expr> Number(bool negative);
    [[nodiscard]] Result<Expr> ListOrComprehension();
    [[nodiscard]] Result<Expr> MapLiteral();
    [[nodiscard]] Result<Expr> Case();
    [[nodiscard]] Result<Expr> Call(const std::string& name, uint32_t at);
    [[nodiscard]] Result<Expr> Aggregate(const std::string& name, uint32_t at);
    [[nodiscard]] static Expr Literal(Value value);
    [[nodiscard]] static Expr Slot(size_t slot);
    [[nodiscard]] static Expr Operate(plan::Operation operation, std::vector<Expr> children,
                                      uint32_t at);

    // --- patterns
    [[nodiscard]] Result<std::vector<plan::PathPattern>> Patterns();
    [[nodiscard]] Result<plan::PathPattern> Path();
    [[nodiscard]] Result<plan::NodePattern> Node();
    [[nodiscard]] Result<plan::HopPattern> Hop();
    [[nodiscard]] core::Status Length(plan::HopPattern& hop);
    [[nodiscard]] Result<std::vector<std::pair<std::string, Expr>>> Properties();

    // --- clauses
    [[nodiscard]] core::Status Match(bool optional);
    [[nodiscard]] core::Status Unwind();
    [[nodiscard]] core::Status Project(bool last);
    [[nodiscard]] core::Status OrderAndCut(plan::RowStep& step);
    [[nodiscard]] Result<plan::RowItem> Item(plan::RowStep& step);
    [[nodiscard]] core::Status Create();
    [[nodiscard]] core::Status Merge();
    [[nodiscard]] Result<std::vector<plan::SetItem>> SetItems();
    [[nodiscard]] core::Status Remove();
    [[nodiscard]] core::Status Delete(bool detach);
    void FindIds(plan::RowStep& step) const;

    const std::string_view query_;
    const std::vector<Piece> pieces_;
    const Map& parameters_;
    size_t next_ = 0;
    int depth_ = 0;
    plan::RowQuery query_plan_;
    std::map<std::string, size_t> scope_;
    /// Of the projection that is read; null elsewhere, where aggregates have no place.
    std::vector<plan::AggregateCall>* aggregates_ = nullptr;
};

}  // namespace gyre::graph::cypher::detail
