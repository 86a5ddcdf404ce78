#include "serving/scaling/scaler.h"

#include <boost/json.hpp>

#include <algorithm>

#include "core/digest.h"
#include "core/log.h"
#include "serving/detail/action_support.h"
#include "serving/endpoint_state.h"
#include "serving/names.h"
#include "serving/scaling/scaling_actions.h"

namespace gyre::serving::scaling {
namespace {

using core::Json;
using core::JsonArray;
using core::JsonObject;
using core::milliseconds;
using core::Result;
using core::Status;

constexpr milliseconds kTick{1'000};
constexpr int kMostTargets = 1000;
constexpr size_t kMostActivities = 20;
constexpr int64_t kWindow = 60;  // seconds
constexpr const char* kOutAt = "_out_at";
constexpr const char* kInAt = "_in_at";

int64_t Now(const core::Clock& clock) {
    return clock.WallNow().time_since_epoch().count();
}

bool Suspended(const catalog::Resource& target, const char* which) {
    const Json* state = core::JsonFind(target.document, "SuspendedState");
    return state != nullptr && core::JsonBool(*state, which).value_or(false);
}

}  // namespace

Scaler::Scaler(ScalerOptions options) : options_(std::move(options)), pool_("serving-scale", 1, 4) {
}

std::shared_ptr<Scaler> Scaler::Make(ScalerOptions options) {
    return std::shared_ptr<Scaler>(new Scaler(std::move(options)));
}

Scaler::~Scaler() {
    Stop();
}

void Scaler::Start() {
    Tick();
}

void Scaler::Tick() {
    if (*stopped_.Lock()) return;
    // One that takes longer than a tick is not waited for.
    static_cast<void>(pool_.TrySubmit([this] { Step(); }));
    options_.loop->RunAfter(kTick, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->Tick();
    });
}

void Scaler::Stop() {
    *stopped_.Lock() = true;
    pool_.Stop();
}

void Scaler::Step() {
    catalog::ListQuery query;
    query.kind = kTargetKind;
    query.sort_by = catalog::ListQuery::SortBy::kName;
    query.limit = kMostTargets;
    const auto page = options_.catalog->List(query);
    if (!page) return;  // another time
    for (const catalog::Resource& target : page->resources) {
        if (const Status done = Consider(target); !done) {
            core::LogWarning("a variant cannot be scaled",
                             {{"target", target.name}, {"error", done.error().ToString()}});
        }
    }
}

Status Scaler::Consider(const catalog::Resource& target) {
    const auto scaled = ScaledVariant::Parse(detail::NameIn(target.document, "ResourceId"));
    if (!scaled) return {};
    const auto endpoint = options_.catalog->Get(kEndpointKind, scaled->endpoint);
    if (!endpoint) return {};  // it may come again
    GYRE_ASSIGN(const EndpointState state, EndpointState::Read(endpoint->status));
    if (state.status != "InService" || !state.deployed) return {};
    const auto& variants = state.deployed->variants;
    const auto variant = std::ranges::find(variants, scaled->variant, &DeployedVariant::name);
    if (variant == variants.end() || variant->shadow) return {};
    if (options_.drives && !options_.drives(scaled->endpoint) &&
        (variant->count > 0 || options_.waiting(scaled->endpoint) == 0)) {
        return {};
    }
    GYRE_ASSIGN(const Wish wish, WishFor(target, *scaled, variant->count));
    const bool out = wish.instances > variant->count;
    if (wish.instances == variant->count ||
        Suspended(target, out ? "DynamicScalingOutSuspended" : "DynamicScalingInSuspended")) {
        return {};
    }
    const Status set =
        SetInstanceCount(*options_.catalog, scaled->endpoint, scaled->variant, wish.instances);
    if (!set && set.error().code == core::Code::kFailedPrecondition) return {};  // on its way
    GYRE_TRY(set);
    return Note(target, variant->count, wish);
}

Result<Scaler::Wish> Scaler::WishFor(const catalog::Resource& target, const ScaledVariant& scaled,
                                     int instances) const {
    const auto least = static_cast<int>(core::JsonInt(target.document, "MinCapacity").value_or(0));
    const auto most = static_cast<int>(core::JsonInt(target.document, "MaxCapacity").value_or(0));
    if (instances < least)
        return Wish{least, "minimum capacity was set to " + std::to_string(least)};
    if (instances > most) return Wish{most, "maximum capacity was set to " + std::to_string(most)};
    if (instances == 0 && most > 0 && options_.waiting(scaled.endpoint) > 0) {
        return Wish{1, "requests wait and there is no instance"};
    }
    catalog::ListQuery query;
    query.kind = kPolicyKind;
    query.name_prefix = target.name + "|";
    query.sort_by = catalog::ListQuery::SortBy::kName;
    query.limit = kMostTargets;
    GYRE_ASSIGN(const catalog::ListPage page, options_.catalog->List(query));
    std::optional<Wish> wish;
    for (const catalog::Resource& resource : page.resources) {
        const Json* configuration =
            core::JsonFind(resource.document, "TargetTrackingScalingPolicyConfiguration");
        if (configuration == nullptr) continue;
        GYRE_ASSIGN(const TargetTracking policy, TargetTracking::Read(*configuration, scaled));
        GYRE_ASSIGN(const auto value, Measure(policy));
        const int64_t now = Now(*options_.clock);
        // What was registered a moment ago has not been idle for long.
        const int64_t created = target.created.time_since_epoch().count();
        const int64_t out_at = core::JsonInt(target.status, kOutAt).value_or(0);
        const int64_t in_at = core::JsonInt(target.status, kInAt).value_or(created);
        const int wanted = policy.Wanted({.instances = instances,
                                          .value = value,
                                          .since_out = milliseconds(now - out_at),
                                          .since_in = milliseconds(now - in_at)});
        // The policy that wants most has its way.
        if (wish && wish->instances >= wanted) continue;
        wish = Wish{wanted, "monitor of policy " + detail::NameIn(resource.document, "PolicyName") +
                                " measured " + std::to_string(value.value_or(0))};
    }
    if (!wish) return Wish{instances, ""};
    wish->instances = std::clamp(wish->instances, least, most);
    return *wish;
}

Result<std::optional<double>> Scaler::Measure(const TargetTracking& policy) const {
    const int64_t now = Now(*options_.clock) / 1000;
    const telemetry::MetricStore::Span span{.start = now - kWindow, .end = now, .period = kWindow};
    std::vector<telemetry::Series> all{policy.series};
    if (policy.series.unit.empty()) all = options_.values->UnitsOf(policy.series);
    std::optional<telemetry::Statistic> measured;
    for (const telemetry::Series& series : all) {
        GYRE_ASSIGN(const auto periods, options_.values->Query(series, span));
        for (const auto& [time, statistic] : periods) {
            if (measured) {
                measured->Merge(statistic);
            } else {
                measured = statistic;
            }
        }
    }
    return policy.ValueOf(measured);
}

Status Scaler::Note(const catalog::Resource& target, int before, const Wish& wish) {
    const std::string count = std::to_string(wish.instances);
    const core::WallTime now = options_.clock->WallNow();
    core::LogInfo("a variant is scaled",
                  {{"target", target.name}, {"instances", count}, {"cause", wish.cause}});
    JsonObject activity{
        {"ActivityId", core::RandomUuid()},
        {"ServiceNamespace", "sagemaker"},
        {"ResourceId", detail::NameIn(target.document, "ResourceId")},
        {"ScalableDimension", detail::NameIn(target.document, "ScalableDimension")},
        {"Description", "Setting desired instance count to " + count + "."},
        {"Cause", wish.cause},
        {"StartTime", core::EpochSeconds(now)},
        {"EndTime", core::EpochSeconds(now)},
        {"StatusCode", "Successful"},
        {"StatusMessage", "Successfully set desired instance count to " + count + "."}};
    const auto noted = options_.catalog->Update(
        kTargetKind, target.name, [&](catalog::Resource& resource) -> Status {
            JsonObject& status = resource.status.as_object();
            status[wish.instances > before ? kOutAt : kInAt] = now.time_since_epoch().count();
            JsonArray activities{std::move(activity)};
            if (const Json* old = core::JsonFind(resource.status, kActivities)) {
                for (const Json& one : old->as_array()) {
                    if (activities.size() < kMostActivities) activities.push_back(one);
                }
            }
            status[kActivities] = std::move(activities);
            return {};
        });
    if (!noted && noted.error().code != core::Code::kNotFound) return core::Fail(noted.error());
    return {};
}

}  // namespace gyre::serving::scaling
