#include "graph/gremlin/parser.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>
#include <optional>

#include "core/digest.h"
#include "graph/gremlin/lexer.h"
#include "graph/gremlin/literal.h"
#include "graph/gremlin/option_names.h"
#include "graph/predicate.h"

namespace gyre::graph::gremlin {
namespace {

using core::Result;
using core::Status;

constexpr int kMaxDepth = 200;

/// Tokens that scripts may write without their class, where no step has the name.
constexpr std::pair<std::string_view, TokenKind> kBareTokens[] = {
    {"id", TokenKind::kT},
    {"label", TokenKind::kT},
    {"key", TokenKind::kT},
    {"value", TokenKind::kT},
    {"asc", TokenKind::kOrder},
    {"desc", TokenKind::kOrder},
    {"shuffle", TokenKind::kOrder},
    {"incr", TokenKind::kOrder},
    {"decr", TokenKind::kOrder},
    {"global", TokenKind::kScope},
    {"local", TokenKind::kScope},
    {"all", TokenKind::kPop},
    {"first", TokenKind::kPop},
    {"last", TokenKind::kPop},
    {"mixed", TokenKind::kPop},
    {"keys", TokenKind::kColumn},
    {"values", TokenKind::kColumn},
    {"OUT", TokenKind::kDirection},
    {"IN", TokenKind::kDirection},
    {"BOTH", TokenKind::kDirection},
    {"from", TokenKind::kDirection},
    {"to", TokenKind::kDirection},
    {"addAll", TokenKind::kOperator},
    {"and", TokenKind::kOperator},
    {"assign", TokenKind::kOperator},
    {"div", TokenKind::kOperator},
    {"max", TokenKind::kOperator},
    {"min", TokenKind::kOperator},
    {"minus", TokenKind::kOperator},
    {"mult", TokenKind::kOperator},
    {"or", TokenKind::kOperator},
    {"sum", TokenKind::kOperator},
    {"sumLong", TokenKind::kOperator},
    {"normSack", TokenKind::kBarrier},
    {"any", TokenKind::kPick},
    {"none", TokenKind::kPick},
    {"unproductive", TokenKind::kPick},
    {"single", TokenKind::kCardinality},
    {"set", TokenKind::kCardinality},
    {"list", TokenKind::kCardinality},
    {"onCreate", TokenKind::kMerge},
    {"onMatch", TokenKind::kMerge},
    {"outV", TokenKind::kMerge},
    {"inV", TokenKind::kMerge},
    {"second", TokenKind::kTimeUnit},
    {"minute", TokenKind::kTimeUnit},
    {"hour", TokenKind::kTimeUnit},
    {"day", TokenKind::kTimeUnit},
};

constexpr std::string_view kSourceMethods[] = {
    "withBulk",          "withPath", "withSack",     "withSideEffect", "withStrategies",
    "withoutStrategies", "with",     "withComputer", "withRemote"};

bool IsSourceMethod(std::string_view name) {
    return std::ranges::find(kSourceMethods, name) != std::end(kSourceMethods);
}

std::string Upper(std::string_view name) {
    std::string upper(name);
    for (char& c : upper) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    }
    return upper;
}

class Parser {
  public:
    Parser(std::string_view script, const Map& bindings)
        : script_(script), lexer_(script), bindings_(bindings) {}

    Result<std::vector<Statement>> Script() {
        GYRE_TRY(Advance());
        std::vector<Statement> statements;
        while (piece_.kind != Lexeme::kEnd) {
            if (IsSign(";")) {
                GYRE_TRY(Advance());
                continue;
            }
            if (piece_.kind == Lexeme::kText && piece_.value.empty()) {  // the empty query
                GYRE_TRY(Advance());
                continue;
            }
            if (!statements.empty() && !piece_.after_line_break && !after_semicolon_) {
                return Expected("';' or a new line before the next statement");
            }
            GYRE_ASSIGN(Statement statement, OneStatement());
            statements.push_back(std::move(statement));
        }
        if (statements.empty()) return Expected("a traversal, such as g.V()");
        return statements;
    }

