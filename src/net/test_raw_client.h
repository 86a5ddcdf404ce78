#pragma once

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "core/clock.h"
#include "net/detail/fd.h"
#include "net/detail/socket.h"
#include "net/http_server.h"

namespace gyre::net {

/// A client that says exactly what a test wants said.
class RawClient {
  public:
    explicit RawClient(const HttpServer& server)
        : fd_(*detail::Connect(server.Address(), Deadline())) {}

    void Say(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(fd_.Get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent < 0 && errno == EAGAIN) {
                REQUIRE(detail::PollUntil(fd_.Get(), POLLOUT, Deadline()));
                continue;
            }
            if (sent < 0) return;  // the server hung up, as some tests want
            bytes.remove_prefix(static_cast<size_t>(sent));
        }
    }
    /// Whether anything comes, or the end, within that time.
    bool Hears(core::milliseconds within) {
        return detail::PollUntil(fd_.Get(), POLLIN, std::chrono::steady_clock::now() + within);
    }
    /// What comes until `end` has come, or the connection ends.
    std::string Hear(std::string_view end) {
        while (heard_.find(end) == std::string::npos && More()) {
        }
        const size_t at = heard_.find(end);
        const size_t size = at == std::string::npos ? heard_.size() : at + end.size();
        std::string text = heard_.substr(0, size);
        heard_.erase(0, size);
        return text;
    }
    std::string HearAll() {
        while (More()) {
        }
        return std::exchange(heard_, {});
    }
    void HangUp() { fd_.Close(); }
    void SayNoMore() { ::shutdown(fd_.Get(), SHUT_WR); }
    [[nodiscard]] int Descriptor() const { return fd_.Get(); }

  private:
    static core::SteadyTime Deadline() {
        return std::chrono::steady_clock::now() + core::milliseconds(60'000);
    }
    bool More() {
        REQUIRE(detail::PollUntil(fd_.Get(), POLLIN, Deadline()));
        char buffer[65536];
        const ssize_t got = ::recv(fd_.Get(), buffer, sizeof buffer, 0);
        if (got <= 0) return false;
        heard_.append(buffer, static_cast<size_t>(got));
        return true;
    }
    detail::Fd fd_;
    std::string heard_;
};

}  // namespace gyre::net
