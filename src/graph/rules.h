#pragma once

#include <optional>
#include <string_view>

namespace gyre::graph {

/// Whose Gremlin a graph's queries are, where versions contradict each other. What 3.8 only adds
/// is there in both.
enum class GremlinVersion : unsigned char { k37, k38 };

/// What a graph's Gremlin queries mean where there is a choice.
struct Rules {
    GremlinVersion gremlin = GremlinVersion::k37;
    /// A property may have the value null (TinkerGraph's allowNullPropertyValues); otherwise to set
    /// null removes it. Only of graphs in TinkerGraph's mode.
    bool null_properties = false;

    [[nodiscard]] bool Is38() const { return gremlin == GremlinVersion::k38; }
};

[[nodiscard]] constexpr std::string_view VersionName(GremlinVersion version) {
    return version == GremlinVersion::k38 ? "3.8" : "3.7";
}
[[nodiscard]] constexpr std::optional<GremlinVersion> VersionNamed(std::string_view name) {
    if (name == "3.7") return GremlinVersion::k37;
    if (name == "3.8") return GremlinVersion::k38;
    return std::nullopt;
}

}  // namespace gyre::graph
