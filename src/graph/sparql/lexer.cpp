#include <algorithm>

#include "core/utf8.h"
#include "graph/sparql/detail/lexer.h"

namespace gyre::graph::sparql::detail {
namespace {

using core::Code;

bool IsDigit(char c) {
    return c >= '0' && c <= '9';
}
bool IsHex(char c) {
    return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool IsLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
/// PN_CHARS_BASE, but for the few characters above ASCII that it leaves out.
bool BeginsName(char c) {
    return IsLetter(c) || static_cast<unsigned char>(c) >= 0x80;
}
bool InVariable(char c) {
    return BeginsName(c) || IsDigit(c) || c == '_';
}
bool InName(char c) {
    return InVariable(c) || c == '-';
}
bool InIri(char c) {
    return static_cast<unsigned char>(c) > 0x20 &&
           std::string_view("<>\"{}|^`\\").find(c) == std::string_view::npos;
}

/// Reads `digits` hexadecimal digits as one character.
bool AppendCode(std::string& text, std::string_view hex) {
    char32_t code = 0;
    for (const char c : hex) {
        if (!IsHex(c)) return false;
        code = code * 16 + static_cast<char32_t>(IsDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
    core::AppendUtf8(text, code);
    return true;
}

class Cutter {
  public:
    explicit Cutter(std::string_view query) : query_(query) {}

    core::Result<std::vector<Token>> All() {
        std::vector<Token> tokens;
        while (true) {
            SkipBlank();
            Token token;
            token.at = at_;
            if (at_ < query_.size()) GYRE_TRY(One(token));
            token.end = at_;
            tokens.push_back(std::move(token));
            if (tokens.back().kind == Lexeme::kEnd) return tokens;
        }
    }

  private:
    [[nodiscard]] char Peek(size_t ahead = 0) const {
        return at_ + ahead < query_.size() ? query_[at_ + ahead] : '\0';
    }
    template <typename Belongs>
    std::string While(Belongs belongs) {
        const size_t begin = at_;
        while (at_ < query_.size() && belongs(query_[at_])) ++at_;
        return std::string(query_.substr(begin, at_ - begin));
    }
    [[nodiscard]] tl::unexpected<core::Error> Wrong(size_t at, const std::string& what) const {
        return core::Fail(SyntaxError(query_, at, what));
    }

    void SkipBlank() {
        while (at_ < query_.size()) {
            const char c = query_[at_];
            if (c == '#') {
                while (at_ < query_.size() && query_[at_] != '\n' && query_[at_] != '\r') ++at_;
            } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
                ++at_;
            } else {
                return;
            }
        }
    }

    core::Status One(Token& token) {
        const char c = Peek();
        if (c == '<') return IriOrSign(token);
        if (c == '"' || c == '\'') return String(token);
        if (c == '?' || c == '$') {
            if (!InVariable(Peek(1))) return Sign(token);
            ++at_;
            token.kind = Lexeme::kVariable;
            token.text = While(InVariable);
            return {};
        }
        if (c == '@') {
            ++at_;
            token.kind = Lexeme::kLanguage;
            token.text = While([](char x) { return IsLetter(x) || IsDigit(x) || x == '-'; });
            if (token.text.empty() || !IsLetter(token.text.front()) || token.text.back() == '-') {
                return Wrong(token.at, "expected a language after '@'");
            }
            return {};
        }
        if (c == '_' && Peek(1) == ':') {
            at_ += 2;
            token.kind = Lexeme::kBlank;
            token.text = Dotted();
            if (token.text.empty() || token.text.front() == '-') {
                return Wrong(token.at, "expected a blank node's label after '_:'");
            }
            return {};
        }
        if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return Number(token);
        if (BeginsName(c) || c == ':') return Word(token);
        return Sign(token);
    }

    /// Names may hold dots, but not at their end.
    std::string Dotted() {
        std::string text = While([](char x) { return InName(x) || x == '.'; });
        while (text.ends_with('.')) {
            text.pop_back();
            --at_;
        }
        return text;
    }

    core::Status IriOrSign(Token& token) {
        size_t end = at_ + 1;
        while (end < query_.size() && InIri(query_[end])) ++end;
        if (end >= query_.size() || query_[end] != '>') return Sign(token);
        token.kind = Lexeme::kIri;
        token.text = std::string(query_.substr(at_ + 1, end - at_ - 1));
        at_ = end + 1;
        return {};
    }

    core::Status Word(Token& token) {
        const size_t begin = at_;
        token.text = Dotted();
        if (Peek() != ':') {
            // A keyword has no dots and no dashes.
            at_ = begin;
            token.kind = Lexeme::kWord;
            token.text = While(InVariable);
            if (token.text.empty()) return Wrong(begin, "this character has no meaning here");
            return {};
        }
        ++at_;
        token.kind = Lexeme::kPrefixed;
        token.prefix = std::move(token.text);
        token.text.clear();
        return Local(token);
    }

    core::Status Local(Token& token) {
        size_t dots = 0;
        bool first = true;
        while (at_ < query_.size()) {
            const char c = query_[at_];
            if (c == '%') {
                if (!IsHex(Peek(1)) || !IsHex(Peek(2))) {
                    return Wrong(at_, "expected two hexadecimal digits after '%'");
                }
                token.text += query_.substr(at_, 3);
                at_ += 3;
                dots = 0;
            } else if (c == '\\') {
                if (Peek(1) == '\0' || std::string_view("_~.-!$&'()*+,;=/?#@%").find(Peek(1)) ==
                                           std::string_view::npos) {
                    return Wrong(at_, "this is no escape in a name");
                }
                token.text += Peek(1);
                at_ += 2;
                dots = 0;
            } else if (c == '.' && !first) {
                token.text += c;
                ++at_;
                ++dots;
            } else if (c == ':' || InVariable(c) || (c == '-' && !first)) {
                token.text += c;
                ++at_;
                dots = 0;
            } else {
                break;
            }
            first = false;
        }
        token.text.resize(token.text.size() - dots);
        at_ -= dots;
        return {};
    }

    core::Status Number(Token& token) {
        const size_t begin = at_;
        token.kind = Lexeme::kInteger;
        While(IsDigit);
        if (Peek() == '.' && (IsDigit(Peek(1)) || ExponentAt(1))) {
            token.kind = Lexeme::kDecimal;
            ++at_;
            While(IsDigit);
        }
        if (ExponentAt(0)) {
            token.kind = Lexeme::kDouble;
            at_ += Peek(1) == '+' || Peek(1) == '-' ? 2 : 1;
            While(IsDigit);
        }
        token.text = std::string(query_.substr(begin, at_ - begin));
        return {};
    }
    [[nodiscard]] bool ExponentAt(size_t ahead) const {
        if ((Peek(ahead) | 0x20) != 'e') return false;
        const bool sign = Peek(ahead + 1) == '+' || Peek(ahead + 1) == '-';
        return IsDigit(Peek(ahead + (sign ? 2 : 1)));
    }

    core::Status String(Token& token) {
        const char quote = Peek();
        const bool long_one = Peek(1) == quote && Peek(2) == quote;
        const std::string end(long_one ? 3 : 1, quote);
        at_ += end.size();
        token.kind = Lexeme::kString;
        while (!query_.substr(at_).starts_with(end)) {
            const char c = Peek();
            if (at_ >= query_.size() || (!long_one && (c == '\n' || c == '\r'))) {
                return Wrong(token.at, "this string has no end: expected " + end);
            }
            if (c == '\\') {
                GYRE_TRY(Escape(token.text));
            } else {
                token.text += c;
                ++at_;
            }
        }
        at_ += end.size();
        return {};
    }

    core::Status Escape(std::string& text) {
        static constexpr std::string_view kLetters = "tbnrf\\\"'";
        static constexpr std::string_view kMeant = "\t\b\n\r\f\\\"'";
        const size_t letter = kLetters.find(Peek(1));
        if (Peek(1) == '\0' || letter == std::string_view::npos) {
            return Wrong(at_, "this is no escape");
        }
        text += kMeant[letter];
        at_ += 2;
        return {};
    }

    core::Status Sign(Token& token) {
        token.kind = Lexeme::kSign;
        for (const std::string_view sign : {"^^", "&&", "||", "!=", "<=", ">="}) {
            if (!query_.substr(at_).starts_with(sign)) continue;
            token.text = std::string(sign);
            at_ += 2;
            return {};
        }
        if (std::string_view("()[]{},.;+-*/^=<>|!?").find(Peek()) == std::string_view::npos) {
            return Wrong(at_, "'" + std::string(1, Peek()) + "' has no meaning here");
        }
        token.text = std::string(1, query_[at_++]);
        return {};
    }

    std::string_view query_;
    size_t at_ = 0;
};

}  // namespace

core::Error SyntaxError(std::string_view query, size_t at, const std::string& what) {
    const std::string_view before = query.substr(0, at);
    const auto line = 1 + std::ranges::count(before, '\n');
    const size_t begin = before.rfind('\n') + 1;
    return {Code::kInvalidArgument, "MalformedQueryException",
            "syntax error at line " + std::to_string(line) + ", column " +
                std::to_string(at - begin + 1) + ": " + what};
}

core::Result<std::vector<Token>> Tokens(std::string_view query) {
    if (!core::IsUtf8(query)) {
        return core::Fail(Code::kInvalidArgument, "MalformedQueryException",
                          "the query is not UTF-8");
    }
    return Cutter(query).All();
}

core::Result<std::string> WithoutCodepointEscapes(std::string_view query) {
    std::string text;
    for (size_t at = 0; at < query.size();) {
        const std::string_view rest = query.substr(at);
        const bool small = rest.starts_with("\\u"), large = rest.starts_with("\\U");
        if (!small && !large) {
            // An escaped backslash begins no escape of a character.
            const size_t size = rest.starts_with("\\\\") ? 2 : 1;
            text += rest.substr(0, size);
            at += size;
            continue;
        }
        const size_t digits = small ? 4 : 8;
        if (rest.size() < digits + 2 || !AppendCode(text, rest.substr(2, digits))) {
            return core::Fail(SyntaxError(
                query, at,
                "expected " + std::to_string(digits) + " hexadecimal digits of a character"));
        }
        at += digits + 2;
    }
    return text;
}

}  // namespace gyre::graph::sparql::detail
