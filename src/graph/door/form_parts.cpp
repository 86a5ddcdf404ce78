#include "graph/door/form_parts.h"

#include <algorithm>
#include <string>

namespace gyre::graph::door {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

std::string_view BoundaryOf(std::string_view content_type) {
    constexpr std::string_view kName = "boundary=";
    for (size_t at = content_type.find(';'); at != std::string_view::npos;
         at = content_type.find(';', at + 1)) {
        std::string_view member = content_type.substr(at + 1);
        while (member.starts_with(' ')) member.remove_prefix(1);
        if (!net::EqualsIgnoreCase(member.substr(0, kName.size()), kName)) continue;
        member.remove_prefix(kName.size());
        if (member.starts_with('"')) return member.substr(1, member.find('"', 1) - 1);
        return member.substr(0, member.find_first_of("; "));
    }
    return {};
}

std::string_view TypeOfPart(std::string_view head) {
    constexpr std::string_view kField = "content-type:";
    while (!head.empty()) {
        const size_t end = std::min(head.find(kLineEnd), head.size());
        std::string_view line = head.substr(0, end);
        head.remove_prefix(std::min(end + kLineEnd.size(), head.size()));
        if (!net::EqualsIgnoreCase(line.substr(0, kField.size()), kField)) continue;
        line.remove_prefix(kField.size());
        while (line.starts_with(' ')) line.remove_prefix(1);
        return line;
    }
    return {};
}

}  // namespace

std::optional<std::vector<FormPart>> FormParts(std::string_view content_type,
                                               std::string_view body) {
    const std::string_view boundary = BoundaryOf(content_type);
    if (boundary.empty()) return std::nullopt;
    const std::string delimiter = "--" + std::string(boundary);
    if (!body.starts_with(delimiter)) return std::nullopt;
    body.remove_prefix(delimiter.size());
    const std::string next = std::string(kLineEnd) + delimiter;
    std::vector<FormPart> parts;
    while (!body.starts_with("--")) {
        if (!body.starts_with(kLineEnd)) return std::nullopt;
        // The empty line after the head may follow the delimiter at once.
        const size_t head = body.find("\r\n\r\n");
        const size_t end = body.find(next, head == std::string_view::npos ? 0 : head + 2);
        if (head == std::string_view::npos || end == std::string_view::npos) return std::nullopt;
        const size_t begin = std::min(head + 4, end);
        parts.push_back({TypeOfPart(body.substr(2, std::max<size_t>(head, 2) - 2)),
                         body.substr(begin, end - begin)});
        body.remove_prefix(end + next.size());
    }
    return parts;
}

}  // namespace gyre::graph::door
