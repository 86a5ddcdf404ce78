#include "serving/host_link.h"

#include <algorithm>

namespace gyre::serving {
namespace {

/// Of a refusal: short, since a prediction may turn out to be wrong.
constexpr core::milliseconds kBelieved{20};

}  // namespace

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

std::optional<TooSlow> HostLink::Refusal(core::microseconds left, core::SteadyTime now) const {
    // One that has more time is let in earlier by as much; one that would be alone, at once.
    const auto more = left - refused_left_.load(std::memory_order_relaxed);
    const auto refuses = std::chrono::duration_cast<core::microseconds>(
        refuses_until_.load(std::memory_order_relaxed) - now);
    if (refuses <= std::max(more, core::microseconds(0)) || !Connected() || Outstanding() == 0) {
        return std::nullopt;
    }
    const auto wait = std::chrono::duration_cast<core::microseconds>(
        answers_at_.load(std::memory_order_relaxed) - now);
    return TooSlow{.predicted = std::max(wait, left), .left = left, .holds = {}};
}

bool HostLink::InvokeWithin(core::microseconds left, core::SteadyTime now, std::string head,
                            core::Body body, Done done) {
    if (const auto refusal = Refusal(left, now)) {
        done(net::Frame{.kind = static_cast<uint32_t>(HostFrame::kInvoke),
                        .head = EncodeReplyHead({.error = refusal->ToError()}),
                        .body = {}});
        return false;
    }
    Invoke(std::move(head), std::move(body),
           [this, left, now, done = std::move(done)](core::Result<net::Frame> reply) {
               if (const auto refusal = reply ? TooSlow::In(reply->head) : std::nullopt) {
                   answers_at_.store(now + refusal->predicted, std::memory_order_relaxed);
                   refused_left_.store(left, std::memory_order_relaxed);
                   refuses_until_.store(
                       now + std::min<core::microseconds>(refusal->holds, kBelieved),
                       std::memory_order_relaxed);
               }
               done(std::move(reply));
           });
    return true;
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