  private:
    // --- pieces
    Status Advance() {
        after_semicolon_ = IsSign(";");
        GYRE_ASSIGN(piece_, lexer_.Next());
        return {};
    }
    [[nodiscard]] bool IsSign(std::string_view sign) const {
        return piece_.kind == Lexeme::kSign && piece_.text == sign;
    }
    [[nodiscard]] bool IsName(std::string_view name) const {
        return piece_.kind == Lexeme::kName && piece_.text == name;
    }
    tl::unexpected<core::Error> Expected(const std::string& what) {
        const std::string found = piece_.kind == Lexeme::kEnd
                                      ? "the end of the script"
                                      : "'" + std::string(piece_.text) + "'";
        return core::Fail(SyntaxError(script_, piece_.at, "expected " + what + ", found " + found));
    }
    tl::unexpected<core::Error> Wrong(uint32_t at, std::string message) {
        return core::Fail(SyntaxError(script_, at, std::move(message)));
    }
    Status Take(std::string_view sign) {
        if (!IsSign(sign)) return Expected("'" + std::string(sign) + "'");
        return Advance();
    }
    Result<std::string_view> TakeName(const std::string& what) {
        if (piece_.kind != Lexeme::kName) return Expected(what);
        const std::string_view name = piece_.text;
        GYRE_TRY(Advance());
        return name;
    }

    // --- statements
    Result<Statement> OneStatement() {
        Statement statement;
        if (piece_.kind != Lexeme::kName) return Expected("a traversal source, such as g");
        statement.source = std::string(piece_.text);
        GYRE_TRY(Advance());
        if (!IsSign(".")) return Expected("'.' and a step after the traversal source");
        while (IsSign(".")) {
            GYRE_TRY(Advance());
            const uint32_t at = piece_.at;
            GYRE_ASSIGN(const std::string_view name, TakeName("the name of a step"));
            auto& traversal = statement.traversal;
            if (name == "tx" && traversal.steps.empty() && traversal.sources.empty()) {
                GYRE_TRY(Transaction(statement));
                break;
            }
            GYRE_ASSIGN(Values arguments, Arguments());
            if (!traversal.steps.empty() && EndsWith(name, arguments, statement)) {
                if (IsSign(".") && statement.terminal != Terminal::kExplain) {
                    GYRE_TRY(SkipTail());
                }
                break;
            }
            Instruction call{std::string(name), std::move(arguments), at};
            const bool source = traversal.steps.empty() && IsSourceMethod(name);
            (source ? traversal.sources : traversal.steps).push_back(std::move(call));
        }
        return statement;
    }
    Status Transaction(Statement& statement) {
        GYRE_TRY(Take("("));
        GYRE_TRY(Take(")"));
        GYRE_TRY(Take("."));
        const uint32_t at = piece_.at;
        GYRE_ASSIGN(const std::string_view what, TakeName("commit or rollback"));
        if (what != "commit" && what != "rollback" && what != "begin" && what != "open") {
            return Wrong(at, "expected commit() or rollback() after tx()");
        }
        GYRE_TRY(Take("("));
        GYRE_TRY(Take(")"));
        statement.transaction = std::string(what);
        return {};
    }
    static bool EndsWith(std::string_view name, const Values& arguments, Statement& statement) {
        if (name == "next" && arguments.empty()) {
            statement.terminal = Terminal::kNext;
        } else if (name == "next" && arguments.size() == 1 && arguments[0].Is<int32_t>()) {
            statement.terminal = Terminal::kNextSome;
            statement.count = arguments[0].As<int32_t>();
        } else if (name == "hasNext" && arguments.empty()) {
            statement.terminal = Terminal::kHasNext;
        } else if (name == "tryNext" && arguments.empty()) {
            statement.terminal = Terminal::kTryNext;
        } else if (name == "iterate" && arguments.empty()) {
            statement.terminal = Terminal::kIterate;
        } else if (name == "explain" && arguments.empty()) {
            statement.terminal = Terminal::kExplain;
        } else if ((name == "toList" || name == "toBulkSet") && arguments.empty()) {
            statement.terminal = Terminal::kAll;
        } else if (name == "toSet" && arguments.empty()) {
            statement.terminal = Terminal::kSet;
        } else {
            return false;
        }
        return true;
    }
    /// ".toString()" and the like after a terminal.
    Status SkipTail() {
        return Expected("the end of the statement: nothing follows a terminal step");
    }

    // --- arguments
    Result<Values> Arguments() {
        GYRE_TRY(Take("("));
        Values arguments;
        while (!IsSign(")")) {
            if (!arguments.empty()) GYRE_TRY(Take(","));
            GYRE_ASSIGN(Value argument, Argument());
            arguments.push_back(std::move(argument));
        }
        GYRE_TRY(Advance());
        return arguments;
    }

