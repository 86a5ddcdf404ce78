#include "serving/async/async_inference.h"

#include <boost/json.hpp>

#include <algorithm>
#include <atomic>
#include <optional>

#include "core/log.h"
#include "core/worker_pool.h"
#include "net/string_body.h"
#include "serving/async/async_call.h"
#include "serving/async/async_meter.h"
#include "serving/async/async_queue.h"
#include "serving/async/backlog.h"
#include "serving/async/notification.h"
#include "wire/protocol.h"

namespace gyre::serving::async {
namespace {

using core::Code;
using core::JsonObject;
using core::milliseconds;
using core::Result;
using core::Status;
using End = Attempt::End;

constexpr size_t kThreads = 4;
constexpr size_t kMostTasks = 20'000;
constexpr size_t kMostAccepting = 5'000;     // requests whose transaction is not over
constexpr int kMostWorking = 1'000;          // of one endpoint
constexpr int kMostLostHosts = 3;            // its body may be what kills them
constexpr size_t kMostInput = 256ULL << 20;  // a frame's body
constexpr milliseconds kTick{250};

size_t HostsOf(const EndpointRoute& route) {
    size_t hosts = 0;
    for (const VariantRoute& variant : route.variants) {
        hosts += static_cast<size_t>(std::ranges::count_if(
            variant.hosts, [](const auto& host) { return host->Connected(); }));
    }
    return hosts;
}

Attempt FailedAttempt(std::string reason) {
    Attempt attempt;
    attempt.reason = std::move(reason);
    return attempt;
}

/// JSON, since clients read it as they read answers: the SageMaker SDK by the predictor's
/// deserializer.
std::string FailureText(const AsyncRequest& request, const Attempt& attempt) {
    return core::JsonText(
        JsonObject{{"message", attempt.reason}, {"inferenceId", request.inference_id}});
}

}  // namespace

struct AsyncInference::Impl : std::enable_shared_from_this<Impl> {
    struct Accepting {
        AsyncRequest request;
        wire::BufferedCall call;
    };
    struct State {
        Backlog backlog;
        std::vector<Accepting> accepting;
        bool writing = false;      ///< a task writes what is accepted
        bool dispatching = false;  ///< a task is to look for room
        bool orphans = false;      ///< there may be some that could not be adopted
        bool stopped = false;
    };

    explicit Impl(AsyncOptions given)
        : options(std::move(given)), pool("serving-async", kThreads, kMostTasks) {}

    void TakeUp(const std::vector<Ticket>& tickets) {
        auto locked = state.Lock();
        for (const Ticket& ticket : tickets) locked->backlog.Add(ticket);
    }

    /// What servers that are gone had accepted.
    void AdoptOrphans() {
        const auto adopted = queue->Adopt(options.leases->Living());
        if (!adopted) {
            state.Lock()->orphans = true;
            return core::LogWarning("requests that another server had queued wait on",
                                    {{"error", adopted.error().ToString()}});
        }
        TakeUp(*adopted);
        if (!adopted->empty()) Kick();
    }

    // Accepting.

    Result<AsyncRequest> Read(wire::BufferedCall& call) const {
        const std::string endpoint(core::JsonString(call.input, "EndpointName").value_or(""));
        const auto routes = options.router->Routes();
        const auto found = routes->find(endpoint);
        if (found == routes->end()) return core::Fail(NoSuchEndpoint(options.place, endpoint));
        const EndpointRoute& route = *found->second;
        if (!route.in_service) {
            return core::Fail(NotInService(options.place, endpoint, route.status));
        }
        if (route.async == nullptr) return core::Fail(NotQueued(options.place, endpoint));
        AsyncConfig config = *route.async;
        if (config.output_path.empty()) {
            config.output_path = "s3://" + DefaultBucket() + "/async-endpoint-outputs/" + endpoint;
        }
        return AsyncRequest::Read(call.input, std::move(call.body), config,
                                  options.clock->WallNow());
    }

    /// The one that SageMaker's SDKs call the default; made before a request that needs it is
    /// acknowledged, since clients wait for their answer by asking for its object, and take
    /// NoSuchBucket for an error.
    std::string DefaultBucket() const {
        return "sagemaker-" + options.place.region + "-" + options.place.account;
    }

    Status MakeDefaultBucket() {
        Status made = options.objects->CreateBucket(DefaultBucket());
        const bool there = made || made.error().code == Code::kAlreadyExists;
        has_default_bucket = there;
        return there ? Status() : made;
    }

