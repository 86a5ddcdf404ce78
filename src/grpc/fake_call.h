#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/rpc.h"

namespace gyre::grpc {

/// A call whose client's messages a test gives, and whose answers it reads.
class FakeCall final : public net::RpcCall {
  public:
    explicit FakeCall(std::string method, std::deque<std::string> messages = {})
        : messages_(std::move(messages)) {
        head.method = std::move(method);
        head.arrived = std::chrono::steady_clock::now();
    }

    const net::RpcHead& Head() const override { return head; }
    void Read(ReadDone done) override {
        if (messages_.empty()) return done(Message());
        std::string next = std::move(messages_.front());
        messages_.pop_front();
        done(Message(std::move(next)));
    }
    void Write(std::string message) override { written.push_back(std::move(message)); }
    void Finish(net::RpcStatus given) override { status = std::move(given); }
    void Answer(std::string message) override {
        Write(std::move(message));
        Finish({});
    }
    bool Cancelled() const override { return false; }

    net::RpcHead head;
    std::vector<std::string> written;
    std::optional<net::RpcStatus> status;

  private:
    std::deque<std::string> messages_;
};

}  // namespace gyre::grpc
