#include "graph/door/accept.h"

#include <algorithm>
#include <charconv>

#include "net/http_message.h"

namespace gyre::graph::door {
namespace {

std::string_view Trimmed(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

/// Takes what stands before the next `end`, and that.
std::string_view Take(std::string_view& text, char end) {
    const size_t size = std::min(text.find(end), text.size());
    const std::string_view part = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
    return Trimmed(part);
}

struct Range {
    std::string_view type;
    double quality = 1;
};

Range ReadRange(std::string_view text) {
    Range range{Take(text, ';')};
    while (!text.empty()) {
        std::string_view parameter = Take(text, ';');
        if (!net::EqualsIgnoreCase(Take(parameter, '='), "q")) continue;
        std::from_chars(parameter.data(), parameter.data() + parameter.size(), range.quality);
    }
    return range;
}

/// 3: this type, 2: its kind, 1: any; 0: another.
int Closeness(std::string_view range, std::string_view type) {
    if (net::EqualsIgnoreCase(range, type)) return 3;
    if (range == "*/*" || range == "*") return 1;
    if (!range.ends_with("/*")) return 0;
    const std::string_view kind = range.substr(0, range.size() - 1);
    return net::EqualsIgnoreCase(kind, type.substr(0, kind.size())) ? 2 : 0;
}

}  // namespace

std::optional<size_t> Negotiate(std::string_view accept, std::span<const std::string_view> types) {
    if (Trimmed(accept).empty()) return 0;
    std::optional<size_t> best;
    double best_quality = 0;
    for (size_t i = 0; i < types.size(); ++i) {
        int closest = 0;
        double quality = 0;
        for (std::string_view rest = accept; !rest.empty();) {
            const Range range = ReadRange(Take(rest, ','));
            const int close = Closeness(range.type, types[i]);
            if (close <= closest) continue;
            closest = close;
            quality = range.quality;
        }
        if (quality > best_quality) {
            best_quality = quality;
            best = i;
        }
    }
    return best;
}

}  // namespace gyre::graph::door
