#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/temp_dir.h"
#include "graph/exec/element.h"
#include "graph/gremlin/run.h"
#include "graph/storage/graph_store.h"

namespace gyre::graph {

/// TinkerPop's toy graph "modern", with its ids, as a script.
inline constexpr std::string_view kModern = R"(
g.addV('person').property(id, 1).property('name', 'marko').property('age', 29)
g.addV('person').property(id, 2).property('name', 'vadas').property('age', 27)
g.addV('software').property(id, 3).property('name', 'lop').property('lang', 'java')
g.addV('person').property(id, 4).property('name', 'josh').property('age', 32)
g.addV('software').property(id, 5).property('name', 'ripple').property('lang', 'java')
g.addV('person').property(id, 6).property('name', 'peter').property('age', 35)
g.addE('knows').from(__.V(1)).to(__.V(2)).property(id, 7).property('weight', 0.5d)
g.addE('knows').from(__.V(1)).to(__.V(4)).property(id, 8).property('weight', 1.0d)
g.addE('created').from(__.V(1)).to(__.V(3)).property(id, 9).property('weight', 0.4d)
g.addE('created').from(__.V(4)).to(__.V(5)).property(id, 10).property('weight', 1.0d)
g.addE('created').from(__.V(4)).to(__.V(3)).property(id, 11).property('weight', 0.4d)
g.addE('created').from(__.V(6)).to(__.V(3)).property(id, 12).property('weight', 0.2d)
)";

/// A value as tests read it: elements by the user's ids, texts bare.
inline std::string Shown(exec::Context& context, const Value& value) {
    const auto all = [&](const Values& items, const char* open, const char* close) {
        std::string text = open;
        for (size_t i = 0; i < items.size(); ++i) {
            text += (i > 0 ? ", " : "") + Shown(context, items[i]);
        }
        return text + close;
    };
    Value id;
    if (value.Is<VertexRef>() && exec::IdOf(context, value, id)) return "v" + DisplayText(id);
    if (value.Is<EdgeRef>() && exec::IdOf(context, value, id)) return "e" + DisplayText(id);
    if (const auto* list = value.If<Ptr<List>>()) return all((*list)->items, "[", "]");
    if (const auto* set = value.If<Ptr<Set>>()) return all((*set)->items, "{", "}");
    if (const auto* path = value.If<Ptr<Path>>()) return all((*path)->objects, "<", ">");
    if (const auto* bulk = value.If<Ptr<BulkSet>>()) {
        Values items;
        for (const auto& [item, count] : (*bulk)->items) {
            items.insert(items.end(), static_cast<size_t>(count), item);
        }
        return all(items, "(", ")");
    }
    if (const auto* entry = value.If<Ptr<Entry>>()) {
        return Shown(context, (*entry)->key) + ":" + Shown(context, (*entry)->value);
    }
    if (const auto* map = value.If<Ptr<Map>>()) {
        std::string text = "{";
        for (const auto& [key, inner] : (*map)->Items()) {
            text +=
                (text.size() > 1 ? ", " : "") + Shown(context, key) + ":" + Shown(context, inner);
        }
        return text + "}";
    }
    return DisplayText(value);
}

/// A graph in a folder of its own.
class TestGraph {
  public:
    explicit TestGraph(GraphMode mode = GraphMode::kTinkerGraph, bool modern = true) : mode_(mode) {
        Reopen();
        if (modern) REQUIRE(Run(std::string(kModern)) == "");
    }
    void Reopen() {
        store_.reset();
        auto store = GraphStore::Open(folder_.Path(), mode_);
        REQUIRE_MESSAGE(store, store.error().message);
        store_ = std::move(*store);
    }
    /// The error's message, or ""; results in `results`.
    std::string Run(const std::string& script) {
        results.clear();
        auto statements = gremlin::ParseScript(script, Map());
        if (!statements) return statements.error().message;
        const auto prepared = gremlin::Prepare(std::move(*statements), script, options);
        if (!prepared) return prepared.error().message;
        const auto status =
            gremlin::Run(*store_, *prepared, core::SystemClock(), {}, options,
                         [&](exec::Context& context, const Value& value, int64_t bulk) {
                             for (int64_t i = 0; i < bulk; ++i)
                                 results.push_back(Shown(context, value));
                             return core::Status();
                         });
        return status ? "" : status.error().message;
    }
    /// The results in order, joined by blanks.
    std::string Ask(const std::string& script) {
        const std::string error = Run(script);
        if (!error.empty()) return "error: " + error;
        std::string text;
        for (const std::string& result : results) text += (text.empty() ? "" : " ") + result;
        return text;
    }
    /// The results sorted by their texts.
    std::string AskAnyOrder(const std::string& script) {
        const std::string error = Run(script);
        if (!error.empty()) return "error: " + error;
        std::ranges::sort(results);
        std::string text;
        for (const std::string& result : results) text += (text.empty() ? "" : " ") + result;
        return text;
    }
    [[nodiscard]] GraphStore& Store() { return *store_; }

    gremlin::RunOptions options;
    std::vector<std::string> results;

  private:
    core::TempDir folder_;
    GraphMode mode_;
    std::unique_ptr<GraphStore> store_;
};

}  // namespace gyre::graph