    Result<Value> Argument() {
        if (++depth_ > kMaxDepth) return Wrong(piece_.at, "the query is nested too deeply");
        auto value = UndeepArgument();
        --depth_;
        return value;
    }

    Result<Value> UndeepArgument() {
        switch (piece_.kind) {
            case Lexeme::kText: {
                std::string text = std::move(piece_.value);
                const uint32_t at = piece_.at;
                GYRE_TRY(Advance());
                if (IsSign("..")) return TextRange(text, at);
                return MakeText(std::move(text));
            }
            case Lexeme::kNumber:
                return Number(false);
            case Lexeme::kSign:
                if (IsSign("-") || IsSign("+")) return Signed();
                if (IsSign("[")) return Collection();
                if (IsSign("{")) return SetLiteral();
                if (IsSign("(")) return Bracketed();
                return Expected("an argument or ')'");
            case Lexeme::kName:
                return Named();
            case Lexeme::kEnd:
                break;
        }
        return Expected("an argument or ')'");
    }

    Result<Value> Signed() {
        const bool negative = IsSign("-");
        GYRE_TRY(Advance());
        if (IsName("Infinity")) {
            GYRE_TRY(Advance());
            const double infinity = std::numeric_limits<double>::infinity();
            return Value(negative ? -infinity : infinity);
        }
        if (piece_.kind != Lexeme::kNumber) return Expected("a number after the sign");
        return Number(negative);
    }

    Result<Value> Number(bool negative) {
        auto number = ParseNumber(piece_.text, negative);
        if (!number) return Wrong(piece_.at, std::move(number.error().message));
        GYRE_TRY(Advance());
        if (IsSign("..")) {  // 1..4 is [1, 2, 3, 4]
            GYRE_TRY(Advance());
            const uint32_t at = piece_.at;
            GYRE_ASSIGN(const Value last, Argument());
            return Range(*number, last, at);
        }
        return *number;
    }

    Result<Value> Range(const Value& first, const Value& last, uint32_t at) {
        constexpr int64_t kMost = 100'000;
        if (!first.Is<int32_t>() || !last.Is<int32_t>()) {
            return Wrong(at, "expected whole numbers on both sides of '..'");
        }
        const int64_t from = first.As<int32_t>();
        const int64_t to = last.As<int32_t>();
        if (std::abs(to - from) >= kMost) return Wrong(at, "the range is too long");
        Values items;
        const int64_t step = from <= to ? 1 : -1;
        for (int64_t i = from; i != to + step; i += step) items.emplace_back(int32_t(i));
        return MakeList(std::move(items));
    }

    /// "a".."d" is ["a", "b", "c", "d"]: the last character counts on.
    Result<Value> TextRange(const std::string& first, uint32_t at) {
        GYRE_TRY(Advance());
        GYRE_ASSIGN(const Value last, Argument());
        const auto* end = last.If<std::string>();
        const bool counts = end != nullptr && !first.empty() && first.size() == end->size() &&
                            first.substr(0, first.size() - 1) == end->substr(0, end->size() - 1) &&
                            (first.back() & 0x80) == 0 && (end->back() & 0x80) == 0;
        if (!counts) return Wrong(at, "expected texts that differ in their last letter about '..'");
        Values items;
        const int step = first.back() <= end->back() ? 1 : -1;
        for (int c = first.back(); c != end->back() + step; c += step) {
            items.emplace_back(first.substr(0, first.size() - 1) + static_cast<char>(c));
        }
        return MakeList(std::move(items));
    }

    /// (x) is x; keys of maps are written so: [(T.id): 1].
    Result<Value> Bracketed() {
        GYRE_TRY(Take("("));
        GYRE_ASSIGN(Value value, Argument());
        GYRE_TRY(Take(")"));
        return value;
    }

    /// [1, 2], [:], [name: "x", (T.label): "y"]
    Result<Value> Collection() {
        GYRE_TRY(Take("["));
        if (IsSign(":")) {
            GYRE_TRY(Advance());
            GYRE_TRY(Take("]"));
            return Value(std::make_shared<Map>());
        }
        Values items;
        Ptr<Map> map;
        while (!IsSign("]")) {
            if (!items.empty() || map) GYRE_TRY(Take(","));
            const bool first = items.empty() && !map;
            GYRE_ASSIGN(Value item, KeyOrItem());
            if (first && IsSign(":")) map = std::make_shared<Map>();
            if (map) {
                GYRE_TRY(Take(":"));
                GYRE_ASSIGN(Value value, Argument());
                map->Put(std::move(item), std::move(value));
            } else {
                items.push_back(std::move(item));
            }
        }
        GYRE_TRY(Advance());
        if (map) return Value(std::move(map));
        return MakeList(std::move(items));
    }

