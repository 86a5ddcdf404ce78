#include <algorithm>

#include "core/utf8.h"
#include "graph/cypher/detail/lexer.h"

namespace gyre::graph::cypher::detail {
namespace {

bool IsDigit(char c) {
    return c >= '0' && c <= '9';
}
bool BeginsName(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}
bool IsHex(char c) {
    return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// The length of the Unicode blank that `text` begins with, or 0: no-break space, the spaces of
/// General Punctuation, ideographic space, the byte order mark.
size_t WideBlank(std::string_view text) {
    if (text.starts_with("\xC2\xA0")) return 2;
    if (text.size() < 3) return 0;
    const std::string_view three = text.substr(0, 3);
    if (three >= "\xE2\x80\x80" && three <= "\xE2\x80\x8A") return 3;
    for (const std::string_view blank :
         {"\xE1\x9A\x80", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F",
          "\xE3\x80\x80", "\xEF\xBB\xBF"}) {
        if (three == blank) return 3;
    }
    return 0;
}
/// Punctuation that looks like a sign of the language and is none.
bool IsForeign(std::string_view text) {
    return text.starts_with("\xE2\x80") || text.starts_with("\xE2\x88");
}

class Cutter {
  public:
    explicit Cutter(std::string_view query) : query_(query) {}

    core::Result<std::vector<Piece>> All() {
        std::vector<Piece> pieces;
        while (true) {
            GYRE_TRY(SkipBlank());
            Piece piece;
            piece.at = at_;
            if (at_ == query_.size()) {
                pieces.push_back(std::move(piece));
                return pieces;
            }
            GYRE_TRY(One(piece));
            in_map_ = piece.kind == Lexeme::kSign && piece.text == "{";
            pieces.push_back(std::move(piece));
        }
    }

  private:
    core::Status SkipBlank() {
        while (at_ < query_.size()) {
            const std::string_view rest = query_.substr(at_);
            if (std::string_view(" \t\r\n\f").find(rest[0]) != std::string_view::npos) {
                ++at_;
            } else if (const size_t blank = WideBlank(rest)) {
                at_ += static_cast<uint32_t>(blank);
            } else if (rest.starts_with("//")) {
                at_ = static_cast<uint32_t>(std::min(query_.find('\n', at_), query_.size()));
            } else if (rest.starts_with("/*")) {
                const size_t end = query_.find("*/", at_ + 2);
                if (end == std::string_view::npos) {
                    return core::Fail(
                        SyntaxError(query_, at_, "UnexpectedSyntax", "this comment does not end"));
                }
                at_ = static_cast<uint32_t>(end + 2);
            } else {
                break;
            }
        }
        return {};
    }

    core::Status One(Piece& piece) {
        const char c = query_[at_];
        const auto word = [&] {
            const uint32_t begin = at_;
            while (at_ < query_.size() && (BeginsName(query_[at_]) || IsDigit(query_[at_]))) ++at_;
            return std::string(query_.substr(begin, at_ - begin));
        };
        if (IsForeign(query_.substr(at_))) {
            return core::Fail(SyntaxError(query_, at_, "InvalidUnicodeCharacter",
                                          "this character has no meaning here"));
        }
        if (BeginsName(c)) {
            piece.kind = Lexeme::kName;
            piece.text = word();
        } else if (c == '`') {
            piece.kind = Lexeme::kQuoted;
            const size_t end = query_.find('`', at_ + 1);
            if (end == std::string_view::npos) {
                return core::Fail(SyntaxError(query_, at_, "UnexpectedSyntax",
                                              "this name does not end: expected `"));
            }
            piece.text = std::string(query_.substr(at_ + 1, end - at_ - 1));
            at_ = static_cast<uint32_t>(end + 1);
        } else if (c == '$') {
            ++at_;
            piece.kind = Lexeme::kParameter;
            piece.text = word();
            if (piece.text.empty()) {
                return core::Fail(SyntaxError(query_, at_, "UnexpectedSyntax",
                                              "expected a parameter's name after '$'"));
            }
        } else if (c == '"' || c == '\'') {
            piece.kind = Lexeme::kText;
            return Text(piece);
        } else if (IsDigit(c) ||
                   (c == '.' && at_ + 1 < query_.size() && IsDigit(query_[at_ + 1]))) {
            Number(piece);
            if (at_ < query_.size() && BeginsName(query_[at_])) {
                return core::Fail(SyntaxError(query_, piece.at,
                                              in_map_ ? "UnexpectedSyntax" : "InvalidNumberLiteral",
                                              "this is no number"));
            }
        } else {
            return Sign(piece);
        }
        return {};
    }

    core::Status Sign(Piece& piece) {
        piece.kind = Lexeme::kSign;
        for (const std::string_view sign : {"<=", ">=", "<>", "=~", "..", "+="}) {
            if (!query_.substr(at_).starts_with(sign)) continue;
            piece.text = std::string(sign);
            at_ += 2;
            return {};
        }
        if (std::string_view("()[]{},.:;+-*/%^=<>|").find(query_[at_]) == std::string_view::npos) {
            return core::Fail(
                SyntaxError(query_, at_, "UnexpectedSyntax",
                            "'" + std::string(1, query_[at_]) + "' has no meaning here"));
        }
        piece.text = std::string(1, query_[at_++]);
        return {};
    }

    void Number(Piece& piece) {
        piece.kind = Lexeme::kInteger;
        const uint32_t begin = at_;
        const auto digits = [&] {
            while (at_ < query_.size() && IsDigit(query_[at_])) ++at_;
        };
        if (query_.substr(at_).starts_with("0x") || query_.substr(at_).starts_with("0X")) {
            at_ += 2;
            while (at_ < query_.size() && IsHex(query_[at_])) ++at_;
            piece.text = std::string(query_.substr(begin, at_ - begin));
            return;
        }
        if (query_.substr(at_).starts_with("0o") || query_.substr(at_).starts_with("0O")) {
            at_ += 2;
            digits();
            piece.text = std::string(query_.substr(begin, at_ - begin));
            return;
        }
        digits();
        if (at_ + 1 < query_.size() && query_[at_] == '.' && IsDigit(query_[at_ + 1])) {
            piece.kind = Lexeme::kFloat;
            ++at_;
            digits();
        }
        if (at_ < query_.size() && (query_[at_] == 'e' || query_[at_] == 'E')) {
            const uint32_t mark = at_++;
            if (at_ < query_.size() && (query_[at_] == '+' || query_[at_] == '-')) ++at_;
            if (at_ < query_.size() && IsDigit(query_[at_])) {
                piece.kind = Lexeme::kFloat;
                digits();
            } else {
                at_ = mark;
            }
        }
        piece.text = std::string(query_.substr(begin, at_ - begin));
    }

    core::Status Text(Piece& piece) {
        const char quote = query_[at_++];
        while (at_ < query_.size() && query_[at_] != quote) {
            if (query_[at_] != '\\') {
                piece.text += query_[at_++];
                continue;
            }
            if (at_ + 1 >= query_.size()) break;
            const char c = query_[at_ + 1];
            at_ += 2;
            switch (c) {
                case 'n':
                    piece.text += '\n';
                    break;
                case 't':
                    piece.text += '\t';
                    break;
                case 'r':
                    piece.text += '\r';
                    break;
                case 'b':
                    piece.text += '\b';
                    break;
                case 'f':
                    piece.text += '\f';
                    break;
                case '\\':
                case '\'':
                case '"':
                    piece.text += c;
                    break;
                case 'u': {
                    uint32_t code = 0;
                    for (int i = 0; i < 4; ++i, ++at_) {
                        if (at_ >= query_.size() || !IsHex(query_[at_])) {
                            return core::Fail(
                                SyntaxError(query_, at_, "InvalidUnicodeLiteral",
                                            "expected four hexadecimal digits after '\\u'"));
                        }
                        const char digit = query_[at_];
                        code = code * 16 + static_cast<uint32_t>(IsDigit(digit)
                                                                     ? digit - '0'
                                                                     : (digit | 0x20) - 'a' + 10);
                    }
                    core::AppendUtf8(piece.text, code);
                    break;
                }
                default:
                    return core::Fail(SyntaxError(query_, at_ - 2, "UnexpectedSyntax",
                                                  "'\\" + std::string(1, c) + "' is no escape"));
            }
        }
        if (at_ >= query_.size()) {
            return core::Fail(
                SyntaxError(query_, piece.at, "UnexpectedSyntax",
                            "this string has no end: expected " + std::string(1, quote)));
        }
        ++at_;
        return {};
    }

    std::string_view query_;
    uint32_t at_ = 0;
    bool in_map_ = false;  ///< what follows is a key
};

}  // namespace

core::Error SyntaxError(std::string_view query, uint32_t at, std::string_view detail,
                        std::string message) {
    const std::string_view before = query.substr(0, at);
    const auto line = 1 + std::ranges::count(before, '\n');
    const size_t begin = before.rfind('\n') + 1;
    return {core::Code::kInvalidArgument, "MalformedQueryException",
            "syntax error at line " + std::to_string(line) + ", column " +
                std::to_string(at - begin + 1) + ": " + std::move(message) +
                (detail.empty() ? "" : " (SyntaxError: " + std::string(detail) + ")")};
}

core::Result<std::vector<Piece>> Cut(std::string_view query) {
    return Cutter(query).All();
}

}  // namespace gyre::graph::cypher::detail