    Status MakeBucketFor(const std::vector<AsyncRequest>& requests) {
        const std::string start = "s3://" + DefaultBucket() + "/";
        const bool needed =
            !has_default_bucket && std::ranges::any_of(requests, [&](const AsyncRequest& request) {
                return request.output.starts_with(start) || request.failure.starts_with(start);
            });
        return needed ? MakeDefaultBucket() : Status();
    }

    void Accept(wire::BufferedCall call) {
        auto request = Read(call);
        if (!request) return call.respond(core::Fail(std::move(request.error())));
        {
            auto locked = state.Lock();
            if (!locked->stopped && locked->accepting.size() < kMostAccepting) {
                locked->accepting.push_back({std::move(*request), std::move(call)});
                if (!locked->writing) {
                    locked->writing = pool.TrySubmit([this] { WriteAccepted(); });
                }
                return;
            }
        }
        call.respond(core::Fail(Unavailable("Too many requests are being queued.", 1)));
    }

    // What came while the disk was busy goes into its next transaction.
    void WriteAccepted() {
        while (true) {
            std::vector<Accepting> taken;
            {
                auto locked = state.Lock();
                taken.swap(locked->accepting);
                if (taken.empty()) {
                    locked->writing = false;
                    return;
                }
            }
            std::vector<AsyncRequest> requests;
            requests.reserve(taken.size());
            for (Accepting& one : taken) requests.push_back(std::move(one.request));
            if (const Status made = MakeBucketFor(requests); !made) {
                core::LogWarning("the default bucket cannot be made",
                                 {{"error", made.error().ToString()}});
            }
            const auto tickets = queue->Add(requests);
            if (tickets) {
                auto locked = state.Lock();
                for (const Ticket& ticket : *tickets) locked->backlog.Add(ticket);
            }
            for (size_t i = 0; i < taken.size(); i++) {
                const wire::BufferedCall& call = taken[i].call;
                if (!tickets) {
                    call.respond(core::Fail(tickets.error()));
                    continue;
                }
                JsonObject output{{"InferenceId", requests[i].inference_id},
                                  {"OutputLocation", requests[i].output}};
                if (!requests[i].failure.empty()) output["FailureLocation"] = requests[i].failure;
                call.respond(wire::WriteOutput(call.context.service, call.context.operation, output,
                                               call.context.request_id));
            }
            Kick();
        }
    }

    // Dispatching.

    void Kick() {
        auto locked = state.Lock();
        if (locked->stopped || locked->dispatching) return;
        locked->dispatching = pool.TrySubmit([this] { Dispatch(); });
    }

    void Tick() {
        Kick();
        {
            auto locked = state.Lock();
            if (locked->stopped) return;
            if (locked->orphans && pool.TrySubmit([this] { AdoptOrphans(); })) {
                locked->orphans = false;
            }
        }
        options.loop->RunAfter(kTick, [weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->Tick();
        });
    }

    void Dispatch() {
        std::vector<Ticket> begin;
        std::vector<std::pair<Ticket, Attempt>> over;
        const auto routes = options.router->Routes();
        {
            auto locked = state.Lock();
            locked->dispatching = false;
            if (locked->stopped) return;
            for (Ticket& ticket : locked->backlog.TakeExpired(options.clock->WallNow())) {
                over.emplace_back(std::move(ticket),
                                  FailedAttempt("The request waited longer than its "
                                                "RequestTTLSeconds."));
            }
            for (const auto& [endpoint, size] : locked->backlog.Sizes()) {
                if (size.waiting == 0) continue;
                const auto found = routes->find(endpoint);
                if (found == routes->end() || found->second->status == "Deleting") {
                    for (Ticket& ticket : locked->backlog.TakeAll(endpoint)) {
                        over.emplace_back(std::move(ticket),
                                          FailedAttempt("The endpoint was deleted."));
                    }
                    continue;
                }
                const EndpointRoute& route = *found->second;
                if (!route.in_service || route.async == nullptr) continue;
                const auto room = static_cast<int>(HostsOf(route)) * route.async->most_per_instance;
                for (Ticket& ticket :
                     locked->backlog.Take(endpoint, std::min(room, kMostWorking))) {
                    begin.push_back(std::move(ticket));
                }
            }
        }
        for (const Ticket& ticket : begin) {
            if (!pool.TrySubmit([this, ticket] { Begin(ticket); })) PutBack(ticket, false);
        }
        for (auto& [ticket, attempt] : over) GiveUp(ticket, std::move(attempt));
    }

