#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "graph/sparql/algebra.h"
#include "graph/sparql/detail/lexer.h"

namespace gyre::graph::sparql::detail {

/// Where triples go as they are read.
struct TripleSink {
    std::vector<TriplePattern>& triples;
    std::vector<PathPattern>* paths = nullptr;  ///< null: paths are not allowed
    bool variables = true;                      ///< whether variables are
    bool blanks = true;                         ///< whether blank nodes are
    bool is_template = false;                   ///< blank nodes are made, not matched
};

/// By recursive descent, one function a rule of the grammar ("SPARQL 1.1 Query Language", 19.8).
/// Each says in which file it is.
class Parser {
  public:
    Parser(std::string_view text, std::vector<Token> tokens, std::string_view base)
        : text_(text), tokens_(std::move(tokens)), base_(base) {}

    [[nodiscard]] core::Result<Query> OneQuery();           // parse_query.cpp
    [[nodiscard]] core::Result<UpdateRequest> OneUpdate();  // parse_update.cpp

  private:
    /// The variables of one SELECT.
    struct Scope {
        std::vector<std::string> names;
        std::map<std::string, Slot, std::less<>> slots;
        std::map<std::string, uint32_t, std::less<>> blanks;  ///< label -> slot
        std::vector<Aggregate>* aggregates = nullptr;         ///< where they may be
        bool in_aggregate = false;
    };
    class Nesting;

    // parse_tokens.cpp
    [[nodiscard]] const Token& Now(size_t ahead = 0) const {
        return tokens_[std::min(next_ + ahead, tokens_.size() - 1)];
    }
    [[nodiscard]] bool IsSign(std::string_view sign, size_t ahead = 0) const;
    [[nodiscard]] bool IsWord(std::string_view word, size_t ahead = 0) const;
    [[nodiscard]] bool Is(Lexeme kind) const { return Now().kind == kind; }
    [[nodiscard]] bool TakeSign(std::string_view sign);
    [[nodiscard]] bool TakeWord(std::string_view word);
    [[nodiscard]] core::Status NeedSign(std::string_view sign);
    [[nodiscard]] core::Status NeedWord(std::string_view word);
    [[nodiscard]] tl::unexpected<core::Error> Expected(const std::string& what) const;
    [[nodiscard]] tl::unexpected<core::Error> Wrong(size_t at, const std::string& what) const;
    [[nodiscard]] core::Status Enter();  ///< one level deeper
    [[nodiscard]] core::Status Chain();  ///< one more link of a chain, which is a level of the tree
    void Leave() { --depth_; }
    [[nodiscard]] bool IsIri() const;
    [[nodiscard]] core::Result<std::string> NeedIri(const std::string& what = "an IRI");
    [[nodiscard]] core::Result<std::string> NeedVariable();
    [[nodiscard]] core::Result<Slot> NeedSlot();
    [[nodiscard]] core::Result<uint64_t> NeedWhole();
    [[nodiscard]] core::Status Prologue();
    [[nodiscard]] Slot SlotOf(const std::string& variable);
    [[nodiscard]] Slot FreshSlot();
    [[nodiscard]] bool IsLiteral() const;
    [[nodiscard]] core::Result<Term> NeedLiteral();

    // parse_query.cpp
    [[nodiscard]] core::Status SelectQuery(Query& query);
    [[nodiscard]] core::Status ConstructQuery(Query& query);
    [[nodiscard]] core::Status DescribeQuery(Query& query);
    [[nodiscard]] core::Status AskQuery(Query& query);
    [[nodiscard]] core::Status Dataset(DatasetClause& dataset, std::string_view keyword);
    [[nodiscard]] core::Status Projection(Select& select, bool& all);
    [[nodiscard]] core::Status Where(Select& select);
    [[nodiscard]] core::Status Modifiers(Select& select);
    [[nodiscard]] core::Status GroupBy(Select& select);
    [[nodiscard]] core::Status OrderBy(Select& select);
    [[nodiscard]] core::Status LimitAndOffset(Select& select);
    [[nodiscard]] core::Status TrailingValues(Select& select);
    [[nodiscard]] core::Status CheckProjection(Select& select, bool all, size_t at);
    [[nodiscard]] core::Status CheckGrouped(const Select& select, const Expression& expression,
                                            const std::set<Slot>& known, size_t at) const;
    [[nodiscard]] core::Result<NodePtr> SubSelectPattern();
    void Open(Select& select);
    void Close(Select& select);

    // parse_pattern.cpp
    [[nodiscard]] core::Result<NodePtr> GroupGraphPattern();
    [[nodiscard]] core::Result<NodePtr> GroupBody();
    [[nodiscard]] core::Result<NodePtr> NotTriples(NodePtr group);
    [[nodiscard]] core::Result<NodePtr> UnionPattern();
    [[nodiscard]] core::Result<NodePtr> GraphPattern();
    [[nodiscard]] core::Result<NodePtr> ServicePattern();
    [[nodiscard]] core::Result<NodePtr> Bind(NodePtr group);
    [[nodiscard]] core::Result<NodePtr> DataBlock();
    [[nodiscard]] core::Result<std::optional<Term>> DataValue();

