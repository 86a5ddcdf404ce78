#include "telemetry/alarm_actions.h"

#include <boost/json.hpp>

#include <algorithm>

#include "core/log.h"
#include "telemetry/detail/metric_documents.h"

namespace gyre::telemetry {
namespace {

using core::Json;
using core::JsonObject;
using core::Result;
using wire::CallContext;

constexpr size_t kMostAlarms = 5000;

int64_t Seconds(core::WallTime time) {
    return std::chrono::floor<core::seconds>(time).time_since_epoch().count();
}

std::string ArnOf(const CallContext& context, const std::string& name) {
    return "arn:aws:cloudwatch:" + context.region + ":" + context.caller.account + ":alarm:" + name;
}

AlarmState StateIn(const Json& status) {
    const std::string text = detail::Text(status, "StateValue");
    if (text == "OK") return AlarmState::kOk;
    return text == "ALARM" ? AlarmState::kAlarm : AlarmState::kInsufficientData;
}

int64_t HeldUntil(const Json& status) {
    return core::JsonInt(status, "_held_until").value_or(0);
}

void SetState(JsonObject& status, const Alarm::Verdict& verdict, core::WallTime now) {
    if (StateIn(status) != verdict.state) {
        status["StateTransitionedTimestamp"] = core::EpochSeconds(now);
    }
    status["StateValue"] = AlarmStateName(verdict.state);
    status["StateReason"] = verdict.reason;
    status["StateUpdatedTimestamp"] = core::EpochSeconds(now);
}

core::Error NoSuchAlarm(const std::string& name) {
    return {core::Code::kNotFound, "ResourceNotFound", "Unknown alarm " + name};
}

Result<Json> Put(catalog::Catalog& catalog, const CallContext& context, Json input,
                 core::WallTime now) {
    GYRE_TRY(Alarm::Read(input));
    const std::string name = detail::Text(input, "AlarmName");
    catalog::Tags tags;
    if (const Json* list = core::JsonFind(input, "Tags"); list != nullptr && list->is_array()) {
        for (const Json& tag : list->get_array()) {
            tags[detail::Text(tag, "Key")] = detail::Text(tag, "Value");
        }
    }
    JsonObject& document = input.as_object();
    document.erase("Tags");
    if (!document.contains("ActionsEnabled")) document["ActionsEnabled"] = true;
    for (const char* list :
         {"OKActions", "AlarmActions", "InsufficientDataActions", "Dimensions"}) {
        if (!document.contains(list)) document[list] = core::JsonArray{};
    }
    JsonObject status{{"AlarmArn", ArnOf(context, name)},
                      {"AlarmConfigurationUpdatedTimestamp", core::EpochSeconds(now)},
                      {"StateTransitionedTimestamp", core::EpochSeconds(now)}};
    SetState(status, {AlarmState::kInsufficientData, "Unchecked: Initial alarm creation"}, now);
    const auto created = catalog.Create({.kind = kAlarmKind,
                                         .name = name,
                                         .arn = ArnOf(context, name),
                                         .document = input,
                                         .status = std::move(status)},
                                        std::move(tags));
    if (created) return JsonObject();
    if (created.error().code != core::Code::kAlreadyExists) return core::Fail(created.error());
    GYRE_TRY(catalog.Update(kAlarmKind, name, [&](catalog::Resource& alarm) -> core::Status {
        alarm.document = input;
        alarm.status.as_object()["AlarmConfigurationUpdatedTimestamp"] = core::EpochSeconds(now);
        return {};
    }));
    return JsonObject();
}

bool Among(const Json* names, const std::string& name) {
    if (names == nullptr || !names->is_array() || names->get_array().empty()) return true;
    return std::ranges::any_of(names->get_array(),
                               [&](const Json& one) { return one.as_string() == name; });
}

Result<Json> Describe(const catalog::Catalog& catalog, const Alarms& alarms, const Json& input) {
    catalog::ListQuery query;
    query.kind = kAlarmKind;
    query.name_prefix = detail::Text(input, "AlarmNamePrefix");
    query.sort_by = catalog::ListQuery::SortBy::kName;
    query.descending = false;
    query.limit = static_cast<int>(core::JsonInt(input, "MaxRecords").value_or(50));
    query.page_token = detail::Text(input, "NextToken");
    const Json* names = core::JsonFind(input, "AlarmNames");
    if (names != nullptr) query.limit = static_cast<int>(kMostAlarms);
    GYRE_ASSIGN(const catalog::ListPage page, catalog.List(query));
    const std::string wanted = detail::Text(input, "StateValue");
    core::JsonArray list;
    for (const catalog::Resource& each : page.resources) {
        if (!Among(names, each.name)) continue;
        GYRE_ASSIGN(const catalog::Resource alarm, alarms.Refresh(each));
        if (!wanted.empty() && detail::Text(alarm.status, "StateValue") != wanted) continue;
        list.push_back(catalog::Describe(alarm));
    }
    JsonObject output{{"MetricAlarms", std::move(list)}, {"CompositeAlarms", core::JsonArray{}}};
    if (!page.next_token.empty()) output["NextToken"] = page.next_token;
    return output;
}

Result<Json> Delete(catalog::Catalog& catalog, const Json& input) {
    const Json* names = core::JsonFind(input, "AlarmNames");
    for (const Json& name : names->as_array()) {
        const std::string text(name.as_string());
        const auto alarm = catalog.Get(kAlarmKind, text);
        if (alarm) continue;
        if (alarm.error().code != core::Code::kNotFound) return core::Fail(alarm.error());
        return core::Fail(NoSuchAlarm(text));
    }
    for (const Json& name : names->as_array()) {
        const auto deleted = catalog.Delete(kAlarmKind, std::string(name.as_string()));
        if (!deleted && deleted.error().code != core::Code::kNotFound) {
            return core::Fail(deleted.error());
        }
    }
    return JsonObject();
}

/// Holds for one period, after which the metric decides again.
Result<Json> SetAlarmState(catalog::Catalog& catalog, const Alarms& alarms, const Json& input,
                           core::WallTime now) {
    const std::string name = detail::Text(input, "AlarmName");
    AlarmState before = AlarmState::kInsufficientData;
    const auto changed =
        catalog.Update(kAlarmKind, name, [&](catalog::Resource& alarm) -> core::Status {
            JsonObject& status = alarm.status.as_object();
            before = StateIn(alarm.status);
            SetState(status, {StateIn(input), detail::Text(input, "StateReason")}, now);
            const int64_t period = core::JsonInt(alarm.document, "Period").value_or(60);
            status["_held_until"] = Seconds(now) + period;
            return {};
        });
    if (!changed && changed.error().code == core::Code::kNotFound) {
        return core::Fail(NoSuchAlarm(name));
    }
    if (!changed) return core::Fail(changed.error());
    if (StateIn(changed->status) != before) alarms.Announce(*changed, before);
    return JsonObject();
}

const char* ActionsFor(AlarmState state) {
    switch (state) {
        case AlarmState::kOk:
            return "OKActions";
        case AlarmState::kAlarm:
            return "AlarmActions";
        default:
            return "InsufficientDataActions";
    }
}

/// What CloudWatch publishes of a change ("Amazon SNS notification" of the alarms' guide).
Json MessageOf(const catalog::Resource& alarm, AlarmState before, core::WallTime now) {
    const Json described = catalog::Describe(alarm);
    JsonObject trigger;
    for (const char* member : {"MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Unit",
                               "Dimensions", "Period", "EvaluationPeriods", "DatapointsToAlarm",
                               "ComparisonOperator", "Threshold", "TreatMissingData"}) {
        if (const Json* value = core::JsonFind(described, member)) trigger[member] = *value;
    }
    // "arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME"
    const std::string& arn = alarm.arn;
    const size_t region = arn.find(':', arn.find(':', arn.find(':') + 1) + 1) + 1;
    const size_t account = arn.find(':', region) + 1;
    return JsonObject{{"AlarmName", alarm.name},
                      {"AlarmDescription", detail::Text(described, "AlarmDescription")},
                      {"AWSAccountId", arn.substr(account, arn.find(':', account) - account)},
                      {"NewStateValue", detail::Text(described, "StateValue")},
                      {"NewStateReason", detail::Text(described, "StateReason")},
                      {"StateChangeTime", core::Iso8601(now)},
                      {"Region", arn.substr(region, account - 1 - region)},
                      {"AlarmArn", arn},
                      {"OldStateValue", AlarmStateName(before)},
                      {"Trigger", std::move(trigger)}};
}

}  // namespace

void Alarms::Announce(const catalog::Resource& alarm, AlarmState before) const {
    if (!publish_ || !core::JsonBool(alarm.document, "ActionsEnabled").value_or(true)) return;
    const Json* actions = core::JsonFind(alarm.document, ActionsFor(StateIn(alarm.status)));
    if (actions == nullptr || !actions->is_array()) return;
    for (const Json& action : actions->get_array()) {
        if (!action.is_string()) continue;
        const std::string arn(action.get_string());
        if (arn.find(":sns:") == arn.npos) continue;
        publish_(arn, MessageOf(alarm, before, clock_.WallNow()));
    }
}

void Alarms::RefreshAll() const {
    catalog::ListQuery query;
    query.kind = kAlarmKind;
    query.sort_by = catalog::ListQuery::SortBy::kName;
    query.limit = 100;
    do {
        auto page = catalog_.List(query);
        if (!page) return;  // another time
        for (catalog::Resource& alarm : page->resources) {
            const std::string name = alarm.name;
            const auto refreshed = Refresh(std::move(alarm));
            if (refreshed) continue;
            core::LogWarning("an alarm cannot be judged",
                             {{"alarm", name}, {"error", refreshed.error().ToString()}});
        }
        query.page_token = page->next_token;
    } while (!query.page_token.empty());
}

Result<Alarm::Verdict> Alarms::JudgeResource(const catalog::Resource& alarm) const {
    const int64_t now = Seconds(clock_.WallNow());
    const bool held = HeldUntil(alarm.status) > now;
    if (held || (judges_ && !judges_())) {
        return Alarm::Verdict{StateIn(alarm.status), detail::Text(alarm.status, "StateReason")};
    }
    GYRE_ASSIGN(const Alarm read, Alarm::Read(alarm.document));
    GYRE_ASSIGN(const auto points,
                detail::QueryUnits(metrics_, read.series, read.one_unit, read.SpanBefore(now)));
    std::map<int64_t, double> values;
    for (const auto& [time, statistic] : points) {
        if (const auto value = read.statistic.Of(statistic)) values[time] = *value;
    }
    return read.Judge(values, now, StateIn(alarm.status));
}

Result<Alarm::Verdict> Alarms::Judge(const std::string& name) const {
    auto alarm = catalog_.Get(kAlarmKind, name);
    if (!alarm) return core::Fail(std::move(alarm.error()));
    return JudgeResource(*alarm);
}

Result<catalog::Resource> Alarms::Refresh(catalog::Resource alarm) const {
    GYRE_ASSIGN(const Alarm::Verdict verdict, JudgeResource(alarm));
    if (StateIn(alarm.status) == verdict.state) return alarm;
    AlarmState before = verdict.state;
    auto changed =
        catalog_.Update(kAlarmKind, alarm.name, [&](catalog::Resource& now) -> core::Status {
            before = StateIn(now.status);  // another may have been quicker
            if (HeldUntil(now.status) != HeldUntil(alarm.status)) {
                before = verdict.state;  // what was set meanwhile holds
                return {};
            }
            SetState(now.status.as_object(), verdict, clock_.WallNow());
            return {};
        });
    // It went while we looked: as it was is as good as any.
    if (!changed) return alarm;
    if (before != verdict.state) Announce(*changed, before);
    return changed;
}

void AddAlarmActions(wire::ActionTable& actions, catalog::Catalog& catalog, const Alarms& alarms,
                     const core::Clock& clock) {
    const auto add = [&](const char* operation, auto handler) {
        wire::Action action;
        action.service = "cloudwatch";
        action.operation = operation;
        action.permission = std::string("cloudwatch:") + operation;
        action.document = std::move(handler);
        actions.Add(std::move(action));
    };
    add("PutMetricAlarm", [&catalog, &clock](const CallContext& context, Json input) {
        return Put(catalog, context, std::move(input), clock.WallNow());
    });
    add("DescribeAlarms", [&catalog, &alarms](const CallContext&, const Json& input) {
        return Describe(catalog, alarms, input);
    });
    add("DeleteAlarms",
        [&catalog](const CallContext&, const Json& input) { return Delete(catalog, input); });
    add("SetAlarmState", [&catalog, &alarms, &clock](const CallContext&, const Json& input) {
        return SetAlarmState(catalog, alarms, input, clock.WallNow());
    });
}

}  // namespace gyre::telemetry
