#include "graph/gremlin/groovy.h"

#include <cctype>
#include <span>
#include <utility>

#include "graph/gremlin/literal.h"

namespace gyre::graph::gremlin {
namespace {

using core::Code;
using core::Result;
using plan::LambdaNode;
using Kind = LambdaNode::Kind;

constexpr int kMaxDepth = 60;
constexpr size_t kMaxWords = 2000;  ///< a chain of operators is as deep as it is long

struct Word {
    enum class Kind : uint8_t { kEnd, kName, kNumber, kText, kSign, kNewLine } kind = Kind::kEnd;
    std::string text;
};

bool IsNameChar(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$';
}

Result<std::vector<Word>> Words(std::string_view script) {
    static constexpr std::string_view kSigns[] = {
        "->", "==", "!=", "<=", ">=", "&&", "||", "?:", "?."};
    std::vector<Word> words;
    for (size_t i = 0; i < script.size();) {
        const char c = script[i];
        if (c == '\n') {
            words.push_back({Word::Kind::kNewLine, "a new line"});
            ++i;
        } else if (std::isspace(static_cast<unsigned char>(c)) != 0) {
            ++i;
        } else if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
            size_t end = i;
            while (end < script.size() &&
                   (IsNameChar(script[end]) ||
                    (script[end] == '.' && end + 1 < script.size() &&
                     std::isdigit(static_cast<unsigned char>(script[end + 1])) != 0))) {
                ++end;
            }
            words.push_back({Word::Kind::kNumber, std::string(script.substr(i, end - i))});
            i = end;
        } else if (IsNameChar(c)) {
            size_t end = i;
            while (end < script.size() && IsNameChar(script[end])) ++end;
            words.push_back({Word::Kind::kName, std::string(script.substr(i, end - i))});
            i = end;
        } else if (c == '\'' || c == '"') {
            Word word{Word::Kind::kText, ""};
            for (++i; i < script.size() && script[i] != c; ++i) {
                if (script[i] == '\\' && i + 1 < script.size()) {
                    ++i;
                    word.text += script[i] == 'n' ? '\n' : script[i] == 't' ? '\t' : script[i];
                } else {
                    word.text += script[i];
                }
            }
            if (i == script.size()) {
                return core::Fail(Code::kInvalidArgument, "MalformedQueryException",
                                  "a text of the lambda has no end");
            }
            ++i;
            words.push_back(std::move(word));
        } else {
            std::string sign(1, c);
            for (const std::string_view two : kSigns) {
                if (script.substr(i, 2) == two) sign = two;
            }
            i += sign.size();
            words.push_back({Word::Kind::kSign, std::move(sign)});
        }
    }
    if (words.size() > kMaxWords) {
        return core::Fail(
            Code::kInvalidArgument, "QueryTooLargeException",
            "in the lambda, expected at most " + std::to_string(kMaxWords) + " words");
    }
    words.push_back({});
    return words;
}

/// Binary operators, those that bind least first.
constexpr std::string_view kOr[] = {"||"}, kAnd[] = {"&&"}, kEqual[] = {"==", "!="},
                           kOrder[] = {"<", ">", "<=", ">="}, kAdd[] = {"+", "-"},
                           kMultiply[] = {"*", "/", "%"};
constexpr std::span<const std::string_view> kLevels[] = {kOr,    kAnd, kEqual,
                                                         kOrder, kAdd, kMultiply};

class Reader {
  public:
    explicit Reader(std::vector<Word> words) : words_(std::move(words)) {}

    Result<plan::LambdaCode> Whole() {
        plan::LambdaCode code;
        SkipLines();
        const bool braced = IsSign("{");
        if (braced) Next();
        SkipLines();
        Parameters(code.parameters);
        if (code.parameters.empty()) code.parameters = {"it"};
        GYRE_ASSIGN(code.body, Statements(braced));
        if (At().kind != Word::Kind::kEnd) return Expected("the end of the lambda");
        return code;
    }

  private:
    [[nodiscard]] const Word& At() const { return words_[at_]; }
    void Next() {
        if (at_ + 1 < words_.size()) ++at_;
    }
    [[nodiscard]] bool IsSign(std::string_view sign) const {
        return At().kind == Word::Kind::kSign && At().text == sign;
    }
    [[nodiscard]] bool IsName(std::string_view name) const {
        return At().kind == Word::Kind::kName && At().text == name;
    }
    bool TakeSign(std::string_view sign) {
        if (!IsSign(sign)) return false;
        Next();
        return true;
    }
    void SkipLines() {
        while (At().kind == Word::Kind::kNewLine || IsSign(";")) Next();
    }
    tl::unexpected<core::Error> Expected(const std::string& what) const {
        const std::string found = At().kind == Word::Kind::kEnd ? "its end" : "'" + At().text + "'";
        return core::Fail(Code::kInvalidArgument, "MalformedQueryException",
                          "in the lambda, expected " + what + ", found " + found);
    }

