#include "graph/gremlin/lexer.h"

#include <algorithm>

#include "core/utf8.h"

namespace gyre::graph::gremlin {
namespace {

bool IsDigit(char c) {
    return c >= '0' && c <= '9';
}
bool IsHexDigit(char c) {
    return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool BeginsName(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
           static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

std::string PlaceText(std::string_view script, uint32_t at) {
    const std::string_view before = script.substr(0, at);
    const auto line = 1 + std::ranges::count(before, '\n');
    const size_t begin = before.rfind('\n') + 1;  // npos + 1 is 0
    return "line " + std::to_string(line) + ", column " + std::to_string(at - begin + 1);
}

core::Error SyntaxError(std::string_view script, uint32_t at, std::string message) {
    return {core::Code::kInvalidArgument, "MalformedQueryException",
            "syntax error at " + PlaceText(script, at) + ": " + std::move(message)};
}

bool Lexer::SkipBlank() {
    bool line_break = false;
    while (at_ < script_.size()) {
        const char c = script_[at_];
        if (c == ' ' || c == '\t' || c == '\r' || c == '\f') {
            ++at_;
        } else if (c == '\n') {
            line_break = true;
            ++at_;
        } else if (script_.substr(at_).starts_with("//")) {
            at_ = static_cast<uint32_t>(std::min(script_.find('\n', at_), script_.size()));
        } else if (script_.substr(at_).starts_with("/*")) {
            const size_t end = script_.find("*/", at_ + 2);
            at_ = static_cast<uint32_t>(end == std::string_view::npos ? script_.size() : end + 2);
        } else {
            break;
        }
    }
    return line_break;
}

core::Result<Piece> Lexer::Next() {
    const bool line_break = SkipBlank();
    Piece piece;
    piece.at = at_;
    piece.after_line_break = line_break;
    if (at_ == script_.size()) return piece;
    const char c = script_[at_];
    if (BeginsName(c)) {
        while (at_ < script_.size() && (BeginsName(script_[at_]) || IsDigit(script_[at_]))) ++at_;
        piece.kind = Lexeme::kName;
    } else if (IsDigit(c) || (c == '.' && at_ + 1 < script_.size() && IsDigit(script_[at_ + 1]) &&
                              (at_ == 0 || script_[at_ - 1] != '.'))) {
        piece = Number();
    } else if (c == '"' || c == '\'') {
        GYRE_ASSIGN(piece, Text());
    } else if (script_.substr(at_).starts_with("..")) {
        at_ += 2;
        piece.kind = Lexeme::kSign;
    } else if (std::string_view("()[]{},.:;+-=").find(c) != std::string_view::npos) {
        ++at_;
        piece.kind = Lexeme::kSign;
    } else {
        return core::Fail(
            SyntaxError(script_, at_, "'" + std::string(1, c) + "' has no meaning here"));
    }
    piece.after_line_break = line_break;
    piece.text = script_.substr(piece.at, at_ - piece.at);
    return piece;
}

Piece Lexer::Number() {
    Piece piece;
    piece.kind = Lexeme::kNumber;
    piece.at = at_;
    const auto digits = [&](auto is) {
        while (at_ < script_.size() && (is(script_[at_]) || script_[at_] == '_')) ++at_;
    };
    if (script_[at_] == '0' && at_ + 1 < script_.size() &&
        (script_[at_ + 1] == 'x' || script_[at_ + 1] == 'X')) {
        at_ += 2;
        digits(IsHexDigit);
    } else {
        digits(IsDigit);
        if (at_ + 1 < script_.size() && script_[at_] == '.' && IsDigit(script_[at_ + 1])) {
            ++at_;
            digits(IsDigit);
        }
        if (at_ < script_.size() && (script_[at_] == 'e' || script_[at_] == 'E')) {
            const uint32_t mark = at_++;
            if (at_ < script_.size() && (script_[at_] == '+' || script_[at_] == '-')) ++at_;
            if (at_ < script_.size() && IsDigit(script_[at_])) {
                digits(IsDigit);
            } else {
                at_ = mark;
            }
        }
    }
    if (at_ < script_.size() &&
        std::string_view("bBsSiIlLnNfFdDmM").find(script_[at_]) != std::string_view::npos) {
        ++at_;
    }
    return piece;
}

core::Result<Piece> Lexer::Text() {
    Piece piece;
    piece.kind = Lexeme::kText;
    piece.at = at_;
    const char quote = script_[at_];
    const std::string triple(3, quote);
    const bool long_text = script_.substr(at_).starts_with(triple);
    at_ += long_text ? 3 : 1;
    while (true) {
        if (at_ >= script_.size()) {
            return core::Fail(SyntaxError(script_, piece.at,
                                          "this string has no end: expected a closing " +
                                              (long_text ? triple : std::string(1, quote))));
        }
        if (long_text ? script_.substr(at_).starts_with(triple) : script_[at_] == quote) {
            at_ += long_text ? 3 : 1;
            return piece;
        }
        if (script_[at_] == '\\') {
            GYRE_TRY(Escape(piece.value));
        } else {
            piece.value += script_[at_++];
        }
    }
}

core::Status Lexer::Escape(std::string& into) {
    const uint32_t begin = at_++;
    const auto broken = [&](std::string message) {
        return core::Fail(SyntaxError(script_, begin, std::move(message)));
    };
    if (at_ >= script_.size()) return broken("expected a character after '\\'");
    const char c = script_[at_++];
    switch (c) {
        case 'b':
            into += '\b';
            return {};
        case 't':
            into += '\t';
            return {};
        case 'n':
            into += '\n';
            return {};
        case 'f':
            into += '\f';
            return {};
        case 'r':
            into += '\r';
            return {};
        case '"':
        case '\'':
        case '\\':
        case '$':
            into += c;
            return {};
        case '\n':
            return {};  // the line goes on
        case '\r':
            if (at_ < script_.size() && script_[at_] == '\n') ++at_;
            return {};
        default:
            break;
    }
    const auto hex = [&](uint32_t& code) {
        code = 0;
        for (int i = 0; i < 4; ++i, ++at_) {
            if (at_ >= script_.size() || !IsHexDigit(script_[at_])) return false;
            const char digit = script_[at_];
            code = code * 16 +
                   static_cast<uint32_t>(IsDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }
        return true;
    };
    if (c == 'u') {
        while (at_ < script_.size() && script_[at_] == 'u') ++at_;
        uint32_t code = 0;
        if (!hex(code)) return broken("expected four hexadecimal digits after '\\u'");
        if (code >= 0xD800 && code < 0xDC00 && script_.substr(at_).starts_with("\\u")) {
            at_ += 2;
            uint32_t low = 0;
            if (!hex(low) || low < 0xDC00 || low > 0xDFFF) {
                return broken("expected the second half of a surrogate pair");
            }
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        } else if (code >= 0xD800 && code < 0xE000) {
            return broken("half a surrogate pair is no character");
        }
        core::AppendUtf8(into, code);
        return {};
    }
    if (c >= '0' && c <= '7') {
        uint32_t code = static_cast<uint32_t>(c - '0');
        for (int i = 0;
             i < 2 && at_ < script_.size() && script_[at_] >= '0' && script_[at_] <= '7' &&
             code * 8 + static_cast<uint32_t>(script_[at_] - '0') < 256;
             ++i) {
            code = code * 8 + static_cast<uint32_t>(script_[at_++] - '0');
        }
        core::AppendUtf8(into, code);
        return {};
    }
    return broken("'\\" + std::string(1, c) + "' is no escape");
}

}  // namespace gyre::graph::gremlin