    /// A bare name before ':' is a text, whatever else it means.
    Result<Value> KeyOrItem() {
        if (piece_.kind == Lexeme::kName) {
            const Lexer mark = lexer_;
            const Piece name = piece_;
            GYRE_TRY(Advance());
            if (IsSign(":")) return BareKey(name.text);
            lexer_ = mark;
            piece_ = name;
        }
        return Argument();
    }
    static Value BareKey(std::string_view name) { return Value(name); }

    Result<Value> SetLiteral() {
        GYRE_TRY(Take("{"));
        auto set = std::make_shared<Set>();
        bool first = true;
        while (!IsSign("}")) {
            if (!first) GYRE_TRY(Take(","));
            first = false;
            GYRE_ASSIGN(Value item, Argument());
            set->Add(std::move(item));
        }
        GYRE_TRY(Advance());
        return Value(std::move(set));
    }

    // --- names
    Result<Value> Named() {
        const std::string_view name = piece_.text;
        const uint32_t at = piece_.at;
        GYRE_TRY(Advance());
        if (name == "null") return Value();
        if (name == "true" || name == "false") return Value(name == "true");
        if (name == "NaN") return Value(std::numeric_limits<double>::quiet_NaN());
        if (name == "Infinity") return Value(std::numeric_limits<double>::infinity());
        if (name == "new") return NewObject();
        if (name == "__" && IsSign(".")) {
            GYRE_TRY(Advance());
            return Anonymous();
        }
        if ((name == "P" || name == "TextP") && IsSign(".")) {
            GYRE_TRY(Advance());
            const uint32_t called = piece_.at;
            GYRE_ASSIGN(const std::string_view predicate, TakeName("the name of a predicate"));
            if (!IsPredicateName(predicate)) {
                return Wrong(called, "expected a predicate, such as gt: " + std::string(name) +
                                         " has no '" + std::string(predicate) + "'");
            }
            return PredicateCall(predicate, called);
        }
        if (IsSign(".") && HasOptionNames(name)) return NamedOption(name);
        if (name == "Lambda" && IsSign(".")) return LambdaCall();
        if (const auto token = ClassToken(name, at)) return *token;
        if (IsSign("(")) return Call(name, at);
        if (IsStrategy(name)) return StrategyObject(name);
        if (const Value* bound = bindings_.Find(Value(name))) return *bound;
        for (const auto& [bare, kind] : kBareTokens) {
            Token token;
            if (bare == name && ParseToken(kind, name, token)) return Value(token);
        }
        if (Token type; ParseToken(TokenKind::kGType, Upper(name), type)) return Value(type);
        return Wrong(at, "'" + std::string(name) +
                             "' is not a word of the language, and there is no such binding");
    }

    /// "T.id", "Order.desc"…; nullopt for no class's name.
    std::optional<Result<Value>> ClassToken(std::string_view name, uint32_t at) {
        TokenKind kind{};
        if (name == "VertexProperty" && IsSign(".")) {  // VertexProperty.Cardinality.single
            if (const auto status = Advance(); !status) return Fail(status);
            if (!IsName("Cardinality")) return Result<Value>(Expected("Cardinality"));
            name = piece_.text;
            if (const auto status = Advance(); !status) return Fail(status);
        }
        if (name == "SackFunctions" && IsSign(".")) {  // SackFunctions.Barrier.normSack
            if (const auto status = Advance(); !status) return Fail(status);
            if (!IsName("Barrier")) return Result<Value>(Expected("Barrier"));
            name = piece_.text;
            if (const auto status = Advance(); !status) return Fail(status);
        }
        if (!IsSign(".") || !ParseTokenClass(name, kind)) return std::nullopt;
        if (const auto status = Advance(); !status) return Fail(status);
        const std::string_view value = piece_.text;
        const uint32_t value_at = piece_.at;
        Token token;
        const bool type = kind == TokenKind::kGType;
        if (piece_.kind != Lexeme::kName ||
            !ParseToken(kind, type ? Upper(value) : std::string(value), token)) {
            return Result<Value>(Wrong(value_at, "expected a value of " + std::string(name)));
        }
        static_cast<void>(at);
        if (const auto status = Advance(); !status) return Fail(status);
        if (kind == TokenKind::kCardinality && IsSign("(")) return CardinalityCall(token);
        return Result<Value>(Value(token));
    }
    static std::optional<Result<Value>> Fail(const Status& status) {
        return Result<Value>(core::Fail(status.error()));
    }

