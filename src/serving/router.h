#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/guarded.h"
#include "core/metrics.h"
#include "net/io_loop.h"
#include "serving/detail/published.h"
#include "serving/endpoint_meter.h"
#include "serving/host_usage.h"
#include "serving/invoke_errors.h"
#include "serving/prediction.h"
#include "serving/routed_call.h"
#include "serving/routing.h"
#include "wire/action.h"

namespace gyre::serving {

struct RouterOptions {
    Place place;
    net::IoLoop* loop = nullptr;
    const core::Clock* clock = nullptr;
    core::MetricsRegistry* metrics = nullptr;
    /// How long a prediction waits for an endpoint in service whose hosts are all starting.
    core::milliseconds wait_for_host{10'000};
    /// How long one waits for an endpoint that is not there or not in service, where another server
    /// may have brought it out a moment ago; 0: there is none.
    core::milliseconds wait_for_news{0};
    size_t most_waiting = 1000;  ///< predictions of one endpoint; more are refused at once
};

/// From an endpoint's name to an answer of one of its hosts, on the io thread, never blocking; for
/// every face. Thread-safe. Stop() answers what waits, may be called
/// twice; after it nothing is sent.
class Router {
  public:
    explicit Router(RouterOptions options);
    ~Router();
    Router(const Router&) = delete;
    Router& operator=(const Router&) = delete;

    /// InvokeEndpoint's handler; with `writers` InvokeEndpointWithResponseStream's: see Prediction.
    void Invoke(wire::BufferedCall call, core::WorkerPool* writers = nullptr);
    /// InvokeEndpoint's TurnAwayHandler: refuses where every host of the endpoint has just refused
    /// one that had as long until its deadline.
    [[nodiscard]] std::optional<core::Error> TurnAway(const wire::Arrival& arrival);
    /// Sends it to a host of its endpoint, as soon as there is one.
    void Predict(std::shared_ptr<RoutedCall> call);
    /// The routes as they are now. Held for a moment only: hosts that left them since are not
    /// stopped before it is let go.
    [[nodiscard]] std::shared_ptr<const RoutingTable> Routes() const { return table_.Load(); }

    /// Puts the endpoint's route in place of its old one (keeping its turn). What waits for it is
    /// sent on. Returns the number of this table.
    uint64_t Publish(EndpointRoute route);
    uint64_t Remove(const std::string& endpoint);
    /// Predictions that wait for a host of the endpoint.
    [[nodiscard]] size_t WaitingFor(const std::string& endpoint) const;
    /// Looks anew at what waits for the endpoint.
    void Retry(const std::string& endpoint) { SendWaiting(endpoint); }
    /// True when nobody can any more send to a host that left the routes with that table.
    [[nodiscard]] bool NobodyUsesBefore(uint64_t table);
    /// What predictions did and hosts used since the last call: see EndpointMeter, UsageMeter
    /// (namespace /aws/sagemaker/Endpoints). One thread at a time.
    [[nodiscard]] std::vector<telemetry::Sample> TakeMetrics();
    void Stop();

  private:
    struct WaitingCall {
        std::shared_ptr<RoutedCall> call;
        net::IoLoop::TimerId timer = 0;
    };
    using Queue = std::list<WaitingCall>;
    struct Waiting {
        std::map<std::string, Queue, std::less<>> by_endpoint;
        bool stopped = false;
    };
    struct Tables {
        uint64_t number = 0;
        std::vector<std::pair<uint64_t, std::weak_ptr<const RoutingTable>>> old;
    };

    /// `table`: the one that the route is of, which the caller holds.
    void Send(const EndpointRoute& route, const VariantRoute& variant, HostLink& host,
              const std::shared_ptr<const RoutingTable>& table, std::shared_ptr<RoutedCall> call);
    /// `in_vain`: what it is answered when its time is over.
    void Wait(const EndpointRoute& route, std::shared_ptr<RoutedCall> call, core::Error in_vain);
    /// Fails, where no other server's news can be on their way. `seen`: its route; may be null.
    void FailWithoutNews(const EndpointRoute* seen, std::shared_ptr<RoutedCall> call,
                         core::Error error);
    void WaitFor(const EndpointRoute* seen, std::shared_ptr<RoutedCall> call,
                 core::milliseconds most, core::Error in_vain);
    static void GiveUp(core::Guarded<Waiting>& all, const std::shared_ptr<RoutedCall>& call,
                       core::Error in_vain);
    void SendWaiting(const std::string& endpoint);
    uint64_t Replace(std::shared_ptr<const RoutingTable> table, Tables& tables);

    const RouterOptions options_;
    detail::Published<RoutingTable> table_;
    EndpointMeter meter_;
    UsageMeter usage_;
    core::Guarded<Tables> tables_;
    /// Shared with the timers, of which one may still run when this goes.
    std::shared_ptr<core::Guarded<Waiting>> waiting_ = std::make_shared<core::Guarded<Waiting>>();
};

}  // namespace gyre::serving