    /// "a, b ->"; where no arrow follows, there are none.
    void Parameters(std::vector<std::string>& names) {
        const size_t mark = at_;
        std::vector<std::string> found;
        while (At().kind == Word::Kind::kName) {
            found.push_back(At().text);
            Next();
            if (!TakeSign(",")) break;
        }
        if (TakeSign("->"))
            names = std::move(found);
        else
            at_ = mark;
    }

    Result<LambdaNode> Statements(bool braced) {
        LambdaNode block{Kind::kBlock, "", {}, {}};
        while (true) {
            SkipLines();
            if (At().kind == Word::Kind::kEnd) break;
            if (braced && TakeSign("}")) {
                SkipLines();
                break;
            }
            GYRE_ASSIGN(LambdaNode statement, Statement());
            block.children.push_back(std::move(statement));
        }
        return block;
    }
    Result<LambdaNode> Statement() {
        if (++depth_ > kMaxDepth) return Expected("less nesting");
        auto statement = UndeepStatement();
        --depth_;
        return statement;
    }
    Result<LambdaNode> UndeepStatement() {
        if (TakeSign("{")) return Statements(true);
        if (IsName("if")) return If();
        if (IsName("return")) {
            Next();
            GYRE_ASSIGN(LambdaNode value, Expression());
            return LambdaNode{Kind::kReturn, "", {}, {std::move(value)}};
        }
        if (IsName("def")) {
            Next();
            if (At().kind != Word::Kind::kName) return Expected("the name of a variable");
        }
        const bool assigns = At().kind == Word::Kind::kName &&
                             words_[at_ + 1].kind == Word::Kind::kSign &&
                             words_[at_ + 1].text == "=";
        if (!assigns) return Expression();
        const std::string name = At().text;
        Next();
        Next();
        GYRE_ASSIGN(LambdaNode value, Expression());
        return LambdaNode{Kind::kAssign, name, {}, {std::move(value)}};
    }
    Result<LambdaNode> If() {
        Next();
        if (!TakeSign("(")) return Expected("'(' after if");
        LambdaNode node{Kind::kIf, "", {}, {}};
        GYRE_ASSIGN(LambdaNode condition, Expression());
        node.children.push_back(std::move(condition));
        if (!TakeSign(")")) return Expected("')'");
        SkipLines();
        GYRE_ASSIGN(LambdaNode then, Statement());
        node.children.push_back(std::move(then));
        const size_t mark = at_;
        SkipLines();
        if (!IsName("else")) {
            at_ = mark;
            return node;
        }
        Next();
        SkipLines();
        GYRE_ASSIGN(LambdaNode other, Statement());
        node.children.push_back(std::move(other));
        return node;
    }

