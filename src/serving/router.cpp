#include "serving/router.h"

#include <algorithm>

#include "serving/deadline_header.h"
#include "serving/names.h"
#include "serving/pipeline/pipeline_call.h"
#include "serving/prediction.h"

namespace gyre::serving {

using core::Result;

namespace {

core::Error NoHostInTime(const std::string& endpoint) {
    return Unavailable(
        "No host of the endpoint came up in time; its logs (" + LogGroup(endpoint) + ") say more.",
        1);
}

/// Until the caller's deadline; the longest time where it has none.
core::microseconds TimeLeft(const RoutedCall& prediction, core::SteadyTime now) {
    const auto may_wait = prediction.MayWait(core::milliseconds::max());
    if (may_wait == core::milliseconds::max()) return core::microseconds::max();
    return may_wait - std::chrono::duration_cast<core::microseconds>(now - prediction.Arrived());
}

/// `given`: the parts that came before the reply. Taps see an answer whole.
void TellTaps(const std::vector<std::shared_ptr<TappedPrediction>>& taps, std::string given,
              const Result<net::Frame>& reply) {
    if (given.empty() || !reply) {
        for (const auto& tap : taps) tap->Answered(reply);
        return;
    }
    given += reply->body.View();
    const Result<net::Frame> whole =
        net::Frame{.kind = reply->kind, .head = reply->head, .body = std::move(given)};
    for (const auto& tap : taps) tap->Answered(whole);
}

}  // namespace

Router::Router(RouterOptions options)
    : options_(std::move(options)), table_(std::make_shared<const RoutingTable>()) {
}

Router::~Router() {
    Stop();
}

void Router::Invoke(wire::BufferedCall call, core::WorkerPool* writers) {
    auto prediction = std::make_shared<Prediction>(std::move(call), options_.clock->Now(), writers);
    if (auto readable = prediction->Read(); !readable) return prediction->Fail(readable.error());
    Predict(std::move(prediction));
}

std::optional<core::Error> Router::TurnAway(const wire::Arrival& arrival) {
    const auto deadline = DeadlineIn(arrival.head.headers);
    if (!deadline || *deadline == 0) return std::nullopt;
    if (arrival.head.headers.Find("x-amzn-sagemaker-target-variant")) return std::nullopt;
    const core::microseconds left(*deadline);
    const auto table = table_.Load();
    const auto* name = arrival.path_members.if_contains("EndpointName");
    const auto found = name == nullptr ? table->end() : table->find(name->as_string());
    if (found == table->end()) return std::nullopt;
    const EndpointRoute& route = *found->second;
    if (!route.in_service || route.async != nullptr || !route.taps.empty()) return std::nullopt;
    const core::SteadyTime now = options_.clock->Now();
    std::optional<TooSlow> refusal;
    for (const VariantRoute& variant : route.variants) {
        for (const auto& host : variant.AllHosts()) {
            const auto one = host->Refusal(left, now);
            if (!one) return std::nullopt;
            if (!refusal || one->predicted < refusal->predicted) refusal = one;
        }
    }
    const VariantRoute* variant = refusal ? route.NextByWeight() : nullptr;
    if (variant == nullptr || !arrival.may()) return std::nullopt;
    for (core::Counter* counter : {route.invocations, route.failures, route.spared}) {
        if (counter != nullptr) counter->Add();
    }
    meter_.Record(route.name, variant->name, {.status = 500, .answered = true});
    return FromHost(options_.place, route.name, refusal->ToError(), true);
}

void Router::Predict(std::shared_ptr<RoutedCall> prediction) {
    // Held until the frame is sent: NobodyUsesBefore counts on it.
    const std::shared_ptr<const RoutingTable> table = table_.Load();
    const auto found = table->find(prediction->Endpoint());
    if (found == table->end()) {
        core::Error none = NoSuchEndpoint(options_.place, prediction->Endpoint());
        return FailWithoutNews(nullptr, std::move(prediction), std::move(none));
    }
    const EndpointRoute& route = *found->second;
    if (!route.in_service) {
        return FailWithoutNews(&route, std::move(prediction),
                               NotInService(options_.place, route.name, route.status));
    }
    if (route.async != nullptr && !prediction->Queued()) {
        return prediction->Fail(OnlyQueued(options_.place, route.name));
    }
    const VariantRoute* variant = nullptr;
    if (prediction->TargetVariant().empty()) {
        variant = route.NextByWeight();
    } else {
        variant = route.Find(prediction->TargetVariant());
        if (variant == nullptr) {
            return prediction->Fail(NoSuchVariant(route.name, prediction->TargetVariant()));
        }
    }
    const auto no_host = [&] { return NoHostInTime(route.name); };
    if (variant == nullptr) return Wait(route, std::move(prediction), no_host());
    const std::string model(prediction->TargetModel());
    if ((variant->multi_model != nullptr) == model.empty()) {
        return prediction->Fail(WrongModel(route.name, model.empty()));
    }
    if (variant->multi_model != nullptr) {
        const multi_model::MultiModelRoute& many = *variant->multi_model;
        const auto loaded = many.models.find(model);
        HostLink* const host = loaded == many.models.end() ? nullptr : LeastBusy(loaded->second);
        const std::string failure =
            many.shelf->Use(many.key, model, host != nullptr, options_.clock->Now());
        if (host != nullptr) return Send(route, *variant, *host, table, std::move(prediction));
        if (!failure.empty()) return prediction->Fail(CannotLoad(model, failure));
        return Wait(route, std::move(prediction), ModelNotReady(model));
    }
    const std::string_view container = prediction->TargetContainer();
    if (variant->direct == container.empty()) {
        return prediction->Fail(WrongContainer(route.name, container, variant->direct));
    }
    const auto* hosts = variant->direct ? variant->Container(container) : &variant->hosts;
    if (hosts == nullptr) return prediction->Fail(WrongContainer(route.name, container, true));
    HostLink* const host = LeastBusy(*hosts);
    if (host == nullptr) return Wait(route, std::move(prediction), no_host());
    Send(route, *variant, *host, table, std::move(prediction));
}

void Router::Send(const EndpointRoute& route, const VariantRoute& variant, HostLink& host,
                  const std::shared_ptr<const RoutingTable>& table,
                  std::shared_ptr<RoutedCall> prediction) {
    if (route.invocations != nullptr) route.invocations->Add();
    const core::SteadyTime sent = options_.clock->Now();
    const auto left = TimeLeft(*prediction, sent);
    std::string head = prediction->Head(sent);
    std::string body = prediction->TakeBody();
    std::vector<std::shared_ptr<TappedPrediction>> tapped;
    for (const auto& tap : route.taps) {
        if (auto one = tap->Take(variant.name, head, body)) tapped.push_back(std::move(one));
    }
    const auto given = tapped.empty() ? nullptr : std::make_shared<std::string>();
    HostLink::Done done = [this, sent, &host, prediction = std::move(prediction),
                           name = variant.name, failures = route.failures,
                           tapped = std::move(tapped), given](Result<net::Frame> reply) {
        if (reply && reply->more) {
            if (given != nullptr) *given += reply->body.View();
            return prediction->Part(std::move(*reply), name, host);
        }
        const core::SteadyTime replied = options_.clock->Now();
        if (given != nullptr) TellTaps(tapped, std::move(*given), reply);
        const bool there = reply.has_value();
        const bool ok = prediction->Answer(options_.place, name, std::move(reply));
        if (!ok && failures != nullptr) failures->Add();
        const auto all = options_.clock->Now() - prediction->Arrived();
        const auto model = replied - sent;
        meter_.Record(prediction->Endpoint(), name,
                      {.status = prediction->ModelStatus(),
                       .answered = there,
                       .model = std::chrono::duration_cast<core::microseconds>(model),
                       .overhead = std::chrono::duration_cast<core::microseconds>(all - model)});
    };
    if (!variant.direct && !variant.further.empty()) {
        done = pipeline::Through(pipeline::Further(table, &variant.further), head, *options_.clock,
                                 std::move(done));
    }
    const bool asked =
        host.InvokeWithin(left, sent, std::move(head), std::move(body), std::move(done));
    if (!asked && route.spared != nullptr) route.spared->Add();
}

std::vector<telemetry::Sample> Router::TakeMetrics() {
    const auto table = table_.Load();
    const core::WallTime now = options_.clock->WallNow();
    auto samples =
        meter_.Take(now, [&](const std::string& endpoint, const std::string& variant) -> size_t {
            const auto found = table->find(endpoint);
            const VariantRoute* route =
                found == table->end() ? nullptr : found->second->Find(variant);
            return route == nullptr ? 0 : route->hosts.size();
        });
    if (table->empty()) return samples;
    const auto add = [&](const char* name_space, const std::string& endpoint,
                         const VariantRoute& variant, const char* metric, const char* unit,
                         telemetry::Statistic value) {
        samples.push_back({{name_space,
                            metric,
                            {{"EndpointName", endpoint}, {"VariantName", variant.name}},
                            unit},
                           now,
                           std::move(value),
                           true});
    };
    const auto shares = usage_.Look(ReadUsage(), options_.clock->Now(), MachineMemory());
    for (const auto& [endpoint, route] : *table) {
        for (const VariantRoute& variant : route->variants) {
            if (variant.multi_model != nullptr) {
                const multi_model::MultiModelRoute& many = *variant.multi_model;
                add("AWS/SageMaker", endpoint, variant, "LoadedModelCount", "None",
                    telemetry::Statistic::Of(static_cast<double>(many.models.size())));
                const auto counts = many.shelf->TakeCounts(many.key);
                auto hits = telemetry::Statistic::Of(0, counts.asked - counts.hits);
                hits.Merge(telemetry::Statistic::Of(1, counts.hits));
                if (counts.asked > 0) {
                    add("AWS/SageMaker", endpoint, variant, "ModelCacheHit", "None",
                        std::move(hits));
                }
            }
            for (const auto& host : variant.AllHosts()) {
                const auto share = shares.find(host->Group());
                if (share == shares.end() || host->Group() == 0) continue;
                add("/aws/sagemaker/Endpoints", endpoint, variant, "CPUUtilization", "Percent",
                    telemetry::Statistic::Of(share->second.cpu_percent));
                add("/aws/sagemaker/Endpoints", endpoint, variant, "MemoryUtilization", "Percent",
                    telemetry::Statistic::Of(share->second.memory_percent));
            }
        }
    }
    return samples;
}

void Router::Wait(const EndpointRoute& route, std::shared_ptr<RoutedCall> prediction,
                  core::Error in_vain) {
    WaitFor(&route, std::move(prediction), options_.wait_for_host, std::move(in_vain));
}

void Router::FailWithoutNews(const EndpointRoute* seen, std::shared_ptr<RoutedCall> prediction,
                             core::Error error) {
    const auto waited = options_.clock->Now() - prediction->Arrived();
    if (waited >= prediction->MayWait(options_.wait_for_news)) {
        return prediction->Fail(std::move(error));
    }
    WaitFor(seen, std::move(prediction), options_.wait_for_news, std::move(error));
}

void Router::WaitFor(const EndpointRoute* seen, std::shared_ptr<RoutedCall> prediction,
                     core::milliseconds most, core::Error in_vain) {
    // One that waits again, since a route came that is of no help, waits no longer for that.
    const auto waited = std::chrono::duration_cast<core::milliseconds>(options_.clock->Now() -
                                                                       prediction->Arrived());
    const auto longest = std::max(core::milliseconds(1), prediction->MayWait(most) - waited);
    const std::string name = prediction->Endpoint();
    {
        auto waiting = waiting_->Lock();
        auto& queue = waiting->by_endpoint[name];
        if (!waiting->stopped && queue.size() < options_.most_waiting) {
            const auto timer = options_.loop->RunAfter(
                longest,
                [all = waiting_, prediction, in_vain] { GiveUp(*all, prediction, in_vain); });
            queue.push_back({.call = std::move(prediction), .timer = timer});
            prediction = nullptr;
        }
    }
    if (prediction != nullptr) return prediction->Fail(std::move(in_vain));
    // A route that came between the look and the queue has not seen it there.
    const auto table = table_.Load();
    const auto found = table->find(name);
    const EndpointRoute* now = found == table->end() ? nullptr : found->second.get();
    if (now != seen) SendWaiting(name);
}

void Router::GiveUp(core::Guarded<Waiting>& all, const std::shared_ptr<RoutedCall>& prediction,
                    core::Error in_vain) {
    {
        auto waiting = all.Lock();
        const auto queue = waiting->by_endpoint.find(prediction->Endpoint());
        if (queue == waiting->by_endpoint.end()) return;
        const auto mine = [&](const WaitingCall& one) { return one.call == prediction; };
        if (std::erase_if(queue->second, mine) == 0) return;
        if (queue->second.empty()) waiting->by_endpoint.erase(queue);
    }
    prediction->Fail(std::move(in_vain));
}

size_t Router::WaitingFor(const std::string& endpoint) const {
    auto waiting = waiting_->Lock();
    const auto found = waiting->by_endpoint.find(endpoint);
    return found == waiting->by_endpoint.end() ? 0 : found->second.size();
}

void Router::SendWaiting(const std::string& endpoint) {
    Queue queue;
    {
        auto waiting = waiting_->Lock();
        const auto found = waiting->by_endpoint.find(endpoint);
        if (found == waiting->by_endpoint.end()) return;
        queue = std::move(found->second);
        waiting->by_endpoint.erase(found);
    }
    const net::FrameCork cork;
    for (auto& [call, timer] : queue) {
        options_.loop->Cancel(timer);
        Predict(std::move(call));
    }
}

uint64_t Router::Replace(std::shared_ptr<const RoutingTable> table, Tables& tables) {
    tables.old.emplace_back(++tables.number, table_.Exchange(std::move(table)));
    return tables.number;
}

uint64_t Router::Publish(EndpointRoute route) {
    const std::string name = route.name;
    uint64_t number = 0;
    bool ready = !route.in_service;
    for (const VariantRoute& variant : route.variants) ready = ready || variant.HasHost();
    if (options_.metrics != nullptr) {
        const core::Labels labels{{"endpoint", name}};
        route.invocations = &options_.metrics->GetCounter(
            "gyre_invocations_total", "Predictions sent to a host, by endpoint", labels);
        route.spared = &options_.metrics->GetCounter(
            "gyre_refused_early_total",
            "Predictions refused in their host's stead, since it had just refused one that had as "
            "long, by endpoint",
            labels);
        route.failures = &options_.metrics->GetCounter(
            "gyre_invocation_errors_total", "Predictions answered with an error, by endpoint",
            labels);
    }
    {
        auto tables = tables_.Lock();
        auto next = std::make_shared<RoutingTable>(*table_.Load());
        auto& place = (*next)[name];
        if (place != nullptr) route.turn = place->turn;
        place = std::make_shared<const EndpointRoute>(std::move(route));
        number = Replace(std::move(next), *tables);
    }
    if (ready) SendWaiting(name);
    return number;
}

uint64_t Router::Remove(const std::string& endpoint) {
    uint64_t number = 0;
    {
        auto tables = tables_.Lock();
        auto next = std::make_shared<RoutingTable>(*table_.Load());
        next->erase(endpoint);
        number = Replace(std::move(next), *tables);
    }
    SendWaiting(endpoint);
    return number;
}

bool Router::NobodyUsesBefore(uint64_t table) {
    auto tables = tables_.Lock();
    std::erase_if(tables->old, [](const auto& old) { return old.second.expired(); });
    return std::ranges::none_of(tables->old, [&](const auto& old) { return old.first <= table; });
}

void Router::Stop() {
    std::map<std::string, Queue, std::less<>> left;
    {
        auto waiting = waiting_->Lock();
        waiting->stopped = true;
        left.swap(waiting->by_endpoint);
    }
    for (auto& [endpoint, queue] : left) {
        for (const auto& [call, timer] : queue) {
            options_.loop->Cancel(timer);
            call->Fail(Unavailable("The platform is stopping.", 1));
        }
    }
}

}  // namespace gyre::serving
