#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/json.h"
#include "core/result.h"

namespace gyre::serving {

/// The variable that tells a host of a multi-model endpoint which of its models it has.
constexpr std::string_view kTargetModelVariable = "GYRE_TARGET_MODEL";

/// Kinds of net::Frame between `gyre serve` and `gyre-host`; a reply has its request's kind. The
/// layout of heads is docs/formats/host_protocol.md.
enum class HostFrame : uint32_t {
    kStatus = 1,   ///< reply head: HostStatus as JSON
    kInvoke = 2,   ///< head: InvokeHead, body: the request's; reply head: ReplyHead, body: answer's
    kMetrics = 3,  ///< reply body: Prometheus text, labelled endpoint, variant, instance
    kDrain = 4,    ///< takes no more invokes (answered kUnavailable); replies when none is left
    kPiece = 5,    ///< of a streamed invoke's body; head: StreamHead; replies when it was taken
    kPart = 6,     ///< asks for the next part of its answer; head: StreamHead; reply as kInvoke's
    kForget = 7,   ///< head: the id of a request whose answer nobody waits for any more
};

/// A prediction's metadata. Encoded binary, for it is on the fast path.
struct InvokeHead {
    std::string request_id;
    std::string content_type;
    std::string accept;
    uint64_t waited_us = 0;    ///< since the request's head arrived at the front door
    uint64_t deadline_us = 0;  ///< left from now; 0: the host's response timeout
    bool trace = false;        ///< the answer shall say how it was batched
    bool parts = false;  ///< parts of the answer are wanted as they come, as frames with `more`
    /// The body follows in kPiece frames and the answer is asked for with kPart ones, which name
    /// it by `request_id`; `deadline_us` is then how long the model may neither take nor give
    /// anything.
    bool streamed = false;
    /// Lower-case names: x-amzn-sagemaker-custom-attributes, -inference-id, -session-id…
    std::vector<std::pair<std::string, std::string>> headers;
};

enum class LeaveReason : uint8_t { kFull, kDelay, kIdle, kDeadline, kDrain, kShape };
/// "full", "delay"…: the label of the counter and the trace header's value.
[[nodiscard]] std::string_view LeaveReasonName(LeaveReason reason);

struct Trace {
    uint64_t queue_us = 0;    ///< from arrival to the start of its batch
    uint64_t compute_us = 0;  ///< of its batch
    uint32_t batch_size = 0;  ///< requests that shared the call of the model; 0: it got none
    LeaveReason reason = LeaveReason::kIdle;
};

/// Either an answer of the model (any HTTP status) or an Error of the host.
struct ReplyHead {
    int status = 200;
    std::string content_type;
    std::vector<std::pair<std::string, std::string>> headers;
    std::optional<core::Error>
        error;  ///< then the body is empty. details["Retry-After"] in seconds
    std::optional<Trace> trace;
};

/// A host's refusals: kUnavailable, with details Retry-After (whole seconds, one at least).
[[nodiscard]] core::Error Busy(std::string message, core::microseconds retry_after);
/// One by predicted wait.
struct TooSlow {
    core::microseconds predicted{0};
    core::microseconds left{0};  ///< within which it had to be answered
    /// So long others that must be answered as soon are refused too.
    core::microseconds holds{0};

    /// Details PredictedWaitMs, PredictedWaitUs and HoldsUs.
    [[nodiscard]] core::Error ToError() const;
    /// What a reply says that is one, but for `left`.
    [[nodiscard]] static std::optional<TooSlow> In(std::string_view reply_head);
};

/// Of the frames that belong to a streamed invoke.
struct StreamHead {
    std::string request_id;  ///< the invoke's
    bool last = false;       ///< of a piece: no other follows
    bool abandoned = false;  ///< of a piece: nobody wants the answer any more
};

[[nodiscard]] std::string EncodeInvokeHead(const InvokeHead& head);
[[nodiscard]] core::Result<InvokeHead> DecodeInvokeHead(std::string_view bytes);
[[nodiscard]] std::string EncodeReplyHead(const ReplyHead& head);
[[nodiscard]] core::Result<ReplyHead> DecodeReplyHead(std::string_view bytes);
[[nodiscard]] std::string EncodeStreamHead(const StreamHead& head);
[[nodiscard]] core::Result<StreamHead> DecodeStreamHead(std::string_view bytes);

struct HostStatus {
    enum class State { kLoading, kReady, kFailed } state = State::kLoading;
    std::string reason;  ///< of a failure, for the user
    core::Json model;    ///< ModelInfo for people: platform, precision, batching, measurements
    uint64_t outstanding = 0;
    core::Json statistics;  ///< RunStatistics; null while the model is not ready

    [[nodiscard]] core::Json ToJson() const;
    [[nodiscard]] static core::Result<HostStatus> FromJson(const core::Json& json);
};

/// What a host is to serve: the file given by --spec. The knobs of a model server (batch size and
/// delay, workers, timeouts) stay in `environment`, where users write them.
struct HostSpec {
    std::string endpoint;
    std::string variant;
    std::string instance;
    std::string model_directory;  ///< unpacked; "" for a container without model data
    std::string cache_directory;
    std::string python;  ///< interpreter for workers and conversions
    std::map<std::string, std::string> environment;
    int threads = 0;  ///< compute threads; 0: the machine's cores
    /// The model computes when nothing else wants the cores: it must not slow what people wait for.
    bool background = false;
    /// Container mode: a program (with arguments) started as `serve`, with a port of its own.
    std::vector<std::string> container_command;
    std::string container_directory;
    std::string secret;  ///< that a client over TCP has to show; "": none

    [[nodiscard]] core::Json ToJson() const;
    [[nodiscard]] static core::Result<HostSpec> FromJson(const core::Json& json);
};

}  // namespace gyre::serving
