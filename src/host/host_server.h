#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/result.h"
#include "host/load.h"
#include "serving/host_protocol.h"

namespace gyre::host {

struct HostServerOptions {
    std::string socket;  ///< as net::FrameServer takes it
    serving::HostSpec spec;
    /// Makes the model (LoaderOf, or a test's own) on a thread of its own.
    Loader load;
    /// Gets each line that the model's code prints; from any thread.
    std::function<void(std::string_view line)> on_log;
};

/// One model of one endpoint variant, behind a Unix socket that speaks
/// docs/formats/host_protocol.md. Life cycle: started means that the socket answers, with the state
/// "loading" until the model is there and warm; "failed" is final and says why. Drain() refuses new
/// predictions, and waits for those that came; Stop() ends it, may be called twice; the destructor
/// stops. Thread-safe.
class HostServer {
  public:
    /// Errors: kAlreadyExists when somebody serves that socket.
    [[nodiscard]] static core::Result<std::unique_ptr<HostServer>> Start(HostServerOptions options);
    ~HostServer();
    HostServer(const HostServer&) = delete;
    HostServer& operator=(const HostServer&) = delete;

    [[nodiscard]] serving::HostStatus Status() const;
    [[nodiscard]] size_t Clients() const;
    [[nodiscard]] std::string Address() const;
    /// False when something was left at `deadline`.
    bool Drain(core::SteadyTime deadline);
    void Stop();

  private:
    class Impl;
    explicit HostServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace gyre::host
