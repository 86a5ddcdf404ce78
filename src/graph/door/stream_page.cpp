#include "graph/door/stream_page.h"

#include <algorithm>
#include <charconv>

#include "core/digest.h"
#include "core/json.h"
#include "graph/door/json_page.h"
#include "graph/number.h"

namespace gyre::graph::door {
namespace {

using core::Code;
using core::JsonObject;

constexpr uint64_t kMostRecords = 100'000;

struct StreamRequest {
    uint64_t limit = 10;
    ChangeId at{1, 1};
    std::string iterator;
};

core::Result<StreamRequest> ReadRequest(const net::RequestHead& head) {
    const auto members = net::ParseQuery(head.query);
    if (!members) return core::Fail(Code::kInvalidArgument, "BadRequestException", "broken escape");
    StreamRequest request;
    bool numbered = false;
    for (const auto& [key, value] : *members) {
        uint64_t* const into = key == "limit"       ? &request.limit
                               : key == "commitNum" ? &request.at.commit
                               : key == "opNum"     ? &request.at.op
                                                    : nullptr;
        if (key == "iteratorType") request.iterator = value;
        if (into == nullptr) continue;
        numbered = numbered || key == "commitNum";
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), *into);
        if (error != std::errc() || end != value.data() + value.size()) {
            return core::Fail(Code::kInvalidArgument, "InvalidParameterException",
                              key + " is a number from 0");
        }
    }
    if (request.iterator.empty())
        request.iterator = numbered ? "AT_SEQUENCE_NUMBER" : "TRIM_HORIZON";
    if (request.limit < 1 || request.limit > kMostRecords) {
        return core::Fail(Code::kInvalidArgument, "InvalidParameterException",
                          "limit is from 1 to 100,000");
    }
    return request;
}

const char* TypeOf(const Value& value) {
    if (value.Is<bool>()) return "Boolean";
    if (value.Is<int8_t>()) return "Byte";
    if (value.Is<int16_t>()) return "Short";
    if (value.Is<int32_t>()) return "Int";
    if (value.Is<int64_t>()) return "Long";
    if (value.Is<float>()) return "Float";
    if (value.Is<double>()) return "Double";
    return value.Is<Date>() ? "Date" : "String";
}

core::Json ValueJson(const Value& value) {
    if (value.Is<bool>()) return value.As<bool>();
    if (value.IsNumber() && IsWhole(value) && !value.Is<BigInteger>()) return ToInt64(value);
    if (value.Is<float>() || value.Is<double>()) return ToDouble(value);
    if (const auto* binary = value.If<Binary>())
        return core::Json(core::Base64Encode(binary->bytes));
    return core::Json(DisplayText(value));
}

JsonObject IdJson(const ChangeId& id) {
    return JsonObject{{"commitNum", id.commit}, {"opNum", id.op}};
}

JsonObject DataJson(const LoggedChange& one) {
    if (one.change.kind == Change::Kind::kQuad) return JsonObject{{"stmt", one.change.key}};
    static constexpr const char* kTypes[] = {"vl", "vp", "e", "ep"};
    JsonObject data;
    data["id"] = DisplayText(one.change.id);
    data["type"] = kTypes[static_cast<size_t>(one.change.kind)];
    data["key"] = one.change.key;
    data["value"] =
        JsonObject{{"value", ValueJson(one.change.value)}, {"dataType", TypeOf(one.change.value)}};
    if (!one.change.from.IsNull()) data["from"] = DisplayText(one.change.from);
    if (!one.change.to.IsNull()) data["to"] = DisplayText(one.change.to);
    return data;
}

JsonObject RecordJson(const LoggedChange& one) {
    JsonObject json;
    json["commitTimestamp"] = one.committed_ms;
    json["eventId"] = IdJson(one.id);
    json["data"] = DataJson(one);
    json["op"] = one.change.removed ? "REMOVE" : "ADD";
    json["isLastOp"] = one.last;
    return json;
}

}  // namespace

core::Result<net::Response> ServeStream(const net::RequestHead& head, GraphStore& store, bool rdf,
                                        const core::Clock& clock, core::milliseconds timeout) {
    if (!store.KeepsChanges()) {
        return core::Fail(Code::kUnimplemented, "UnsupportedOperationException",
                          "changes are not kept here: set graph.streams");
    }
    GYRE_ASSIGN(StreamRequest request, ReadRequest(head));
    if (request.iterator == "AFTER_SEQUENCE_NUMBER") {
        ++request.at.op;
    } else if (request.iterator == "TRIM_HORIZON") {
        request.at = {1, 1};
    } else if (request.iterator != "AT_SEQUENCE_NUMBER" && request.iterator != "LATEST") {
        return core::Fail(Code::kInvalidArgument, "InvalidParameterException",
                          "there is no iteratorType " + request.iterator);
    }
    const auto graph = store.Read();
    const ChangesOf which = rdf ? ChangesOf::kRdf : ChangesOf::kGraph;
    // Any number of commits may have changed only the other kind of graph.
    const core::SteadyTime until = clock.Now() + timeout;
    std::vector<LoggedChange> changes;
    if (request.iterator != "LATEST") {
        changes = graph->Changes(request.at, request.limit, which, until);
    } else if (auto last = graph->LastChange(which, until)) {
        changes.push_back(std::move(*last));
    }
    GYRE_TRY(graph->Health());
    if (changes.empty() && clock.Now() >= until) {
        return core::Fail(Code::kDeadlineExceeded, "TimeLimitExceededException",
                          "no change was found in the time of a query");
    }
    if (changes.empty()) {
        return core::Fail(Code::kNotFound, "StreamRecordsNotFoundException",
                          "there are no changes from there on");
    }
    core::JsonArray records;
    for (const LoggedChange& one : changes) records.push_back(RecordJson(one));
    JsonObject json;
    json["lastEventId"] = IdJson(changes.back().id);
    json["lastTrxTimestamp"] = changes.back().committed_ms;
    json["format"] = rdf ? "NQUADS" : "PG_JSON";
    json["totalRecords"] = records.size();
    json["records"] = std::move(records);
    return JsonPage(json);
}

}  // namespace gyre::graph::door
