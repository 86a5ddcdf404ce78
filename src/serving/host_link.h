#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/result.h"
#include "net/frame_channel.h"
#include "serving/host_protocol.h"

namespace gyre::serving {

/// The connection to one model host, shared by the controller, which opens and closes it, and the
/// routes, which send predictions over it. Thread-safe. It is closed by the controller before its
/// last holder lets it go, for a channel must not be closed inside one of its own callbacks.
class HostLink : public std::enable_shared_from_this<HostLink> {
  public:
    using Done = std::function<void(core::Result<net::Frame>)>;

    /// `group`: of the host's processes; 0 where it is not known.
    HostLink(std::unique_ptr<net::FrameClient> client, std::string instance, pid_t group = 0)
        : client_(std::move(client)), instance_(std::move(instance)), group_(group) {}

    [[nodiscard]] const std::string& Instance() const { return instance_; }
    [[nodiscard]] pid_t Group() const { return group_; }
    [[nodiscard]] bool Connected() const {
        return !closed_.load(std::memory_order_relaxed) && client_->Connected();
    }
    /// Predictions sent and not answered: what routing balances.
    [[nodiscard]] size_t Outstanding() const {
        return outstanding_.load(std::memory_order_relaxed);
    }
    /// `done` runs once, on an io thread, but for parts before (Frame::more) where `head` asks for
    /// them. kUnavailable of the Result (not of a ReplyHead) means
    /// that the host went away.
    void Invoke(std::string head, core::Body body, Done done);
    /// Where the host has just refused one that had as long until its deadline as `left` from `now`
    /// on: the same refusal; nullopt where it is to be asked.
    [[nodiscard]] std::optional<TooSlow> Refusal(core::microseconds left,
                                                 core::SteadyTime now) const;
    /// Invokes one that must be answered within `left`, where there is no such refusal; else
    /// `done` hears it within this call, which returns false. So what comes beyond the host's
    /// capacity takes no time of what it runs.
    bool InvokeWithin(core::microseconds left, core::SteadyTime now, std::string head,
                      core::Body body, Done done);
    /// For a body that is sent to this host.
    [[nodiscard]] core::BodyMemory NewMemory(size_t size) { return client_->NewMemory(size); }
    void Ask(HostFrame kind, Done done, std::string head = {}, core::Body body = {});
    /// Nobody waits for the answer of the request of that id any more.
    void Forget(const std::string& request_id);
    /// May be called twice.
    void Close();

  private:
    std::unique_ptr<net::FrameClient> client_;
    const std::string instance_;
    const pid_t group_;
    std::atomic<size_t> outstanding_{0};
    std::atomic<bool> closed_{false};
    // The last refusal by predicted wait. Of two at once a mixture does no harm.
    std::atomic<core::SteadyTime> refuses_until_{core::SteadyTime{}};
    std::atomic<core::microseconds> refused_left_{core::microseconds(0)};
    std::atomic<core::SteadyTime> answers_at_{core::SteadyTime{}};
};

}  // namespace gyre::serving
