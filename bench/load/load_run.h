#pragma once

#include <netinet/in.h>

#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "core/json.h"
#include "load/connection.h"
#include "load/load_options.h"
#include "load/request_set.h"
#include "load/tally.h"

namespace gyre::load {

/// One run against one server, on the calling thread.
///
/// Closed loop: every client sends its next request when it has the answer to its last; the window
/// counts what is answered in it. Open loop: requests are meant to be sent at Poisson arrivals,
/// whatever the server does; each takes an idle connection, or a new one, or waits for one, and its
/// latency counts from when it was meant to be sent. So a server that stalls is charged for every
/// request that would have come meanwhile (no "coordinated omission"). The window counts what was
/// meant to be sent in it.
class LoadRun {
  public:
    /// `options` must outlive it. Errors: no epoll, not an IPv4 loopback address.
    [[nodiscard]] static core::Result<std::unique_ptr<LoadRun>> Make(const LoadOptions& options);
    ~LoadRun();

    /// Once. Errors: the server cannot be reached at all.
    [[nodiscard]] core::Result<core::JsonObject> Run();

  private:
    struct Client {
        std::optional<Connection> connection;
        size_t body = 0;
        core::SteadyTime intended{};
    };

    LoadRun(const LoadOptions& options, int epoll, sockaddr_in address);
    [[nodiscard]] core::Status Connect(size_t client);
    void Begin(size_t client, core::SteadyTime intended, core::SteadyTime now);
    void Lose(size_t client, const core::Error& error);
    void Finished(size_t client, core::SteadyTime now);
    void HandleEvent(size_t client);
    void Arrivals(core::SteadyTime now);
    void PumpEvents(core::SteadyTime until);
    [[nodiscard]] bool InWindow(core::SteadyTime intended, core::SteadyTime now) const;
    [[nodiscard]] size_t InFlight() const;
    [[nodiscard]] uint64_t Unanswered() const;

    const LoadOptions& options_;
    const int epoll_;
    const sockaddr_in address_;
    RequestSet requests_;
    Tally tally_;
    std::vector<Client> clients_;
    std::vector<size_t> idle_;
    std::vector<size_t> lost_;              ///< closed loop: to be connected again
    std::deque<core::SteadyTime> waiting_;  ///< open loop: meant to be sent, no connection yet
    size_t next_body_ = 0;
    core::SteadyTime window_begin_{};
    core::SteadyTime window_end_{};
    core::SteadyTime next_arrival_{};
    std::mt19937_64 random_;
};

}  // namespace gyre::load
