#include "graph/door/query_log.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace gyre::graph::door {
namespace {

constexpr size_t kMaxText = 4096;  // of a query, as it is shown

int64_t Milliseconds(core::SteadyTime::duration time) {
    return std::chrono::duration_cast<core::milliseconds>(time).count();
}

}  // namespace

QueryLog::Query::Query(QueryLog& log, QueryLanguage language, Read read)
    : log_(log), number_([&] {
          Entry entry;
          entry.language = language;
          entry.read = std::move(read);
          entry.accepted = log.clock_.Now();
          entry.cancel = cancel_;
          auto state = log.state_.Lock();
          if (state->stopped) entry.cancel.Cancel();
          state->queries.emplace(++state->next, std::move(entry));
          return state->next;
      }()) {
}

QueryLog::Query::~Query() {
    log_.state_.Lock()->queries.erase(number_);
}

core::Status QueryLog::Query::Begin(const Shown& shown) {
    {
        auto state = log_.state_.Lock();
        Entry& entry = state->queries.at(number_);
        entry.shown = {shown.id, shown.text.substr(0, kMaxText)};
        entry.read = nullptr;
        entry.begun = log_.clock_.Now();
    }
    if (!cancel_.Cancelled()) return {};
    return core::Fail(core::Code::kCancelled, "CancelledByUserException",
                      "The request was cancelled by the user");
}

void QueryLog::Query::Rename(const std::string& id) {
    log_.state_.Lock()->queries.at(number_).shown.id = id;
}

std::vector<QueryLog::Entry> QueryLog::Queries(QueryLanguage language) const {
    std::vector<Entry> queries;
    {
        auto state = state_.Lock();
        for (const auto& [number, entry] : state->queries) {
            if (entry.language == language) queries.push_back(entry);
        }
    }
    std::erase_if(queries, [](Entry& entry) {
        if (entry.begun) return false;
        auto shown = entry.read ? entry.read() : std::nullopt;
        if (shown) entry.shown = {shown->id, shown->text.substr(0, kMaxText)};
        return !shown;
    });
    return queries;
}

bool QueryLog::Cancel(QueryLanguage language, const std::string& id) {
    bool any = false;
    for (Entry& entry : Queries(language)) {
        if (entry.shown.id != id) continue;
        entry.cancel.Cancel();
        any = true;
    }
    return any;
}

void QueryLog::Stop() {
    auto state = state_.Lock();
    state->stopped = true;
    for (auto& [number, entry] : state->queries) entry.cancel.Cancel();
}

core::Json QueryLog::ToJson(const Entry& entry) const {
    const auto now = clock_.Now();
    core::JsonObject stats;
    stats["waited"] = Milliseconds(entry.begun.value_or(now) - entry.accepted);
    stats["elapsed"] = entry.begun ? Milliseconds(now - *entry.begun) : 0;
    stats["cancelled"] = entry.cancel.Cancelled();
    core::JsonObject json;
    json["queryId"] = entry.shown.id;
    json["queryString"] = entry.shown.text;
    json["queryEvalStats"] = std::move(stats);
    return json;
}

core::Json QueryLog::Status(QueryLanguage language, bool waiting_too) const {
    core::JsonArray list;
    int64_t accepted = 0, running = 0;
    for (const Entry& entry : Queries(language)) {
        ++accepted;
        if (entry.begun) ++running;
        if (entry.begun || waiting_too) list.push_back(ToJson(entry));
    }
    core::JsonObject json;
    json["acceptedQueryCount"] = accepted;
    json["runningQueryCount"] = running;
    json["queries"] = std::move(list);
    return json;
}

std::optional<core::Json> QueryLog::Status(QueryLanguage language, const std::string& id) const {
    const std::vector<Entry> queries = Queries(language);
    const auto found =
        std::ranges::find(queries, id, [](const Entry& entry) { return entry.shown.id; });
    if (found == queries.end()) return std::nullopt;
    return ToJson(*found);
}

}  // namespace gyre::graph::door
