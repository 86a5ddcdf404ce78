#include "objects/notification.h"

#include <algorithm>
#include <array>

#include "core/digest.h"
#include "net/http_message.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/s3_members.h"

namespace gyre::objects {
namespace {

using core::Json;

struct Kind {
    std::string_view list;
    std::string_view arn;      ///< the member with the destination
    std::string_view service;  ///< that the ARN must be of
};
constexpr std::array<Kind, 3> kKinds = {{
    {"TopicConfigurations", "TopicArn", "sns"},
    {"QueueConfigurations", "QueueArn", "sqs"},
    {"LambdaFunctionConfigurations", "LambdaFunctionArn", "lambda"},
}};
constexpr auto kEventBridge = "EventBridgeConfiguration";

// The families of events of the service model, each with all of its members or with one.
constexpr std::array<std::string_view, 11> kFamilies = {"s3:ObjectCreated",
                                                        "s3:ObjectRemoved",
                                                        "s3:ObjectRestore",
                                                        "s3:ObjectTagging",
                                                        "s3:ObjectAcl",
                                                        "s3:ReducedRedundancyLostObject",
                                                        "s3:Replication",
                                                        "s3:LifecycleExpiration",
                                                        "s3:LifecycleTransition",
                                                        "s3:IntelligentTiering",
                                                        "s3:TestEvent"};

core::Status CheckEvents(const Json& part) {
    const Json* events = core::JsonFind(part, "Events");
    if (events == nullptr || !events->is_array() || events->get_array().empty()) {
        return core::Fail(detail::S3Error(core::Code::kInvalidArgument, 400, "MalformedXML",
                                          "The XML you provided was not well-formed or did not "
                                          "validate against our published schema (no Event)"));
    }
    for (const Json& event : events->get_array()) {
        const std::string name = event.is_string() ? std::string(event.get_string()) : "";
        const std::string family = name.substr(0, name.find(':', name.find(':') + 1));
        if (std::ranges::find(kFamilies, family) == kFamilies.end()) {
            return core::Fail(detail::InvalidArgument("A specified event is not supported for "
                                                      "notifications")
                                  .With("ArgumentName", "Event")
                                  .With("ArgumentValue", name));
        }
    }
    return {};
}

const Json* FilterRules(const Json& part) {
    const Json* filter = core::JsonFind(part, "Filter");
    const Json* key = filter == nullptr ? nullptr : core::JsonFind(*filter, "Key");
    const Json* rules = key == nullptr ? nullptr : core::JsonFind(*key, "FilterRules");
    return rules != nullptr && rules->is_array() ? rules : nullptr;
}

core::Status CheckFilter(const Json& part) {
    const Json* rules = FilterRules(part);
    if (rules == nullptr) return {};
    std::vector<std::string> names;
    for (const Json& rule : rules->get_array()) {
        std::string name = detail::Text(rule, "Name");
        for (const std::string_view known : {"prefix", "suffix"}) {
            if (net::EqualsIgnoreCase(name, known)) name = known;
        }
        if ((name != "prefix" && name != "suffix") ||
            std::ranges::find(names, name) != names.end()) {
            return core::Fail(
                detail::InvalidArgument("filter rule name must be either prefix or suffix, and "
                                        "each can stand once")
                    .With("ArgumentName", "FilterRule.Name")
                    .With("ArgumentValue", name));
        }
        names.push_back(std::move(name));
    }
    return {};
}

bool FitsEvent(std::string_view pattern, std::string_view event) {
    if (pattern.ends_with('*')) return event.starts_with(pattern.substr(0, pattern.size() - 1));
    return pattern == event;
}

}  // namespace

core::Result<Json> CheckNotification(const Json& configuration) {
    core::JsonObject kept;
    for (const Kind& kind : kKinds) {
        const Json* parts = core::JsonFind(configuration, kind.list);
        if (parts == nullptr || !parts->is_array()) continue;
        core::JsonArray list;
        for (Json part : parts->get_array()) {
            const std::string arn = detail::Text(part, kind.arn);
            if (!arn.starts_with("arn:") ||
                arn.find(":" + std::string(kind.service) + ":") == std::string::npos) {
                return core::Fail(detail::InvalidArgument("The ARN is not well formed")
                                      .With("ArgumentName", std::string(kind.arn))
                                      .With("ArgumentValue", arn));
            }
            GYRE_TRY(CheckEvents(part));
            GYRE_TRY(CheckFilter(part));
            if (detail::Text(part, "Id").empty()) part.as_object()["Id"] = core::RandomUuid();
            list.push_back(std::move(part));
        }
        if (!list.empty()) kept[kind.list] = std::move(list);
    }
    if (core::JsonFind(configuration, kEventBridge) != nullptr) {
        kept[kEventBridge] = core::JsonObject();
    }
    return kept;
}

NotificationRules NotificationRules::Of(const Json& configuration) {
    NotificationRules made;
    made.event_bridge_ = core::JsonFind(configuration, kEventBridge) != nullptr;
    for (const Kind& kind : kKinds) {
        const Json* parts = core::JsonFind(configuration, kind.list);
        if (parts == nullptr || !parts->is_array()) continue;
        for (const Json& part : parts->get_array()) {
            Rule rule;
            rule.destination = {detail::Text(part, kind.arn), detail::Text(part, "Id")};
            if (const Json* events = core::JsonFind(part, "Events");
                events != nullptr && events->is_array()) {
                for (const Json& event : events->get_array()) {
                    if (event.is_string()) rule.events.emplace_back(event.get_string());
                }
            }
            if (const Json* filters = FilterRules(part)) {
                for (const Json& filter : filters->get_array()) {
                    const bool prefix =
                        net::EqualsIgnoreCase(detail::Text(filter, "Name"), "prefix");
                    (prefix ? rule.prefix : rule.suffix) = detail::Text(filter, "Value");
                }
            }
            made.rules_.push_back(std::move(rule));
        }
    }
    return made;
}

std::vector<EventDestination> NotificationRules::Destinations(std::string_view event,
                                                              std::string_view key) const {
    std::vector<EventDestination> destinations;
    const std::string full = "s3:" + std::string(event);
    for (const Rule& rule : rules_) {
        if (!key.starts_with(rule.prefix) || !key.ends_with(rule.suffix)) continue;
        const bool fits = std::ranges::any_of(
            rule.events, [&](const std::string& pattern) { return FitsEvent(pattern, full); });
        if (fits) destinations.push_back(rule.destination);
    }
    if (event_bridge_) destinations.emplace_back();
    return destinations;
}

}  // namespace gyre::objects
