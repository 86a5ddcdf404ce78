#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cmath>

#include "core/json.h"
#include "core/utf8.h"

namespace gyre::core {
namespace {

using boost::json::error_code;

/// Builds the document as Boost's own parser does, but for fractions: that one (1.81) rounds them
/// twice, so that many come back as their neighbours, and takes 1e400 for infinity.
class Builder {
  public:
    static constexpr size_t max_object_size = JsonObject::max_size();
    static constexpr size_t max_array_size = JsonArray::max_size();
    static constexpr size_t max_key_size = boost::json::string::max_size();
    static constexpr size_t max_string_size = boost::json::string::max_size();

    [[nodiscard]] Json Release() { return stack_.release(); }

    bool on_document_begin(error_code&) {
        stack_.reset();
        return true;
    }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) { return true; }
    bool on_object_end(size_t count, error_code&) {
        stack_.push_object(count);
        return true;
    }
    bool on_array_begin(error_code&) { return true; }
    bool on_array_end(size_t count, error_code&) {
        stack_.push_array(count);
        return true;
    }
    bool on_key_part(boost::json::string_view text, size_t, error_code&) {
        stack_.push_chars(text);
        return true;
    }
    bool on_key(boost::json::string_view text, size_t, error_code&) {
        stack_.push_key(text);
        return true;
    }
    bool on_string_part(boost::json::string_view text, size_t, error_code&) {
        stack_.push_chars(text);
        return true;
    }
    bool on_string(boost::json::string_view text, size_t, error_code&) {
        stack_.push_string(text);
        return true;
    }
    bool on_number_part(boost::json::string_view text, error_code&) {
        number_.append(text.data(), text.size());
        return true;
    }
    bool on_int64(int64_t value, boost::json::string_view, error_code&) {
        number_.clear();
        stack_.push_int64(value);
        return true;
    }
    bool on_uint64(uint64_t value, boost::json::string_view, error_code&) {
        number_.clear();
        stack_.push_uint64(value);
        return true;
    }
    bool on_double(double rounded_twice, boost::json::string_view text, error_code& error) {
        number_.append(text.data(), text.size());
        double value = 0;
        const auto read = std::from_chars(number_.data(), number_.data() + number_.size(), value);
        number_.clear();
        if (read.ec == std::errc::result_out_of_range) {
            if (std::fabs(rounded_twice) > 1) {
                error = boost::json::error::exponent_overflow;
                return false;
            }
            value = std::signbit(rounded_twice) ? -0.0 : 0.0;
        }
        stack_.push_double(value);
        return true;
    }
    bool on_bool(bool value, error_code&) {
        stack_.push_bool(value);
        return true;
    }
    bool on_null(error_code&) {
        stack_.push_null();
        return true;
    }
    bool on_comment_part(boost::json::string_view, error_code&) { return true; }
    bool on_comment(boost::json::string_view, error_code&) { return true; }

  private:
    boost::json::value_stack stack_;
    std::string number_;  ///< what of a number came before its end
};

}  // namespace

Result<Json> ParseJson(std::string_view text, JsonLimits limits) {
    boost::json::parse_options options;
    options.max_depth = limits.max_depth;
    boost::json::basic_parser<Builder> parser(options);
    error_code error;
    const size_t used = parser.write_some(false, text.data(), text.size(), error);
    if (error) {
        return Fail(Code::kInvalidArgument,
                    "invalid JSON at byte " + std::to_string(used) + ": " + error.message());
    }
    if (const size_t rest = text.find_first_not_of(" \t\r\n", used); rest != text.npos) {
        return Fail(
            Code::kInvalidArgument,
            "invalid JSON: unexpected text after the document at byte " + std::to_string(rest));
    }
    return parser.handler().Release();
}

Result<Json> ParseStoredJson(std::string_view text) {
    auto json = ParseJson(text);
    return json ? std::move(json) : ParseJson(ToUtf8(text));
}

}  // namespace gyre::core
