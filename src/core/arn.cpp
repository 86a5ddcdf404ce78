#include "core/arn.h"

#include <array>

namespace gyre::core {

std::string Arn::ToString() const {
    return "arn:" + partition + ":" + service + ":" + region + ":" + account + ":" + resource;
}

Result<Arn> Arn::Parse(std::string_view text) {
    std::array<std::string_view, 5> parts;
    std::string_view rest = text;
    for (std::string_view& part : parts) {
        const size_t colon = rest.find(':');
        if (colon == std::string_view::npos) {
            return Fail(
                Code::kInvalidArgument,
                "not an ARN (arn:partition:service:region:account:resource): " + std::string(text));
        }
        part = rest.substr(0, colon);
        rest.remove_prefix(colon + 1);
    }
    if (parts[0] != "arn") {
        return Fail(Code::kInvalidArgument, "an ARN begins with 'arn:': " + std::string(text));
    }
    return Arn{std::string(parts[1]), std::string(parts[2]), std::string(parts[3]),
               std::string(parts[4]), std::string(rest)};
}

}  // namespace gyre::core
