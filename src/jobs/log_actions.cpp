#include "jobs/log_actions.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <queue>
#include <set>

#include "jobs/detail/log_inputs.h"
#include "jobs/filter_pattern.h"

namespace gyre::jobs {
namespace {

using core::Json;
using core::JsonArray;
using core::JsonObject;
using core::Result;
using detail::BadParameter;
using detail::GroupArn;
using detail::GroupOf;
using detail::ResourceOfGroup;
using wire::CallContext;

constexpr size_t kMaxAnswerBytes = 1 << 20;  // of a page of events, as CloudWatch Logs'
constexpr size_t kEventOverhead = 26;        // what it counts for each beside its message

int64_t Milliseconds(core::WallTime time) {
    return time.time_since_epoch().count();
}

core::WallTime TimeMember(const Json& input, std::string_view member, core::WallTime otherwise) {
    const auto value = core::JsonInt(input, member);
    return value ? core::WallTime(core::milliseconds(*value)) : otherwise;
}

struct TimeRange {
    core::WallTime start;
    core::WallTime end;  ///< exclusive

    explicit TimeRange(const Json& input)
        : start(TimeMember(input, "startTime", core::WallTime::min())),
          end(TimeMember(input, "endTime", core::WallTime::max())) {}
    [[nodiscard]] bool Holds(const LogEvent& event) const {
        return event.time >= start && event.time < end;
    }
};

Result<Json> DescribeLogGroups(const LogStore& logs, const CallContext& context,
                               const Json& input) {
    const std::string prefix(core::JsonString(input, "logGroupNamePrefix").value_or(""));
    const std::string pattern(core::JsonString(input, "logGroupNamePattern").value_or(""));
    const std::string after(core::JsonString(input, "nextToken").value_or(""));
    const auto limit = static_cast<size_t>(core::JsonInt(input, "limit").value_or(50));
    JsonArray groups;
    std::string next;
    for (const std::string& name : logs.Groups(prefix)) {
        if (name <= after || name.find(pattern) == std::string::npos) continue;
        if (groups.size() == limit) {
            next = std::string(groups.back().at("logGroupName").as_string());
            break;
        }
        const auto info = logs.Group(name);
        if (!info) continue;  // it went meanwhile
        uint64_t bytes = 0;
        for (const LogStream& stream : logs.Streams(name, "").value_or(std::vector<LogStream>())) {
            bytes += stream.stored_bytes;
        }
        JsonObject group{{"logGroupName", name},
                         {"creationTime", Milliseconds(info->created)},
                         {"metricFilterCount", 0},
                         {"arn", GroupArn(context, name) + ":*"},
                         {"logGroupArn", GroupArn(context, name)},
                         {"logGroupClass", "STANDARD"},
                         {"storedBytes", bytes}};
        if (info->retention_days) group["retentionInDays"] = *info->retention_days;
        groups.push_back(std::move(group));
    }
    JsonObject output{{"logGroups", std::move(groups)}};
    if (!next.empty()) output["nextToken"] = next;
    return output;
}

Result<Json> DescribeLogStreams(const LogStore& logs, const CallContext& context,
                                const Json& input) {
    GYRE_ASSIGN(const std::string group, GroupOf(input));
    const std::string prefix(core::JsonString(input, "logStreamNamePrefix").value_or(""));
    const bool by_time = core::JsonString(input, "orderBy").value_or("") == "LastEventTime";
    if (by_time && !prefix.empty()) {
        return BadParameter("Cannot order by LastEventTime with a logStreamNamePrefix.");
    }
    GYRE_ASSIGN(std::vector<LogStream> streams, logs.Streams(group, prefix));
    const auto key = [&](const LogStream& stream) {
        return std::pair(by_time ? Milliseconds(stream.last_event) : 0, stream.name);
    };
    const bool descending = core::JsonBool(input, "descending").value_or(false);
    std::ranges::sort(streams, [&](const LogStream& a, const LogStream& b) {
        return descending ? key(b) < key(a) : key(a) < key(b);
    });
    // The token is the key of the last stream that was given.
    const std::string token(core::JsonString(input, "nextToken").value_or(""));
    if (!token.empty()) {
        std::pair<int64_t, std::string> last;
        const auto [rest, error] =
            std::from_chars(token.data(), token.data() + token.size(), last.first);
        if (error != std::errc() || rest == token.data() + token.size() || *rest != ' ') {
            return BadParameter("The specified nextToken is invalid.");
        }
        last.second = rest + 1;
        std::erase_if(streams, [&](const LogStream& stream) {
            return descending ? key(stream) >= last : key(stream) <= last;
        });
    }
    const auto limit = static_cast<size_t>(core::JsonInt(input, "limit").value_or(50));
    JsonObject output;
    if (streams.size() > limit) {
        streams.resize(limit);
        const auto [time, name] = key(streams.back());
        output["nextToken"] = std::to_string(time) + " " + name;
    }
    JsonArray items;
    for (const LogStream& stream : streams) {
        JsonObject item{{"logStreamName", stream.name},
                        {"creationTime", Milliseconds(stream.created)},
                        {"arn", GroupArn(context, group) + ":log-stream:" + stream.name},
                        {"storedBytes", stream.stored_bytes}};
        if (stream.has_events) {
            item["firstEventTimestamp"] = Milliseconds(stream.first_event);
            item["lastEventTimestamp"] = Milliseconds(stream.last_event);
            item["lastIngestionTime"] = Milliseconds(stream.last_event);
        }
        items.push_back(std::move(item));
    }
    output["logStreams"] = std::move(items);
    return output;
}

// "f/12": from event 12 on; "b/12": what comes before event 12.
struct EventToken {
    bool forward = true;
    uint64_t id = 0;

