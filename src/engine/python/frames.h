#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "engine/model.h"

namespace gyre::engine::python {

/// docs/formats/worker_protocol.md describes the frames.
enum class FrameKind : uint32_t { kLoad = 1, kLoaded, kFailed, kBatch, kAnswers };

struct Frame {
    FrameKind kind{};
    uint32_t items = 0;
    std::string payload;
};

/// Writes one frame; the bodies are not copied. Errors: kUnavailable when the worker is gone,
/// kDeadlineExceeded.
[[nodiscard]] core::Status SendBatch(int socket, std::span<const Request* const> batch,
                                     core::SteadyTime deadline);
[[nodiscard]] core::Status SendFrame(int socket, FrameKind kind, std::string_view payload,
                                     core::SteadyTime deadline);
/// Waits for a whole frame. Errors as SendBatch's, and kDataLoss for what is no frame.
[[nodiscard]] core::Result<Frame> ReceiveFrame(int socket, core::SteadyTime deadline);

/// The answers to a batch of `expected`. Errors: kDataLoss when the frame does not hold them.
[[nodiscard]] core::Result<std::vector<core::Result<Reply>>> DecodeAnswers(const Frame& frame,
                                                                           size_t expected);

}  // namespace gyre::engine::python