    Result<Value> NamedOption(std::string_view of) {
        GYRE_TRY(Advance());
        const uint32_t at = piece_.at;
        GYRE_ASSIGN(const std::string_view name, TakeName("an option"));
        if (auto option = OptionName(of, name)) return *option;
        return Wrong(
            at, "expected an option: there is no " + std::string(of) + "." + std::string(name));
    }

    Result<Value> CardinalityCall(Token token) {
        GYRE_ASSIGN(Values arguments, Arguments());
        if (arguments.size() != 1)
            return Wrong(piece_.at, "expected one value of that cardinality");
        return Value(std::make_shared<CardinalityValue>(
            CardinalityValue{static_cast<Cardinality>(token.value), std::move(arguments[0])}));
    }

    /// A predicate, a function of the language, or an anonymous traversal that begins with a step.
    Result<Value> Call(std::string_view name, uint32_t at) {
        // "not", "and" and "or" are steps; "not" of a predicate is the predicate's.
        const bool maybe_step = name == "not";
        if (IsPredicateName(name) && !maybe_step) return PredicateCall(name, at);
        if (name == "datetime" || name == "DateTime" || name == "Date") return DateCall(at);
        if (name == "uuid" || name == "UUID") return UuidCall(at);
        if (name == "single" || name == "set" || name == "list") {
            Token token;
            static_cast<void>(ParseToken(TokenKind::kCardinality, name, token));
            return CardinalityCall(token);
        }
        if (IsStrategy(name)) return StrategyObject(name);
        auto bytecode = std::make_shared<Bytecode>();
        GYRE_ASSIGN(Values arguments, Arguments());
        if (maybe_step && arguments.size() == 1 && arguments[0].Is<Ptr<Predicate>>()) {
            return Chained(arguments[0].As<Ptr<Predicate>>()->Negated());
        }
        bytecode->steps.push_back({std::string(name), std::move(arguments), at});
        return Rest(std::move(bytecode));
    }

    Result<Value> Anonymous() {
        auto bytecode = std::make_shared<Bytecode>();
        const uint32_t at = piece_.at;
        GYRE_ASSIGN(const std::string_view name, TakeName("the name of a step"));
        GYRE_ASSIGN(Values arguments, Arguments());
        bytecode->steps.push_back({std::string(name), std::move(arguments), at});
        return Rest(std::move(bytecode));
    }
    Result<Value> Rest(Ptr<Bytecode> bytecode) {
        while (IsSign(".")) {
            GYRE_TRY(Advance());
            const uint32_t at = piece_.at;
            GYRE_ASSIGN(const std::string_view name, TakeName("the name of a step"));
            GYRE_ASSIGN(Values arguments, Arguments());
            bytecode->steps.push_back({std::string(name), std::move(arguments), at});
        }
        return Value(std::move(bytecode));
    }

    Result<Value> PredicateCall(std::string_view name, uint32_t at) {
        GYRE_ASSIGN(Values arguments, Arguments());
        auto predicate = MakePredicate(name, std::move(arguments));
        if (!predicate) return Wrong(at, std::move(predicate.error().message));
        return Chained(std::move(*predicate));
    }
    /// p.and(q), p.or(q), p.negate()
    Result<Value> Chained(Ptr<Predicate> predicate) {
        while (IsSign(".")) {
            GYRE_TRY(Advance());
            const uint32_t at = piece_.at;
            GYRE_ASSIGN(const std::string_view name, TakeName("and, or or negate"));
            GYRE_ASSIGN(Values arguments, Arguments());
            if (name == "negate" && arguments.empty()) {
                predicate = predicate->Negated();
                continue;
            }
            if ((name != "and" && name != "or") || arguments.size() != 1) {
                return Wrong(at, "expected and(predicate), or(predicate) or negate()");
            }
            arguments.insert(arguments.begin(), Value(std::move(predicate)));
            auto both = MakePredicate(name, std::move(arguments));
            if (!both) return Wrong(at, std::move(both.error().message));
            predicate = std::move(*both);
        }
        return Value(std::move(predicate));
    }

