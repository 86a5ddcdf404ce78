#include "graph/door/query_log.h"

#include <chrono>

namespace gyre::graph::door {
namespace {

constexpr size_t kMaxText = 4096;  // of a query, as it is shown

int64_t Milliseconds(core::SteadyTime::duration time) {
    return std::chrono::duration_cast<core::milliseconds>(time).count();
}

}  // namespace

core::CancelToken QueryLog::Accept(const std::string& id, std::string text) {
    if (text.size() > kMaxText) text.resize(kMaxText);
    Entry entry;
    entry.text = std::move(text);
    entry.accepted = clock_.Now();
    core::CancelToken cancel = entry.cancel;
    auto state = state_.Lock();
    if (state->stopped) cancel.Cancel();
    state->queries.insert_or_assign(id, std::move(entry));
    return cancel;
}

void QueryLog::Begin(const std::string& id) {
    auto state = state_.Lock();
    auto& queries = state->queries;
    if (const auto found = queries.find(id); found != queries.end()) {
        found->second.begun = clock_.Now();
    }
}

void QueryLog::End(const std::string& id) {
    state_.Lock()->queries.erase(id);
}

bool QueryLog::Cancel(const std::string& id) {
    auto state = state_.Lock();
    const auto found = state->queries.find(id);
    if (found == state->queries.end()) return false;
    found->second.cancel.Cancel();
    return true;
}

void QueryLog::Stop() {
    auto state = state_.Lock();
    state->stopped = true;
    for (auto& [id, entry] : state->queries) entry.cancel.Cancel();
}

core::Json QueryLog::ToJson(const std::string& id, const Entry& entry) const {
    const auto now = clock_.Now();
    core::JsonObject stats;
    stats["waited"] = Milliseconds(entry.begun.value_or(now) - entry.accepted);
    stats["elapsed"] = entry.begun ? Milliseconds(now - *entry.begun) : 0;
    stats["cancelled"] = entry.cancel.Cancelled();
    core::JsonObject json;
    json["queryId"] = id;
    json["queryString"] = entry.text;
    json["queryEvalStats"] = std::move(stats);
    return json;
}

core::Json QueryLog::Status(bool waiting_too) const {
    auto state = state_.Lock();
    core::JsonArray list;
    int64_t running = 0;
    for (const auto& [id, entry] : state->queries) {
        if (entry.begun) ++running;
        if (entry.begun || waiting_too) list.push_back(ToJson(id, entry));
    }
    core::JsonObject json;
    json["acceptedQueryCount"] = static_cast<int64_t>(state->queries.size());
    json["runningQueryCount"] = running;
    json["queries"] = std::move(list);
    return json;
}

std::optional<core::Json> QueryLog::Status(const std::string& id) const {
    auto state = state_.Lock();
    const auto found = state->queries.find(id);
    if (found == state->queries.end()) return std::nullopt;
    return ToJson(id, found->second);
}

}  // namespace gyre::graph::door
