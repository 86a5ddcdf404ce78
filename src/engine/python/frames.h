#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "engine/model.h"

namespace gyre::engine::python {

/// docs/formats/worker_protocol.md describes the frames.
enum class FrameKind : uint32_t {
    kLoad = 1,
    kLoaded,
    kFailed,
    kBatch,
    kAnswers,
    kNote,
    kPart,
    kLeave
};

constexpr size_t kFrameHeaderSize = 16;
/// A worker's memory is its own affair; what it makes the host take is not.
constexpr uint64_t kLargestAnswer = uint64_t{1} << 31;

struct FrameHeader {
    FrameKind kind{};
    uint32_t items = 0;
    uint64_t size = 0;  ///< of the payload
};

struct Frame {
    FrameKind kind{};
    uint32_t items = 0;
    std::string payload;
};

[[nodiscard]] std::string EncodeHeader(const FrameHeader& header);
/// The frame up to the bodies of the requests, which follow it as they are.
[[nodiscard]] std::string EncodeBatchHead(std::span<const Request* const> batch);

/// `bytes` has kFrameHeaderSize. Errors: kDataLoss for what is no header of a worker's frame.
[[nodiscard]] core::Result<FrameHeader> DecodeHeader(std::string_view bytes);
/// The answers to a batch of `expected`. A request's own failure is kInternal, or kInvalidArgument
/// where the exception names another status than 500, with details["PythonException"]. Errors:
/// kDataLoss when the frame does not hold them.
[[nodiscard]] core::Result<std::vector<core::Result<Reply>>> DecodeAnswers(const Frame& frame,
                                                                           size_t expected);
/// Of answers that DecodeAnswers took: each one's call. Empty where one call gave all.
[[nodiscard]] std::vector<Call> DecodeCalls(const Frame& frame);

/// Of the answers of a step that DecodeAnswers took: whose requests go on.
[[nodiscard]] std::vector<bool> DecodeGoesOn(const Frame& frame);
/// The payload of kLeave.
[[nodiscard]] std::string EncodePlaces(std::span<const uint32_t> places);

/// A part of the answer to the request at `row` of a batch.
struct AnswerPart {
    size_t row = 0;
    Reply reply;
};
/// Errors: kDataLoss for a frame that holds none, or of a row that a batch of `expected` has not.
[[nodiscard]] core::Result<AnswerPart> DecodePart(const Frame& frame, size_t expected);

}  // namespace gyre::engine::python
