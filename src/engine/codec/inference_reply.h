#pragma once

#include <span>

#include "core/result.h"
#include "engine/codec/inference_request.h"
#include "engine/codec/reply_encoder.h"
#include "engine/model.h"

namespace gyre::engine {

/// Errors: kInvalidArgument for an output that the model has not (none is known: everything goes).
[[nodiscard]] core::Status CheckOutputs(const InferenceReplyPlan& plan, const ReplyStyle& style);

/// A KServe V2 answer: JSON alone, or JSON and the binary outputs after it, which the content type
/// tells (core/inference_media.h). `single`: without the dimension of rows.
[[nodiscard]] core::Result<Reply> EncodeInferenceReply(std::span<const Tensor> outputs, bool single,
                                                       const InferenceReplyPlan& plan,
                                                       const ReplyStyle& style);

}  // namespace gyre::engine