    // parse_triples.cpp
    [[nodiscard]] core::Status TriplesBlock(const TripleSink& sink);
    [[nodiscard]] core::Status SameSubject(const TripleSink& sink);
    [[nodiscard]] core::Status TakeHints(const TripleSink& sink, size_t from, size_t at);
    [[nodiscard]] core::Status PropertyList(const TripleSink& sink, const PatternTerm& subject,
                                            bool needed);
    [[nodiscard]] core::Status ObjectList(const TripleSink& sink, const PatternTerm& subject,
                                          const PatternTerm* verb,
                                          const std::shared_ptr<const PropertyPath>& path);
    [[nodiscard]] core::Result<PatternTerm> GraphNode(const TripleSink& sink);
    [[nodiscard]] core::Result<PatternTerm> Collection(const TripleSink& sink);
    [[nodiscard]] core::Result<PatternTerm> BlankProperties(const TripleSink& sink);
    [[nodiscard]] core::Result<PatternTerm> VarOrTerm(const TripleSink& sink);
    [[nodiscard]] core::Result<PatternTerm> VarOrIri(bool variables = true);
    [[nodiscard]] core::Result<PatternTerm> LabelledBlank(const TripleSink& sink,
                                                          const Token& token);
    [[nodiscard]] PatternTerm FreshBlank(const TripleSink& sink);
    void AddPath(const TripleSink& sink, const PatternTerm& subject,
                 const std::shared_ptr<const PropertyPath>& path, const PatternTerm& object);
    [[nodiscard]] bool BeginsTriples() const;

    // parse_path.cpp
    using SharedPath = std::shared_ptr<const PropertyPath>;
    [[nodiscard]] core::Result<SharedPath> Path();
    [[nodiscard]] core::Result<SharedPath> PathSequence();
    [[nodiscard]] core::Result<SharedPath> PathStep();
    [[nodiscard]] core::Result<SharedPath> PathPrimary();
    [[nodiscard]] core::Result<SharedPath> NegatedSet();

    // parse_expression.cpp
    [[nodiscard]] core::Result<ExpressionPtr> Expr();
    [[nodiscard]] core::Result<ExpressionPtr> AndExpr();
    [[nodiscard]] core::Result<ExpressionPtr> Relation();
    [[nodiscard]] core::Result<ExpressionPtr> Sum();
    [[nodiscard]] core::Result<ExpressionPtr> Product();
    [[nodiscard]] core::Result<ExpressionPtr> Unary();
    [[nodiscard]] core::Result<ExpressionPtr> Primary();
    [[nodiscard]] core::Result<ExpressionPtr> Constraint();
    [[nodiscard]] core::Result<ExpressionPtr> IriOrCall();
    [[nodiscard]] core::Result<ExpressionPtr> WordCall();
    [[nodiscard]] core::Result<ExpressionPtr> AggregateCall(Aggregate::Kind kind);
    [[nodiscard]] core::Result<ExpressionPtr> Exists(bool negated);
    [[nodiscard]] core::Result<std::vector<ExpressionPtr>> Arguments();

    // parse_update.cpp
    [[nodiscard]] core::Result<Update> Operation();
    [[nodiscard]] core::Status Data(Update& update, bool insert);
    [[nodiscard]] core::Status DeleteWhere(Update& update);
    [[nodiscard]] core::Status Modify(Update& update);
    [[nodiscard]] core::Status Manage(Update& update, Update::Kind kind);
    [[nodiscard]] core::Status QuadPattern(std::vector<QuadTemplate>& quads, bool variables,
                                           bool blanks);
    [[nodiscard]] core::Result<GraphTarget> Target(bool only_graph_or_default);

    std::string_view text_;
    std::vector<Token> tokens_;
    size_t next_ = 0;
    size_t depth_ = 0;
    size_t links_ = 0;
    std::string base_;
    std::map<std::string, std::string, std::less<>> prefixes_;
    Scope* scope_ = nullptr;
    std::vector<std::unique_ptr<Scope>> scopes_;
    // A blank node's label belongs to one basic graph pattern.
    size_t bgp_ = 0, bgps_ = 0;
    std::map<std::string, size_t, std::less<>> label_bgps_;
    std::map<std::string, uint32_t, std::less<>> template_blanks_;
    uint32_t template_blank_count_ = 0;
    std::optional<int64_t> timeout_ms_;  ///< of a hint
    std::string query_id_;               ///< likewise
    bool group_has_filter_ = false;      ///< the group that has just ended, itself
};

/// The variables that a pattern may bind, as far as they can be seen from outside.
void AddVisible(const Node& node, std::set<Slot>& slots);

template <typename T>
NodePtr MakeNode(T is) {
    auto node = std::make_unique<Node>();
    node->is = std::move(is);
    return node;
}
[[nodiscard]] inline NodePtr EmptyPattern() {
    return MakeNode(Bgp{});
}
[[nodiscard]] bool IsEmpty(const Node& node);
/// Joined; one of them where the other matches once and binds nothing.
[[nodiscard]] NodePtr Joined(NodePtr left, NodePtr right);
[[nodiscard]] ExpressionPtr MakeExpression(Expression::Kind kind);
[[nodiscard]] ExpressionPtr VariableExpression(Slot slot);

}  // namespace gyre::graph::sparql::detail