    static Result<EventToken> Parse(std::string_view text) {
        EventToken token{.forward = text.starts_with("f/")};
        const std::string_view digits = text.substr(std::min<size_t>(text.size(), 2));
        const auto [rest, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), token.id);
        if ((!token.forward && !text.starts_with("b/")) || error != std::errc() ||
            rest != digits.data() + digits.size()) {
            return BadParameter("The specified nextToken is invalid.");
        }
        return token;
    }
};

Result<Json> GetLogEvents(const LogStore& logs, const Json& input) {
    GYRE_ASSIGN(const std::string group, GroupOf(input));
    const std::string stream(core::JsonString(input, "logStreamName").value_or(""));
    const TimeRange range(input);
    const auto limit = static_cast<size_t>(core::JsonInt(input, "limit").value_or(10'000));
    GYRE_ASSIGN(const uint64_t first, logs.FirstIdAt(group, stream, range.start));
    GYRE_ASSIGN(uint64_t end, logs.NextId(group, stream));
    if (range.end != core::WallTime::max()) {
        GYRE_ASSIGN(end, logs.FirstIdAt(group, stream, range.end));
    }
    EventToken from{.forward = core::JsonBool(input, "startFromHead").value_or(false), .id = first};
    if (!from.forward) from.id = end;
    if (const auto token = core::JsonString(input, "nextToken")) {
        GYRE_ASSIGN(from, EventToken::Parse(*token));
    }
    uint64_t begin = std::max(from.id, first);
    if (!from.forward) {
        end = std::min(end, from.id);
        begin = end > first + limit ? end - limit : first;
    }
    std::vector<LogEvent> events;
    if (begin < end) {
        GYRE_ASSIGN(events, logs.Read(group, stream, begin, std::min(limit, end - begin)));
    }
    size_t bytes = 0;
    size_t kept = 0;
    // A page may be cut by its size: going forward the later events go, going back the earlier.
    if (!from.forward) std::ranges::reverse(events);
    while (kept < events.size()) {
        bytes += events[kept].message.size() + kEventOverhead;
        if (bytes > kMaxAnswerBytes && kept > 0) break;
        ++kept;
    }
    events.resize(kept);
    if (!from.forward) std::ranges::reverse(events);
    JsonArray items;
    for (const LogEvent& event : events) {
        items.push_back(JsonObject{{"timestamp", Milliseconds(event.time)},
                                   {"message", event.message},
                                   {"ingestionTime", Milliseconds(event.time)}});
    }
    const uint64_t behind = events.empty() ? (from.forward ? begin : end) : events.back().id + 1;
    const uint64_t before = events.empty() ? behind : events.front().id;
    return JsonObject{{"events", std::move(items)},
                      {"nextForwardToken", "f/" + std::to_string(behind)},
                      {"nextBackwardToken", "b/" + std::to_string(before)}};
}

// A place in the merged order of several streams.
struct MergeKey {
    int64_t time = 0;
    std::string stream;
    uint64_t id = 0;
    auto operator<=>(const MergeKey&) const = default;

    [[nodiscard]] std::string Token() const {
        return std::to_string(time) + " " + std::to_string(id) + " " + stream;
    }
    static Result<MergeKey> Parse(std::string_view token) {
        MergeKey key;
        const char* end = token.data() + token.size();
        const auto time = std::from_chars(token.data(), end, key.time);
        if (time.ec == std::errc() && time.ptr != end && *time.ptr == ' ') {
            const auto id = std::from_chars(time.ptr + 1, end, key.id);
            if (id.ec == std::errc() && id.ptr != end && *id.ptr == ' ') {
                key.stream.assign(id.ptr + 1, end);
                return key;
            }
        }
        return BadParameter("The specified nextToken is invalid.");
    }
};

// Reads one stream in pieces, as the merge asks for its events.
class StreamCursor {
  public:
    StreamCursor(const LogStore& logs, std::string group, std::string name, uint64_t first_id)
        : logs_(logs), group_(std::move(group)), name_(std::move(name)), next_id_(first_id) {}

    // The event it stands at; null at the end.
    Result<const LogEvent*> Peek() {
        constexpr size_t kPiece = 1000;
        if (at_ == events_.size()) {
            at_ = 0;
            GYRE_ASSIGN(events_, logs_.Read(group_, name_, next_id_, kPiece));
            if (events_.empty()) return nullptr;
            next_id_ = events_.back().id + 1;
        }
        return &events_[at_];
    }
    void Advance() { ++at_; }
    [[nodiscard]] const std::string& Name() const { return name_; }

  private:
    const LogStore& logs_;
    std::string group_;
    std::string name_;
    uint64_t next_id_;
    std::vector<LogEvent> events_;
    size_t at_ = 0;
};

Result<std::vector<StreamCursor>> OpenCursors(const LogStore& logs, const std::string& group,
                                              const Json& input, core::WallTime start) {
    const std::string prefix(core::JsonString(input, "logStreamNamePrefix").value_or(""));
    GYRE_ASSIGN(const std::vector<LogStream> streams, logs.Streams(group, prefix));
    std::optional<std::set<std::string>> wanted;
    if (const Json* names = core::JsonFind(input, "logStreamNames")) {
        wanted.emplace();
        for (const Json& name : names->as_array()) wanted->emplace(name.as_string());
    }
    std::vector<StreamCursor> cursors;
    for (const LogStream& stream : streams) {
        if (wanted && !wanted->contains(stream.name)) continue;
        if (stream.last_event < start) continue;
        GYRE_ASSIGN(const uint64_t first, logs.FirstIdAt(group, stream.name, start));
        cursors.emplace_back(logs, group, stream.name, first);
    }
    return cursors;
}

Result<Json> FilterLogEvents(const LogStore& logs, const Json& input) {
    GYRE_ASSIGN(const std::string group, GroupOf(input));
    GYRE_ASSIGN(const FilterPattern pattern,
                FilterPattern::Parse(core::JsonString(input, "filterPattern").value_or("")));
    TimeRange range(input);
    MergeKey after;
    after.time = INT64_MIN;
    if (const auto token = core::JsonString(input, "nextToken")) {
        GYRE_ASSIGN(after, MergeKey::Parse(*token));
        range.start = std::max(range.start, core::WallTime(core::milliseconds(after.time)));
    }
    GYRE_ASSIGN(std::vector<StreamCursor> cursors, OpenCursors(logs, group, input, range.start));
    const auto limit = static_cast<size_t>(core::JsonInt(input, "limit").value_or(10'000));

    using Entry = std::pair<MergeKey, StreamCursor*>;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap;
    const auto push = [&](StreamCursor& cursor) -> core::Status {
        GYRE_ASSIGN(const LogEvent* event, cursor.Peek());
        if (event != nullptr && event->time < range.end) {
            heap.emplace(MergeKey{Milliseconds(event->time), cursor.Name(), event->id}, &cursor);
        }
        return {};
    };
    for (StreamCursor& cursor : cursors) GYRE_TRY(push(cursor));

    JsonArray items;
    JsonObject output;
    size_t bytes = 0;
    MergeKey last;
    while (!heap.empty()) {
        auto [key, cursor] = heap.top();
        heap.pop();
        GYRE_ASSIGN(const LogEvent* event, cursor->Peek());
        if (key > after && range.Holds(*event) && pattern.Matches(event->message)) {
            bytes += event->message.size() + kEventOverhead;
            if (items.size() == limit || (bytes > kMaxAnswerBytes && !items.empty())) {
                output["nextToken"] = last.Token();
                break;
            }
            items.push_back(JsonObject{{"logStreamName", key.stream},
                                       {"timestamp", key.time},
                                       {"message", event->message},
                                       {"ingestionTime", key.time},
                                       {"eventId", std::to_string(key.time) + "-" +
                                                       std::to_string(key.id) + "-" + key.stream}});
            last = key;
        }
        cursor->Advance();
        GYRE_TRY(push(*cursor));
    }
    output["events"] = std::move(items);
    output["searchedLogStreams"] = JsonArray();
    return output;
}

}  // namespace

void AddLogActions(wire::ActionTable& table, LogStore& logs) {
    AddLogWriteActions(table, logs);
    const auto add = [&](std::string operation, wire::ResourceOf resource,
                         wire::DocumentHandler handler) {
        table.Add({.service = "logs",
                   .operation = operation,
                   .permission = "logs:" + operation,
                   .resource = std::move(resource),
                   .document = std::move(handler)});
    };
    add("DescribeLogGroups", {}, [&logs](const CallContext& context, const Json& input) {
        return DescribeLogGroups(logs, context, input);
    });
    add("DescribeLogStreams", ResourceOfGroup,
        [&logs](const CallContext& context, const Json& input) {
            return DescribeLogStreams(logs, context, input);
        });
    add("GetLogEvents", ResourceOfGroup,
        [&logs](const CallContext&, const Json& input) { return GetLogEvents(logs, input); });
    add("FilterLogEvents", ResourceOfGroup,
        [&logs](const CallContext&, const Json& input) { return FilterLogEvents(logs, input); });
}

}  // namespace gyre::jobs
