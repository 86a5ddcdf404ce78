#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace gyre::grpc {

/// A ModelInferRequest as the body of KServe V2 over HTTP: JSON, then the inputs' values.
struct InferenceBody {
    std::string model;
    std::string version;  ///< "" for the only one
    std::string body;
    size_t json_bytes = 0;
};

/// Of a serialised ModelInferRequest. Each raw tensor is copied once, to its place; the first
/// begins at a multiple of 64 bytes, so that the engine can take it from there. Errors:
/// kInvalidArgument for a broken message, raw and typed contents in one request, contents that do
/// not fit their datatype, another number of raw contents than of inputs. Whether shapes and names
/// are the model's is for the model's host to say.
[[nodiscard]] core::Result<InferenceBody> ReadInferRequest(std::string_view message);

/// The same with the values in the JSON, as TorchServe's handlers take it: json_bytes is all.
[[nodiscard]] core::Result<InferenceBody> ReadInferRequestAsJson(std::string_view message);

/// How an answer's values are written: raw, or as typed contents where their type has a place
/// there.
enum class AnswerValues { kRaw, kTyped };

/// The ModelInferResponse of such a body's answer, whose first `json_bytes` are JSON. `final_of`:
/// it is the last (and only) one of a request in a stream, and shall say so. Errors: kInternal.
[[nodiscard]] core::Result<std::string> WriteInferResponse(
    std::string_view body, size_t json_bytes, bool final_of = false,
    AnswerValues values = AnswerValues::kRaw);

}  // namespace gyre::grpc
