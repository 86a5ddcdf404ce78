#include "serving/host_link.h"

namespace gyre::serving {

void HostLink::Invoke(std::string head, core::Body body, Done done) {
    outstanding_.fetch_add(1, std::memory_order_relaxed);
    // The link outlives its callbacks: whoever holds it closes it first, which waits for them.
    client_->Send({.kind = static_cast<uint32_t>(HostFrame::kInvoke),
                   .head = std::move(head),
                   .body = std::move(body)},
                  [this, done = std::move(done)](core::Result<net::Frame> reply) {
                      const bool part = reply && reply->more;
                      if (!part) outstanding_.fetch_sub(1, std::memory_order_relaxed);
                      done(std::move(reply));
                  });
}

void HostLink::Ask(HostFrame kind, Done done, std::string head, core::Body body) {
    client_->Send(
        {.kind = static_cast<uint32_t>(kind), .head = std::move(head), .body = std::move(body)},
        std::move(done));
}

void HostLink::Forget(const std::string& request_id) {
    Ask(HostFrame::kForget, [](const core::Result<net::Frame>&) {}, request_id);
}

void HostLink::Close() {
    if (!closed_.exchange(true)) client_->Close();
}

}  // namespace gyre::serving
