#include "serving/host_protocol.h"

#include <algorithm>
#include <charconv>

#include "serving/detail/bytes.h"

namespace gyre::serving {
namespace {

using core::Code;
using core::Fail;
using core::Result;
using detail::ByteReader;
using detail::ByteWriter;
using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr uint8_t kVersion = 1;
constexpr uint8_t kTraceWanted = 1;
constexpr uint8_t kPartsWanted = 2;
constexpr uint8_t kStreamed = 4;
constexpr uint8_t kLast = 1;
constexpr uint8_t kAbandoned = 2;
constexpr const char* kHoldsUs = "HoldsUs";
constexpr uint8_t kHasError = 1;
constexpr uint8_t kHasTrace = 2;
constexpr size_t kTypicalHead = 256;
constexpr size_t kLeastPair = 8;  // two lengths

template <typename Pairs>
void WritePairs(ByteWriter& out, const Pairs& pairs) {
    out.Integer(static_cast<uint32_t>(pairs.size()));
    for (const auto& [name, value] : pairs) {
        out.String(name);
        out.String(value);
    }
}

template <typename Take>
void ReadPairs(ByteReader& in, Take take) {
    const uint32_t count = in.Count(kLeastPair);
    for (uint32_t i = 0; i < count; i++) {
        const std::string_view name = in.String();
        const std::string_view value = in.String();
        take(std::string(name), std::string(value));
    }
}

Headers ReadHeaders(ByteReader& in) {
    Headers headers;
    ReadPairs(in, [&](std::string name, std::string value) {
        headers.emplace_back(std::move(name), std::move(value));
    });
    return headers;
}

void WriteError(ByteWriter& out, const core::Error& error) {
    out.Integer(static_cast<uint8_t>(error.code));
    out.Integer(static_cast<int32_t>(error.http_status));
    out.String(error.message);
    out.String(error.wire_name);
    WritePairs(out, error.details);
}

core::Error ReadError(ByteReader& in) {
    core::Error error;
    const auto code = in.Integer<uint8_t>();
    error.code =
        code <= static_cast<uint8_t>(Code::kInternal) ? static_cast<Code>(code) : Code::kInternal;
    error.http_status = in.Integer<int32_t>();
    error.message = in.String();
    error.wire_name = in.String();
    ReadPairs(in, [&](std::string name, std::string value) {
        error.details.insert_or_assign(std::move(name), std::move(value));
    });
    return error;
}

void WriteTrace(ByteWriter& out, const Trace& trace) {
    out.Integer(trace.queue_us);
    out.Integer(trace.compute_us);
    out.Integer(trace.batch_size);
    out.Integer(static_cast<uint8_t>(trace.reason));
}

Trace ReadTrace(ByteReader& in) {
    Trace trace;
    trace.queue_us = in.Integer<uint64_t>();
    trace.compute_us = in.Integer<uint64_t>();
    trace.batch_size = in.Integer<uint32_t>();
    const auto reason = in.Integer<uint8_t>();
    trace.reason = reason <= static_cast<uint8_t>(LeaveReason::kShape)
                       ? static_cast<LeaveReason>(reason)
                       : LeaveReason::kIdle;
    return trace;
}

tl::unexpected<core::Error> Malformed(std::string_view what) {
    return Fail(Code::kInvalidArgument, "the " + std::string(what) +
                                            " of a frame between gyre and gyre-host is malformed; "
                                            "are both of one version?");
}

}  // namespace

std::string_view LeaveReasonName(LeaveReason reason) {
    switch (reason) {
        case LeaveReason::kFull:
            return "full";
        case LeaveReason::kDelay:
            return "delay";
        case LeaveReason::kIdle:
            return "idle";
        case LeaveReason::kDeadline:
            return "deadline";
        case LeaveReason::kDrain:
            return "drain";
        case LeaveReason::kShape:
            return "shape";
    }
    return "idle";
}

std::string EncodeInvokeHead(const InvokeHead& head) {
    ByteWriter out(kTypicalHead);
    out.Integer(kVersion);
    out.Integer(static_cast<uint8_t>((head.trace ? kTraceWanted : 0) |
                                     (head.parts ? kPartsWanted : 0) |
                                     (head.streamed ? kStreamed : 0)));
    out.Integer(head.waited_us);
    out.Integer(head.deadline_us);
    out.String(head.request_id);
    out.String(head.content_type);
    out.String(head.accept);
    WritePairs(out, head.headers);
    return std::move(out).Take();
}

Result<InvokeHead> DecodeInvokeHead(std::string_view bytes) {
    ByteReader in(bytes);
    if (in.Integer<uint8_t>() != kVersion) return Malformed("request head");
    InvokeHead head;
    const auto flags = in.Integer<uint8_t>();
    head.trace = (flags & kTraceWanted) != 0;
    head.parts = (flags & kPartsWanted) != 0;
    head.streamed = (flags & kStreamed) != 0;
    head.waited_us = in.Integer<uint64_t>();
    head.deadline_us = in.Integer<uint64_t>();
    head.request_id = in.String();
    head.content_type = in.String();
    head.accept = in.String();
    head.headers = ReadHeaders(in);
    if (!in.Finished()) return Malformed("request head");
    return head;
}

std::string EncodeReplyHead(const ReplyHead& head) {
    ByteWriter out(kTypicalHead);
    out.Integer(kVersion);
    out.Integer(static_cast<uint8_t>((head.error ? kHasError : 0) | (head.trace ? kHasTrace : 0)));
    out.Integer(static_cast<int32_t>(head.status));
    out.String(head.content_type);
    WritePairs(out, head.headers);
    if (head.error) WriteError(out, *head.error);
    if (head.trace) WriteTrace(out, *head.trace);
    return std::move(out).Take();
}

Result<ReplyHead> DecodeReplyHead(std::string_view bytes) {
    ByteReader in(bytes);
    if (in.Integer<uint8_t>() != kVersion) return Malformed("reply head");
    const auto flags = in.Integer<uint8_t>();
    ReplyHead head;
    head.status = in.Integer<int32_t>();
    head.content_type = in.String();
    head.headers = ReadHeaders(in);
    if (flags & kHasError) head.error = ReadError(in);
    if (flags & kHasTrace) head.trace = ReadTrace(in);
    if (!in.Finished()) return Malformed("reply head");
    return head;
}

core::Error Busy(std::string message, core::microseconds retry_after) {
    core::Error error(core::Code::kUnavailable, std::move(message));
    error.http_status = 503;
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(retry_after).count();
    error.details["Retry-After"] = std::to_string(std::max<int64_t>(1, seconds));
    return error;
}

core::Error TooSlow::ToError() const {
    const std::string wait = std::to_string(predicted.count() / 1000);
    core::Error error = Busy("the model is busy: an answer is predicted in " + wait +
                                 " ms and must come within " + std::to_string(left.count() / 1000) +
                                 " ms; retry later, or give the variant more instances",
                             predicted - left);
    error.details["PredictedWaitMs"] = wait;
    error.details["PredictedWaitUs"] = std::to_string(predicted.count());
    error.details[kHoldsUs] = std::to_string(holds.count());
    return error;
}

std::optional<TooSlow> TooSlow::In(std::string_view reply_head) {
    if (reply_head.size() < 2 || (reply_head[1] & kHasError) == 0) return std::nullopt;
    const auto head = DecodeReplyHead(reply_head);
    if (!head || !head->error || !head->error->details.contains(kHoldsUs)) return std::nullopt;
    const auto detail = [&](const char* name) {
        const auto found = head->error->details.find(name);
        int64_t us = 0;
        if (found == head->error->details.end()) return core::microseconds(0);
        std::from_chars(found->second.data(), found->second.data() + found->second.size(), us);
        return core::microseconds(us);
    };
    return TooSlow{.predicted = detail("PredictedWaitUs"), .left = {}, .holds = detail(kHoldsUs)};
}

std::string EncodeStreamHead(const StreamHead& head) {
    ByteWriter out(kTypicalHead);
    out.Integer(kVersion);
    out.Integer(static_cast<uint8_t>((head.last ? kLast : 0) | (head.abandoned ? kAbandoned : 0)));
    out.String(head.request_id);
    return std::move(out).Take();
}

Result<StreamHead> DecodeStreamHead(std::string_view bytes) {
    ByteReader in(bytes);
    if (in.Integer<uint8_t>() != kVersion) return Malformed("stream head");
    StreamHead head;
    const auto flags = in.Integer<uint8_t>();
    head.last = (flags & kLast) != 0;
    head.abandoned = (flags & kAbandoned) != 0;
    head.request_id = in.String();
    if (!in.Finished()) return Malformed("stream head");
    return head;
}

}  // namespace gyre::serving
