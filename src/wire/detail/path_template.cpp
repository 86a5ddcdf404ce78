#include "wire/detail/path_template.h"

namespace gyre::wire::detail {

std::optional<PathValues> MatchPath(std::string_view pattern, std::string_view path) {
    PathValues values;
    while (!pattern.empty()) {
        if (pattern[0] != '{') {
            if (path.empty() || path[0] != pattern[0]) return std::nullopt;
            pattern.remove_prefix(1);
            path.remove_prefix(1);
            continue;
        }
        const size_t close = pattern.find('}');
        std::string_view label = pattern.substr(1, close - 1);
        pattern.remove_prefix(close + 1);
        const bool greedy = label.ends_with('+');
        if (greedy) label.remove_suffix(1);
        const std::string_view value = greedy ? path : path.substr(0, path.find('/'));
        if (value.empty()) return std::nullopt;
        values.emplace_back(label, value);
        path.remove_prefix(value.size());
    }
    if (!path.empty() && path != "/") return std::nullopt;  // "/bucket/" is the bucket
    return values;
}

}  // namespace gyre::wire::detail
