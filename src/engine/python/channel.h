#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "engine/python/frames.h"

struct iovec;

namespace gyre::engine::python {

/// The host's end of the connection to one worker process. Owns the socket, not `process`, a pidfd
/// that tells of the worker's end where a child of it holds the other end open (-1: none). Used by
/// one thread at a time. Errors of all: kUnavailable when the worker is gone, kDeadlineExceeded.
class Channel {
  public:
    explicit Channel(int socket, int process = -1) : socket_(socket), process_(process) {}
    ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    [[nodiscard]] core::Status Send(FrameKind kind, std::string_view payload,
                                    core::SteadyTime deadline);
    /// The bodies are not copied.
    [[nodiscard]] core::Status SendBatch(std::span<const Request* const> batch,
                                         core::SteadyTime deadline);
    /// Waits for a whole frame. Also kDataLoss for what is no frame.
    [[nodiscard]] core::Result<Frame> Receive(core::SteadyTime deadline);

  private:
    [[nodiscard]] core::Status SendAll(std::vector<iovec>& parts, core::SteadyTime deadline);
    /// Some bytes, at least one.
    [[nodiscard]] core::Result<size_t> ReceiveSome(char* into, size_t size,
                                                   core::SteadyTime deadline);
    [[nodiscard]] core::Status WaitFor(short events, core::SteadyTime deadline);

    const int socket_;
    const int process_;
};

}  // namespace gyre::engine::python
