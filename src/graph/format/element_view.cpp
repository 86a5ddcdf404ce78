#include "graph/format/element_view.h"

#include <algorithm>

#include "graph/exec/element.h"

namespace gyre::graph::format {

VertexView ViewOf(exec::Context* context, VertexRef vertex, bool properties) {
    VertexView view;
    const Value element(vertex);
    if (context == nullptr || !exec::IdOf(*context, element, view.id)) return view;
    static_cast<void>(exec::LabelOf(*context, element, view.label));
    if (!properties) return view;
    Values all;
    exec::PropertiesOf(*context, element, {}, all);
    for (const Value& value : all) view.properties.push_back(value.As<Ptr<VertexProperty>>());
    // Several of one key may have been set at different times.
    std::vector<std::string> order;
    for (const auto& property : view.properties) {
        if (std::ranges::find(order, property->key) == order.end()) order.push_back(property->key);
    }
    std::ranges::stable_sort(view.properties, {}, [&](const Ptr<VertexProperty>& property) {
        return std::ranges::find(order, property->key) - order.begin();
    });
    return view;
}

EdgeView ViewOf(exec::Context* context, const EdgeRef& edge, bool properties) {
    EdgeView view;
    if (context == nullptr) return view;
    const Value element(edge);
    static_cast<void>(exec::IdOf(*context, element, view.id));
    static_cast<void>(exec::LabelOf(*context, element, view.label));
    view.out = ViewOf(context, VertexRef{edge.out}, false);
    view.in = ViewOf(context, VertexRef{edge.in}, false);
    if (!properties) return view;
    Values all;
    exec::PropertiesOf(*context, element, {}, all);
    for (const Value& value : all) {
        const auto& property = *value.As<Ptr<Property>>();
        view.properties.emplace_back(property.key, property.value);
    }
    return view;
}

}  // namespace gyre::graph::format