    Result<LambdaNode> Expression() {
        if (++depth_ > kMaxDepth) return Expected("less nesting");
        auto expression = Ternary();
        --depth_;
        return expression;
    }
    Result<LambdaNode> Ternary() {
        GYRE_ASSIGN(LambdaNode condition, Binary(0));
        if (!TakeSign("?")) return condition;
        GYRE_ASSIGN(LambdaNode then, Expression());
        if (!TakeSign(":")) return Expected("':'");
        GYRE_ASSIGN(LambdaNode other, Expression());
        return LambdaNode{
            Kind::kIf, "", {}, {std::move(condition), std::move(then), std::move(other)}};
    }
    Result<LambdaNode> Binary(size_t level) {
        if (level == std::size(kLevels)) return Unary();
        GYRE_ASSIGN(LambdaNode left, Binary(level + 1));
        while (true) {
            std::string sign;
            for (const std::string_view one : kLevels[level]) {
                if (IsSign(one)) sign = one;
            }
            const bool type = kLevels[level].data() == kOrder && IsName("instanceof");
            if (sign.empty() && !type) return left;
            Next();
            if (type) {
                if (At().kind != Word::Kind::kName) return Expected("a type after instanceof");
                left = {Kind::kOperate, "instanceof", Value(At().text), {std::move(left)}};
                Next();
                continue;
            }
            GYRE_ASSIGN(LambdaNode right, Binary(level + 1));
            left = {Kind::kOperate, sign, {}, {std::move(left), std::move(right)}};
        }
    }
    Result<LambdaNode> Unary() {
        for (const std::string_view sign : {"!", "-"}) {
            if (!TakeSign(sign)) continue;
            if (++depth_ > kMaxDepth) return Expected("less nesting");
            GYRE_ASSIGN(LambdaNode operand, Unary());
            --depth_;
            return LambdaNode{Kind::kOperate, std::string(sign), {}, {std::move(operand)}};
        }
        return Postfix();
    }
    Result<LambdaNode> Postfix() {
        GYRE_ASSIGN(LambdaNode node, Primary());
        while (true) {
            if (TakeSign(".")) {
                if (At().kind != Word::Kind::kName) return Expected("the name of a method");
                const std::string name = At().text;
                Next();
                const bool call = TakeSign("(");
                LambdaNode next{call ? Kind::kCall : Kind::kMember, name, {}, {std::move(node)}};
                if (call) GYRE_TRY(Items(")", next.children));
                node = std::move(next);
            } else if (TakeSign("[")) {
                GYRE_ASSIGN(LambdaNode place, Expression());
                if (!TakeSign("]")) return Expected("']'");
                node = {Kind::kIndex, "", {}, {std::move(node), std::move(place)}};
            } else {
                return node;
            }
        }
    }
    core::Status Items(std::string_view end, std::vector<LambdaNode>& into) {
        while (!TakeSign(end)) {
            GYRE_ASSIGN(LambdaNode item, Expression());
            into.push_back(std::move(item));
            if (!TakeSign(",") && !IsSign(end))
                return Expected("',' or '" + std::string(end) + "'");
        }
        return {};
    }
    Result<LambdaNode> Primary() {
        const Word word = At();
        switch (word.kind) {
            case Word::Kind::kText:
                Next();
                return LambdaNode{Kind::kLiteral, "", Value(word.text), {}};
            case Word::Kind::kNumber: {
                auto number = ParseNumber(word.text, false);
                if (!number) return Expected("a number");
                Next();
                return LambdaNode{Kind::kLiteral, "", std::move(*number), {}};
            }
            case Word::Kind::kName: {
                Next();
                if (word.text == "null") return LambdaNode{};
                if (word.text == "true" || word.text == "false") {
                    return LambdaNode{Kind::kLiteral, "", Value(word.text == "true"), {}};
                }
                return LambdaNode{Kind::kName, word.text, {}, {}};
            }
            default:
                break;
        }
        if (TakeSign("(")) {
            GYRE_ASSIGN(LambdaNode inner, Expression());
            if (!TakeSign(")")) return Expected("')'");
            return inner;
        }
        if (TakeSign("[")) return Collection();
        return Expected("an expression");
    }
    Result<LambdaNode> Collection() {
        if (TakeSign(":")) {
            if (!TakeSign("]")) return Expected("']'");
            return LambdaNode{Kind::kMap, "", {}, {}};
        }
        LambdaNode node{Kind::kList, "", {}, {}};
        while (!TakeSign("]")) {
            const bool bare = At().kind == Word::Kind::kName && words_[at_ + 1].text == ":" &&
                              words_[at_ + 1].kind == Word::Kind::kSign;
            LambdaNode item{Kind::kLiteral, "", Value(At().text), {}};
            if (bare) {
                Next();
            } else {
                GYRE_ASSIGN(item, Expression());
            }
            node.children.push_back(std::move(item));
            if (node.children.size() == 1 && IsSign(":")) node.kind = Kind::kMap;
            if (node.kind == Kind::kMap) {
                if (!TakeSign(":")) return Expected("':'");
                GYRE_ASSIGN(LambdaNode value, Expression());
                node.children.push_back(std::move(value));
            }
            if (!TakeSign(",") && !IsSign("]")) return Expected("',' or ']'");
        }
        return node;
    }

    const std::vector<Word> words_;
    size_t at_ = 0;
    int depth_ = 0;
};

}  // namespace

Result<plan::LambdaCode> ReadLambda(const Lambda& lambda) {
    if (lambda.language != "gremlin-groovy") {
        return core::Fail(Code::kUnimplemented, "UnsupportedOperationException",
                          "lambdas of the language '" + lambda.language + "' are not supported");
    }
    GYRE_ASSIGN(auto words, Words(lambda.script));
    return Reader(std::move(words)).Whole();
}

}  // namespace gyre::graph::gremlin
