#include "net/detail/chunked_call.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "net/detail/socket.h"

namespace gyre::net::detail {
namespace {

using core::Code;
using core::Fail;
using core::Status;
using core::SteadyTime;

constexpr size_t kChunk = size_t{256} << 10;
constexpr size_t kSizeRoom = 18;  // 16 digits and a line's end
constexpr size_t kMostHead = size_t{256} << 10;
constexpr core::milliseconds kLookForCancel{200};

tl::unexpected<core::Error> BrokenAnswer(const std::string& what) {
    return Fail(Code::kInternal, "broken answer: " + what);
}

SteadyTime Now() {
    return std::chrono::steady_clock::now();
}

}  // namespace

ChunkedCall::ChunkedCall(Transport& transport, core::milliseconds patience,
                         const core::CancelToken& cancel)
    : transport_(transport),
      patience_(patience),
      cancel_(cancel),
      buffer_(std::make_unique_for_overwrite<char[]>(kChunk)) {
}

core::Result<Response> ChunkedCall::Run(std::string begin, BodyReader* body, const Take& take) {
    sending_ = body != nullptr;
    out_ = std::move(begin);
    unsent_ = out_;
    while (!whole_) {
        if (unsent_.empty() && sending_) GYRE_TRY(NextChunk(*body));
        const SteadyTime deadline = Now() + patience_;
        while (!whole_) {
            const bool sent = SendSome();
            GYRE_ASSIGN(const bool came, ReceiveSome(take));
            if (sent || came) break;
            GYRE_TRY(Wait(deadline));
        }
    }
    return std::move(answer_);
}

bool ChunkedCall::LeavesConnection() const {
    const bool all_sent = !sending_ && unsent_.empty() && !cut_;
    const bool measured = framing_.chunked || framing_.length;
    return all_sent && measured && framing_.keep_alive && input_.empty();
}

Status ChunkedCall::NextChunk(BodyReader& body) {
    out_.resize(kSizeRoom + kChunk + 2);
    GYRE_ASSIGN(const size_t size, body.Read({out_.data() + kSizeRoom, kChunk}));
    if (size == 0) {
        sending_ = false;
        out_ = "0\r\n\r\n";
        unsent_ = out_;
        return {};
    }
    std::array<char, kSizeRoom + 1> digits{};
    const auto length =
        static_cast<size_t>(std::snprintf(digits.data(), digits.size(), "%zx\r\n", size));
    const size_t begin = kSizeRoom - length;
    std::copy_n(digits.data(), length, out_.data() + begin);
    out_[kSizeRoom + size] = '\r';
    out_[kSizeRoom + size + 1] = '\n';
    unsent_ = std::string_view(out_).substr(begin, length + size + 2);
    return {};
}

bool ChunkedCall::SendSome() {
    if (unsent_.empty()) return false;
    const iovec piece{const_cast<char*>(unsent_.data()), unsent_.size()};
    const Transfer sent = transport_.Send({&piece, 1});
    if (sent.outcome == Outcome::kDone) {
        unsent_.remove_prefix(sent.bytes);
        return true;
    }
    if (sent.outcome == Outcome::kEnded || sent.outcome == Outcome::kBroken) {
        // It takes no more, and may have said why.
        unsent_ = {};
        sending_ = false;
        cut_ = true;
    }
    return false;
}

core::Result<bool> ChunkedCall::ReceiveSome(const Take& take) {
    const Transfer got = transport_.Receive({buffer_.get(), kChunk});
    if (got.outcome == Outcome::kWaitToReceive || got.outcome == Outcome::kWaitToSend) return false;
    if (got.outcome != Outcome::kDone) {
        GYRE_TRY(AtEnd(got.outcome));
        return true;
    }
    input_.append(buffer_.get(), got.bytes);
    GYRE_TRY(TakeHead());
    if (has_head_) GYRE_TRY(TakeBody(take));
    return true;
}

Status ChunkedCall::TakeHead() {
    while (!has_head_) {
        const size_t size = HeadSize(input_, scanned_);
        if (size == 0) {
            return input_.size() > kMostHead ? BrokenAnswer("its head is too long") : Status();
        }
        ResponseHead head;
        const auto parsed = ParseResponseHead(std::string_view(input_).substr(0, size), head);
        if (!parsed) return BrokenAnswer(parsed.error().message);
        input_.erase(0, size);
        scanned_ = 0;
        if (head.status < 200) continue;  // interim: the answer follows
        has_head_ = true;
        answer_.status = head.status;
        answer_.headers = std::move(head.headers);
        framing_ = *parsed;
        left_ = framing_.length.value_or(0);
    }
    return {};
}

Status ChunkedCall::TakeBody(const Take& take) {
    if (framing_.chunked) return TakeChunks(take);
    std::string_view piece = input_;
    if (framing_.length) {
        piece = piece.substr(0, static_cast<size_t>(std::min<uint64_t>(left_, piece.size())));
        left_ -= piece.size();
        whole_ = left_ == 0;
    }
    if (!piece.empty()) GYRE_TRY(take(answer_, piece));
    input_.erase(0, piece.size());
    return {};
}

Status ChunkedCall::TakeChunks(const Take& take) {
    std::string_view rest = input_;
    while (!chunks_.Done()) {
        const auto step = chunks_.Next(rest, kChunk);
        if (!step) return BrokenAnswer("malformed chunks");
        if (!step->payload.empty()) GYRE_TRY(take(answer_, step->payload));
        if (step->consumed == 0) break;
        rest.remove_prefix(step->consumed);
    }
    whole_ = chunks_.Done();
    input_.erase(0, input_.size() - rest.size());
    return {};
}

Status ChunkedCall::AtEnd(Outcome outcome) {
    if (has_head_ && !framing_.chunked && !framing_.length && outcome == Outcome::kEnded) {
        whole_ = true;
        return {};
    }
    if (has_head_) return BrokenAnswer("it ended early");
    return Fail(Code::kUnavailable, "the connection broke");
}

Status ChunkedCall::Wait(SteadyTime deadline) const {
    const auto events = static_cast<short>(unsent_.empty() ? POLLIN : POLLIN | POLLOUT);
    while (true) {
        const SteadyTime until = std::min(deadline, Now() + kLookForCancel);
        if (PollUntil(transport_.Descriptor(), events, until)) return {};
        if (cancel_.Cancelled()) {
            return Fail(Code::kCancelled, "the wait for an answer was cancelled");
        }
        if (until == deadline) {
            return Fail(Code::kDeadlineExceeded, "no byte was taken or given in time");
        }
    }
}

}  // namespace gyre::net::detail