    bool PutBack(const Ticket& ticket, bool counts) {
        return state.Lock()->backlog.GoesBack(ticket, counts, kMostLostHosts);
    }

    /// None where it waits on, as the database is away, or can be answered no more.
    std::optional<AsyncRequest> Load(const Ticket& ticket) {
        auto loaded = queue->Load(ticket.number);
        if (loaded && *loaded) return std::move(*loaded);
        if (!loaded && (loaded.error().code == Code::kUnavailable ||
                        loaded.error().code == Code::kResourceExhausted)) {
            PutBack(ticket, false);
            return std::nullopt;
        }
        core::LogWarning("a queued request cannot be read",
                         {{"endpoint", ticket.endpoint},
                          {"error", loaded ? "it is gone" : loaded.error().ToString()}});
        state.Lock()->backlog.Finish(ticket);
        return std::nullopt;
    }

    void GiveUp(const Ticket& ticket, Attempt attempt) {
        const auto request = Load(ticket);
        if (request) Finish(ticket, *request, std::move(attempt), options.clock->WallNow());
    }

    void Begin(const Ticket& ticket) {
        if (state.Lock()->stopped) return;
        auto loaded = Load(ticket);
        if (!loaded) return;
        auto request = std::make_shared<AsyncRequest>(std::move(*loaded));
        const core::WallTime began = options.clock->WallNow();
        std::string body = std::move(request->body);
        std::string type = request->content_type;
        if (!request->input.empty()) {
            auto input = ReadInput(*request, type);
            if (!input) {
                return Finish(ticket, *request,
                              FailedAttempt("The input " + request->input +
                                            " cannot be read: " + input.error().message),
                              began);
            }
            body = std::move(*input);
        }
        auto call = std::make_shared<AsyncCall>(
            request, std::move(body), std::move(type), options.clock->Now(),
            [weak = weak_from_this(), ticket, request, began](Attempt attempt) {
                const auto self = weak.lock();
                if (self == nullptr) return;
                auto kept = std::make_shared<Attempt>(std::move(attempt));
                // Where the pool has stopped the request stays queued, for the next start.
                static_cast<void>(
                    self->pool.TrySubmit([impl = self.get(), ticket, request, began, kept] {
                        impl->End(ticket, *request, std::move(*kept), began);
                    }));
            });
        options.router->Predict(std::move(call));
    }

    Result<std::string> ReadInput(const AsyncRequest& request, std::string& type) const {
        GYRE_ASSIGN(const objects::S3Uri uri, objects::S3Uri::Parse(request.input));
        GYRE_ASSIGN(const objects::ObjectData object, options.objects->Get(uri.bucket, uri.key));
        if (type.empty()) type = object.info.content_type;
        return net::ReadAll(*object.body, kMostInput);
    }

    // Ending.

    void End(const Ticket& ticket, const AsyncRequest& request, Attempt attempt,
             core::WallTime began) {
        if (attempt.end == End::kLater) return static_cast<void>(PutBack(ticket, false));
        if (attempt.end == End::kAgain && PutBack(ticket, true)) return Kick();
        if (attempt.end == End::kAnswered) {
            const Status put = Put(request.output, attempt.body, attempt.content_type);
            if (!put) {
                const bool passing = put.error().code == Code::kUnavailable ||
                                     put.error().code == Code::kResourceExhausted;
                if (passing && PutBack(ticket, true)) return;
                attempt.end = End::kFailed;
                attempt.reason =
                    "The answer cannot be put at " + request.output + ": " + put.error().message;
            }
        }
        Finish(ticket, request, std::move(attempt), began);
    }

    Status Put(const std::string& location, const std::string& text, const std::string& type) {
        GYRE_ASSIGN(const objects::S3Uri uri, objects::S3Uri::Parse(location));
        const auto put = [&]() -> Status {
            net::StringBody body(text);
            GYRE_TRY(options.objects->Put(uri.bucket, uri.key, body, type));
            return {};
        };
        Status done = put();
        if (!done && done.error().wire_name == "NoSuchBucket" && uri.bucket == DefaultBucket()) {
            GYRE_TRY(MakeDefaultBucket());  // somebody has deleted it
            done = put();
        }
        return done;
    }

