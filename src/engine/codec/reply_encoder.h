#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "engine/codec/json_tensor.h"
#include "engine/model.h"
#include "engine/tensor.h"

namespace gyre::engine {

enum class ReplyFormat { kJson, kCsv, kNpy, kRaw };

/// The first media type of `accept` (a list, as in HTTP; weights are not looked at) that is known;
/// JSON for none and for */*. Errors: kInvalidArgument with http_status 415.
[[nodiscard]] core::Result<ReplyFormat> ChooseFormat(std::string_view accept);

/// How one model's answers are written.
struct ReplyStyle {
    std::vector<std::string> output_names;
    std::vector<std::string> labels;
    int top_k = 0;
};

/// One request's part of the outputs. `single`: its one row is written without the dimension of
/// rows. JSON: nested lists (a list of them for several outputs), in the request's envelope; with
/// top_k, for each row a list of {"label", "score"}, best first. CSV: a line for each row. NPY and
/// raw values: models of one output.
[[nodiscard]] core::Result<Reply> EncodeReply(std::span<const Tensor> outputs, bool single,
                                              JsonEnvelope envelope, ReplyFormat format,
                                              const ReplyStyle& style);

}  // namespace gyre::engine