    /// Lambda.function("it.get()"), as Java's clients write them.
    Result<Value> LambdaCall() {
        GYRE_TRY(Advance());
        const uint32_t at = piece_.at;
        GYRE_ASSIGN(const std::string_view kind, TakeName("function, predicate or another kind"));
        GYRE_ASSIGN(const Values arguments, Arguments());
        if (arguments.size() != 1 || !arguments[0].Is<std::string>()) {
            return Wrong(at, "expected the lambda's text in quotes");
        }
        const bool of_two = kind == "comparator" || kind == "biFunction";
        if (!of_two && kind != "function" && kind != "predicate" && kind != "consumer" &&
            kind != "supplier") {
            return Wrong(at, "expected a kind of lambda, such as function");
        }
        return Value(std::make_shared<Lambda>(
            Lambda{"gremlin-groovy", arguments[0].As<std::string>(), of_two ? 2 : -1}));
    }

    Result<Value> DateCall(uint32_t at) {
        GYRE_ASSIGN(const Values arguments, Arguments());
        Date date;
        if (arguments.empty()) {
            date.milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(
                                    std::chrono::system_clock::now().time_since_epoch())
                                    .count();
            return Value(date);
        }
        if (arguments.size() != 1 || !arguments[0].Is<std::string>() ||
            !ParseDate(arguments[0].As<std::string>(), date)) {
            return Wrong(at,
                         "expected a date and time in ISO 8601, such as '2023-08-02T00:00:00Z'");
        }
        return Value(date);
    }
    Result<Value> UuidCall(uint32_t at) {
        GYRE_ASSIGN(const Values arguments, Arguments());
        Uuid uuid;
        if (arguments.empty()) {
            GYRE_CHECK(ParseUuid(core::RandomUuid(), uuid));
            return Value(uuid);
        }
        if (arguments.size() != 1 || !arguments[0].Is<std::string>() ||
            !ParseUuid(arguments[0].As<std::string>(), uuid)) {
            return Wrong(at, "expected a UUID in quotes");
        }
        return Value(uuid);
    }

    // --- strategies: new SubgraphStrategy(vertices: hasLabel("person")), ReadOnlyStrategy
    static bool IsStrategy(std::string_view name) { return name.ends_with("Strategy"); }

    Result<Value> NewObject() {
        const uint32_t at = piece_.at;
        GYRE_ASSIGN(const std::string_view name, TakeName("a strategy or Vertex"));
        if (name == "Vertex" || name == "ReferenceVertex") return VertexReference(at);
        if (!IsStrategy(name)) return Wrong(at, "expected a strategy or Vertex after new");
        return StrategyObject(name);
    }
    Result<Value> VertexReference(uint32_t at) {
        GYRE_ASSIGN(Values arguments, Arguments());
        if (arguments.size() != 2 || !arguments[1].Is<std::string>()) {
            return Wrong(at, "expected a vertex's id and label");
        }
        auto reference = std::make_shared<ElementReference>();
        reference->id = std::move(arguments[0]);
        reference->label = arguments[1].As<std::string>();
        return Value(std::move(reference));
    }
    Result<Value> StrategyObject(std::string_view name) {
        auto strategy = std::make_shared<Strategy>();
        strategy->name = std::string(name);
        if (!IsSign("(")) return Value(std::move(strategy));
        GYRE_TRY(Advance());
        while (!IsSign(")")) {
            if (!strategy->configuration.empty()) GYRE_TRY(Take(","));
            GYRE_ASSIGN(const std::string_view key, TakeName("the name of an option"));
            GYRE_TRY(Take(":"));
            GYRE_ASSIGN(Value value, Argument());
            strategy->configuration.emplace_back(std::string(key), std::move(value));
        }
        GYRE_TRY(Advance());
        return Value(std::move(strategy));
    }

    const std::string_view script_;
    Lexer lexer_;
    const Map& bindings_;
    Piece piece_;
    bool after_semicolon_ = false;
    int depth_ = 0;
};

}  // namespace

core::Result<std::vector<Statement>> ParseScript(std::string_view script, const Map& bindings) {
    return Parser(script, bindings).Script();
}

}  // namespace gyre::graph::gremlin
