#include "objects/byte_range.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "net/http_message.h"
#include "objects/detail/s3_errors.h"

namespace gyre::objects {
namespace {

// Digits only. A number too large for the type is beyond any object's end.
std::optional<uint64_t> Number(std::string_view text) {
    if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) {
        return std::nullopt;
    }
    uint64_t number = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc()) {
        return std::numeric_limits<uint64_t>::max();
    }
    return number;
}

}  // namespace

core::Result<std::optional<ByteRange>> ParseRange(std::string_view header, uint64_t size) {
    constexpr std::string_view kUnit = "bytes=";
    if (!net::EqualsIgnoreCase(header.substr(0, kUnit.size()), kUnit)) return std::nullopt;
    const std::string_view spec = header.substr(kUnit.size());
    const size_t dash = spec.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto first = Number(spec.substr(0, dash));
    const auto last = Number(spec.substr(dash + 1));
    const bool open_end = dash + 1 == spec.size();
    ByteRange range;
    if (first && (last || open_end)) {
        if (last && *last < *first) return std::nullopt;
        range = {*first, std::min(last.value_or(size), size == 0 ? 0 : size - 1)};
    } else if (dash == 0 && last) {
        range = {size - std::min(*last, size), size == 0 ? 0 : size - 1};
    } else {
        return std::nullopt;
    }
    if (range.first >= size) {
        return core::Fail(detail::S3Error(core::Code::kInvalidArgument, 416, "InvalidRange",
                                          "The requested range is not satisfiable")
                              .With("RangeRequested", std::string(header))
                              .With("ActualObjectSize", std::to_string(size)));
    }
    return range;
}

}  // namespace gyre::objects
