#pragma once

#include <future>
#include <memory>
#include <string>

#include "net/frame_channel.h"
#include "serving/host_protocol.h"

namespace gyre::host {

/// For tests: asks a host and waits for its reply.
class HostClient {
  public:
    struct Answer {
        serving::ReplyHead head;
        std::string body;
    };

    explicit HostClient(std::unique_ptr<net::FrameClient> client) : client_(std::move(client)) {}

    core::Result<net::Frame> Call(serving::HostFrame kind, std::string head = "",
                                  std::string body = "") {
        auto promise = std::make_shared<std::promise<core::Result<net::Frame>>>();
        auto future = promise->get_future();
        client_->Send(
            {.kind = static_cast<uint32_t>(kind), .head = std::move(head), .body = std::move(body)},
            [promise](core::Result<net::Frame> reply) { promise->set_value(std::move(reply)); });
        if (future.wait_for(core::seconds(20)) != std::future_status::ready) {
            return core::Fail(core::Code::kDeadlineExceeded, "the host does not answer");
        }
        return future.get();
    }

    core::Result<serving::HostStatus> Status() {
        GYRE_ASSIGN(const net::Frame frame, Call(serving::HostFrame::kStatus));
        GYRE_ASSIGN(const core::Json json, core::ParseJson(frame.head));
        return serving::HostStatus::FromJson(json);
    }

    /// Asks again and again until the model is ready or has failed.
    core::Result<serving::HostStatus> StatusWhenLoaded() {
        while (true) {
            auto status = Status();
            if (!status || status->state != serving::HostStatus::State::kLoading) return status;
            std::this_thread::yield();
        }
    }

    core::Result<Answer> Invoke(const serving::InvokeHead& head, std::string body) {
        GYRE_ASSIGN(net::Frame frame, Call(serving::HostFrame::kInvoke,
                                           serving::EncodeInvokeHead(head), std::move(body)));
        GYRE_ASSIGN(serving::ReplyHead reply, serving::DecodeReplyHead(frame.head));
        return Answer{std::move(reply), std::move(frame.body).Text()};
    }

    net::FrameClient& Channel() { return *client_; }

  private:
    std::unique_ptr<net::FrameClient> client_;
};

}  // namespace gyre::host
