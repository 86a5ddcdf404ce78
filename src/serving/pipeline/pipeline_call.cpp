#include "serving/pipeline/pipeline_call.h"

#include <algorithm>

#include "net/http_message.h"
#include "serving/host_protocol.h"

namespace gyre::serving::pipeline {
namespace {

using core::Result;

constexpr std::string_view kCustomAttributes = "x-amzn-sagemaker-custom-attributes";

net::Frame Failed(core::Error error) {
    ReplyHead head;
    head.error = std::move(error);
    return {.kind = static_cast<uint32_t>(HostFrame::kInvoke), .head = EncodeReplyHead(head)};
}

/// One prediction between two containers.
struct Call : std::enable_shared_from_this<Call> {
    Further further;
    InvokeHead head;
    bool parts = false;  ///< wanted of the last container's answer
    core::SteadyTime began{};
    const core::Clock* clock = nullptr;
    HostLink::Done done;
    size_t next = 0;  ///< of the containers behind the first

    void Replied(Result<net::Frame> reply) {
        if (reply && reply->more) return done(std::move(reply));
        if (next == further->size() || !reply) return Finish(std::move(reply));
        auto answer = DecodeReplyHead(reply->head);
        if (!answer || answer->error || answer->status < 200 || answer->status > 299) {
            return Finish(std::move(reply));
        }
        const ContainerRoute& container = (*further)[next++];
        HostLink* const host = LeastBusy(container.hosts);
        if (host == nullptr) {
            return Finish(Failed(
                {core::Code::kUnavailable, "Container " + std::to_string(next + 1) +
                                               " of the pipeline has no host at the moment."}));
        }
        head.content_type = std::move(answer->content_type);
        for (auto& [name, value] : answer->headers) {
            if (!net::EqualsIgnoreCase(name, kCustomAttributes)) continue;
            std::erase_if(head.headers,
                          [](const auto& header) { return header.first == kCustomAttributes; });
            head.headers.emplace_back(kCustomAttributes, std::move(value));
        }
        InvokeHead onward = head;
        onward.parts = parts && next == further->size();
        const auto passed = static_cast<uint64_t>(
            std::chrono::duration_cast<core::microseconds>(clock->Now() - began).count());
        onward.waited_us += passed;
        if (head.deadline_us != 0) {
            // 0 would mean none at all.
            onward.deadline_us = head.deadline_us > passed ? head.deadline_us - passed : 1;
        }
        host->Invoke(EncodeInvokeHead(onward), std::move(reply->body),
                     [call = shared_from_this()](Result<net::Frame> answered) {
                         call->Replied(std::move(answered));
                     });
    }

    void Finish(Result<net::Frame> reply) {
        further = nullptr;
        done(std::move(reply));
    }
};

}  // namespace

HostLink::Done Through(Further further, std::string& head, const core::Clock& clock,
                       HostLink::Done done) {
    auto call = std::make_shared<Call>();
    call->further = std::move(further);
    if (auto decoded = DecodeInvokeHead(head)) call->head = std::move(*decoded);
    call->parts = std::exchange(call->head.parts, false);
    if (call->parts) head = EncodeInvokeHead(call->head);
    call->began = clock.Now();
    call->clock = &clock;
    call->done = std::move(done);
    return [call = std::move(call)](Result<net::Frame> reply) { call->Replied(std::move(reply)); };
}

}  // namespace gyre::serving::pipeline