    void Finish(const Ticket& ticket, const AsyncRequest& request, Attempt attempt,
                core::WallTime began) {
        const bool answered = attempt.end == End::kAnswered;
        if (!answered && !request.failure.empty()) {
            if (const Status put =
                    Put(request.failure, FailureText(request, attempt), "application/json");
                !put) {
                core::LogWarning("a failure cannot be put", {{"location", request.failure},
                                                             {"error", put.error().ToString()}});
            }
        }
        const core::WallTime now = options.clock->WallNow();
        const std::string& topic = answered ? request.success_topic : request.error_topic;
        if (options.topics != nullptr && !topic.empty()) {
            options.topics->Publish(topic,
                                    NotificationOf(request, attempt, options.place.region, now));
        }
        const bool expired = !answered && began >= ticket.expires;
        meter.Record(ticket.endpoint, {.end = answered  ? AsyncMeter::End::kProcessed
                                              : expired ? AsyncMeter::End::kExpired
                                                        : AsyncMeter::End::kFailed,
                                       .waited = began - ticket.accepted,
                                       .all = now - ticket.accepted});
        if (const Status removed = queue->Remove({ticket.number}); !removed) {
            core::LogWarning("an answered request stays queued until the next start",
                             {{"error", removed.error().ToString()}});
        }
        state.Lock()->backlog.Finish(ticket);
        Kick();
    }

    std::vector<telemetry::Sample> TakeMetrics() {
        const core::WallTime now = options.clock->WallNow();
        const auto sizes = state.Lock()->backlog.Sizes();
        std::map<std::string, AsyncMeter::Backlog> backlogs;
        for (const auto& [endpoint, route] : *options.router->Routes()) {
            if (route->async == nullptr) continue;
            AsyncMeter::Backlog& backlog = backlogs[endpoint];
            backlog.hosts = HostsOf(*route);
            const auto size = sizes.find(endpoint);
            if (size == sizes.end()) continue;
            backlog.waiting = size->second.waiting;
            if (backlog.waiting > 0) backlog.oldest = now - size->second.oldest;
        }
        return meter.Take(now, backlogs);
    }

    const AsyncOptions options;
    std::shared_ptr<void> watching;
    std::unique_ptr<AsyncQueue> queue;
    AsyncMeter meter;
    core::Guarded<State> state;
    std::atomic<bool> has_default_bucket = false;
    core::WorkerPool pool;
};

AsyncInference::AsyncInference(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {
}

AsyncInference::~AsyncInference() {
    Stop();
}

Result<std::unique_ptr<AsyncInference>> AsyncInference::Open(AsyncOptions options) {
    auto impl = std::make_shared<Impl>(std::move(options));
    jobs::Leases* const leases = impl->options.leases;
    GYRE_ASSIGN(impl->queue,
                AsyncQueue::Open(*impl->options.database, leases == nullptr ? "" : leases->Id()));
    return std::unique_ptr<AsyncInference>(new AsyncInference(std::move(impl)));
}

void AsyncInference::Accept(wire::BufferedCall call) {
    impl_->Accept(std::move(call));
}

Status AsyncInference::Start() {
    GYRE_ASSIGN(const std::vector<Ticket> queued, impl_->queue->All());
    impl_->TakeUp(queued);
    if (jobs::Leases* const leases = impl_->options.leases) {
        impl_->watching = leases->Watch(
            [impl = impl_.get()](const std::vector<std::string>&) { impl->AdoptOrphans(); });
        impl_->AdoptOrphans();
    }
    impl_->Tick();
    return {};
}

void AsyncInference::Stop() {
    impl_->watching.reset();
    std::vector<Impl::Accepting> left;
    {
        auto locked = impl_->state.Lock();
        locked->stopped = true;
        if (!locked->writing) left.swap(locked->accepting);
    }
    for (const auto& one : left) {
        one.call.respond(core::Fail(Unavailable("The platform is stopping.", 1)));
    }
    impl_->pool.Stop();
}

size_t AsyncInference::Waiting(const std::string& endpoint) const {
    const auto sizes = impl_->state.Lock()->backlog.Sizes();
    const auto found = sizes.find(endpoint);
    return found == sizes.end() ? 0 : found->second.waiting;
}

std::vector<telemetry::Sample> AsyncInference::TakeMetrics() {
    return impl_->TakeMetrics();
}

}  // namespace gyre::serving::async
