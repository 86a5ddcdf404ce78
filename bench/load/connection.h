#pragma once

#include <netinet/in.h>

#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/result.h"
#include "load/response_reader.h"

namespace gyre::load {

/// One kept-alive HTTP/1.1 connection with at most one request under way, on a non-blocking socket
/// that is meant for edge-triggered epoll: after any event call Pump. Not thread-safe. Any error
/// leaves it unusable: drop it.
class Connection {
  public:
    /// Connecting goes on in the background; Send may be called at once.
    [[nodiscard]] static core::Result<Connection> Open(const sockaddr_in& address);
    Connection(Connection&& other) noexcept;
    Connection& operator=(Connection&& other) noexcept;
    ~Connection();

    [[nodiscard]] int Descriptor() const { return descriptor_; }
    [[nodiscard]] bool Busy() const { return busy_; }

    /// Begins a request. `body` must live until the answer came; `head` is copied.
    [[nodiscard]] core::Status Send(std::string_view head, std::string_view body);
    /// Writes what is left to write and reads what came. An answer of size 0: not all there yet.
    /// The views hold until Send. Of a body of some hundred KiB only the beginning is kept, so that
    /// the reader costs what a reader must.
    [[nodiscard]] core::Result<AnswerView> Pump();

  private:
    explicit Connection(int descriptor) : descriptor_(descriptor) {}
    [[nodiscard]] core::Status Write();
    [[nodiscard]] core::Status MakeRoom();

    int descriptor_;
    bool busy_ = false;
    std::string head_;
    std::string_view body_;
    size_t sent_ = 0;
    std::string in_;  ///< its size is its room; the first `filled_` bytes were read
    size_t filled_ = 0;
    size_t dropped_ = 0;  ///< bytes of the body that were read and not kept
};

}  // namespace gyre::load
