#pragma once

#include <unistd.h>

#include <utility>

namespace gyre::net::detail {

/// An owned file descriptor, closed when this goes.
class Fd {
  public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Fd() {
        if (fd_ >= 0) ::close(fd_);
    }

    [[nodiscard]] int Get() const { return fd_; }
    [[nodiscard]] bool Valid() const { return fd_ >= 0; }
    void Close() { Fd gone(std::exchange(fd_, -1)); }

  private:
    int fd_ = -1;
};

}  // namespace gyre::net::detail
