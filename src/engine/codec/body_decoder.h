#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/body.h"
#include "core/result.h"
#include "engine/codec/inference_request.h"
#include "engine/codec/json_tensor.h"
#include "engine/model_settings.h"
#include "engine/tensor.h"

namespace gyre::engine {

/// A request's values in the model's own types, one tensor for each input.
struct DecodedRows {
    std::vector<Tensor> tensors;  ///< dimension 0 is the rows'
    int64_t count = 1;
    bool single = false;  ///< it came without the dimension of rows and is answered without
    JsonEnvelope envelope = JsonEnvelope::kNone;
    /// Set for a KServe V2 body, which says itself how it is to be answered.
    std::shared_ptr<InferenceReplyPlan> inference{};
};

/// Turns bodies into rows: application/x-npy, application/x-npz, application/json, text/csv,
/// application/octet-stream (row-major values of the model's type), KServe V2's JSON with binary
/// tensors (core/inference_media.h), and, for a model with `image` settings, image/jpeg, image/png
/// and application/x-image. A body without a content type is told by its first bytes. Immutable.
class BodyDecoder {
  public:
    BodyDecoder(std::vector<TensorSpec> inputs, std::optional<ImageSettings> image);

    /// Errors: kInvalidArgument naming what was expected; http_status 415 for a content type that
    /// is not taken.
    [[nodiscard]] core::Result<DecodedRows> Decode(core::Body body,
                                                   std::string_view content_type) const;

  private:
    [[nodiscard]] core::Result<DecodedRows> Fit(std::vector<Tensor> tensors,
                                                JsonEnvelope envelope) const;
    [[nodiscard]] core::Result<DecodedRows> DecodeRaw(std::shared_ptr<const core::Body> body) const;
    [[nodiscard]] core::Result<DecodedRows> DecodePicture(std::string_view body) const;
    [[nodiscard]] core::Result<DecodedRows> DecodeInference(std::shared_ptr<const core::Body> body,
                                                            std::string_view content_type) const;
    [[nodiscard]] core::Result<Tensor> TensorOf(InferenceInput& input,
                                                const TensorSpec& spec) const;
    [[nodiscard]] core::Result<Tensor> PicturesOf(const InferenceInput& input) const;

    const std::vector<TensorSpec> inputs_;
    const std::optional<ImageSettings> image_;
};

/// The media type without its parameters, lower-case.
[[nodiscard]] std::string MediaType(std::string_view content_type);

}  // namespace gyre::engine
