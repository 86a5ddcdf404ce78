#include <algorithm>
#include <set>
#include <utility>

#include "jobs/detail/log_inputs.h"
#include "jobs/log_actions.h"

namespace gyre::jobs {
namespace {

using core::Json;
using core::JsonObject;
using core::Result;
using core::Status;
using detail::BadParameter;
using detail::GroupOf;
using wire::CallContext;

constexpr size_t kMaxBatchBytes = 1'048'576;
constexpr size_t kPutOverhead = 26;
constexpr core::seconds kMaxBatchSpan{24 * 3600};
const std::set<int64_t> kRetentions = {1,    3,    5,    7,    14,   30,  60,  90,
                                       120,  150,  180,  365,  400,  545, 731, 1096,
                                       1827, 2192, 2557, 2922, 3288, 3653};

Result<Json> Done(Status status) {
    if (!status) return core::Fail(std::move(status.error()));
    return JsonObject{};
}

std::map<std::string, std::string> TagsOf(const Json& input) {
    std::map<std::string, std::string> tags;
    const Json* given = core::JsonFind(input, "tags");
    if (!given || !given->is_object()) return tags;
    for (const auto& [key, value] : given->as_object()) tags.emplace(key, value.as_string());
    return tags;
}

Result<Json> CreateGroup(LogStore& logs, const Json& input) {
    for (const char* member : {"kmsKeyId", "deletionProtectionEnabled"}) {
        if (!core::JsonFind(input, member)) continue;
        return core::Fail(core::Code::kUnimplemented,
                          std::string(member) + " is not implemented here");
    }
    const std::string kind = core::JsonStringOr(input, "logGroupClass");
    if (!kind.empty() && kind != "STANDARD") {
        return core::Fail(core::Code::kUnimplemented,
                          "the log group class " + kind + " is not implemented here");
    }
    return Done(logs.CreateGroup(core::JsonStringOr(input, "logGroupName"), TagsOf(input)));
}

Result<Json> PutEvents(LogStore& logs, const Json& input) {
    GYRE_ASSIGN(const std::string group, GroupOf(input));
    const std::string stream = core::JsonStringOr(input, "logStreamName");
    const Json* list = core::JsonFind(input, "logEvents");
    std::vector<LogEvent> events;
    size_t bytes = 0;
    for (const Json& item : list->as_array()) {
        LogEvent event;
        event.time =
            core::WallTime(core::milliseconds(core::JsonInt(item, "timestamp").value_or(0)));
        event.message = core::JsonStringOr(item, "message");
        bytes += event.message.size() + kPutOverhead;
        if (!events.empty() && event.time < events.back().time) {
            return BadParameter(
                "Log events in a single PutLogEvents request must be in chronological order.");
        }
        events.push_back(std::move(event));
    }
    if (bytes > kMaxBatchBytes) {
        return BadParameter("Upload too large: " + std::to_string(bytes) +
                            " bytes exceeds limit of 1048576");
    }
    if (!events.empty() && events.back().time - events.front().time > kMaxBatchSpan) {
        return BadParameter(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 "
            "hours.");
    }
    GYRE_ASSIGN(const PutOutcome outcome, logs.Put(group, stream, std::move(events)));
    GYRE_ASSIGN(const uint64_t next, logs.NextId(group, stream));
    JsonObject output{{"nextSequenceToken", std::to_string(next)}};
    JsonObject rejected;
    if (outcome.too_new_start) rejected["tooNewLogEventStartIndex"] = *outcome.too_new_start;
    if (outcome.too_old_end) rejected["tooOldLogEventEndIndex"] = *outcome.too_old_end;
    if (outcome.expired_end) rejected["expiredLogEventEndIndex"] = *outcome.expired_end;
    if (!rejected.empty()) output["rejectedLogEventsInfo"] = std::move(rejected);
    return output;
}

Result<Json> PutRetention(LogStore& logs, const Json& input) {
    const int64_t days = core::JsonInt(input, "retentionInDays").value_or(0);
    if (!kRetentions.contains(days)) {
        return BadParameter(
            "retentionInDays must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, "
            "180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653");
    }
    const auto change = [days](LogGroup& group) { group.retention_days = static_cast<int>(days); };
    GYRE_TRY(logs.ChangeGroup(core::JsonStringOr(input, "logGroupName"), change));
    logs.Sweep();
    return JsonObject{};
}

Result<Json> ChangeTags(LogStore& logs, const Json& input, const char* removed) {
    GYRE_ASSIGN(const std::string group, GroupOf(input));
    return Done(logs.ChangeGroup(group, [&](LogGroup& info) {
        for (auto& [key, value] : TagsOf(input)) info.tags.insert_or_assign(key, value);
        const Json* keys = core::JsonFind(input, removed);
        if (!keys || !keys->is_array()) return;
        for (const Json& key : keys->as_array()) info.tags.erase(std::string(key.as_string()));
    }));
}

Result<Json> ListTags(const LogStore& logs, const Json& input) {
    GYRE_ASSIGN(const std::string name, GroupOf(input));
    GYRE_ASSIGN(const LogGroup group, logs.Group(name));
    JsonObject tags;
    for (const auto& [key, value] : group.tags) tags[key] = value;
    return JsonObject{{"tags", std::move(tags)}};
}

}  // namespace

void AddLogWriteActions(wire::ActionTable& table, LogStore& logs) {
    const auto add = [&](std::string operation, auto handler) {
        table.Add({.service = "logs",
                   .operation = operation,
                   .permission = "logs:" + operation,
                   .resource = detail::ResourceOfGroup,
                   .document = [&logs, handler](const CallContext&,
                                                const Json& input) { return handler(logs, input); },
                   .max_body = 4 << 20});
    };
    add("CreateLogGroup", CreateGroup);
    add("PutLogEvents", PutEvents);
    add("PutRetentionPolicy", PutRetention);
    add("DeleteLogGroup", [](LogStore& store, const Json& input) {
        return Done(store.DeleteGroup(core::JsonStringOr(input, "logGroupName")));
    });
    add("CreateLogStream", [](LogStore& store, const Json& input) {
        return Done(store.CreateStream(core::JsonStringOr(input, "logGroupName"),
                                       core::JsonStringOr(input, "logStreamName")));
    });
    add("DeleteLogStream", [](LogStore& store, const Json& input) {
        return Done(store.DeleteStream(core::JsonStringOr(input, "logGroupName"),
                                       core::JsonStringOr(input, "logStreamName")));
    });
    add("DeleteRetentionPolicy", [](LogStore& store, const Json& input) {
        return Done(store.ChangeGroup(core::JsonStringOr(input, "logGroupName"),
                                      [](LogGroup& group) { group.retention_days.reset(); }));
    });
    for (const char* operation : {"TagResource", "TagLogGroup"}) {
        add(operation,
            [](LogStore& store, const Json& input) { return ChangeTags(store, input, ""); });
    }
    add("UntagResource",
        [](LogStore& store, const Json& input) { return ChangeTags(store, input, "tagKeys"); });
    add("UntagLogGroup",
        [](LogStore& store, const Json& input) { return ChangeTags(store, input, "tags"); });
    for (const char* operation : {"ListTagsForResource", "ListTagsLogGroup"}) {
        add(operation, [](LogStore& store, const Json& input) { return ListTags(store, input); });
    }
}

}  // namespace gyre::jobs
