#pragma once

#include "core/clock.h"
#include "core/result.h"
#include "objects/external_store.h"
#include "objects/s3_actions.h"
#include "wire/action.h"

namespace gyre::objects::detail {

/// Hands S3 requests on to an external S3, signed anew as whom that S3 knows, and its answers back.
/// Who may ask was decided here before. Bodies are not held in memory. Thread-safe.
class S3Forwarder {
  public:
    S3Forwarder(ExternalS3 s3, const core::Clock& clock, S3Options options)
        : s3_(std::move(s3)), clock_(clock), options_(std::move(options)) {}

    [[nodiscard]] core::Status Forward(wire::StreamCall& call) const;

  private:
    /// Permissions that the gate cannot know: a copy's source, each key of a batch.
    [[nodiscard]] core::Status CheckFurther(const wire::StreamCall& call) const;
    [[nodiscard]] core::Status GetObject(wire::StreamCall& call,
                                         const ExternalRequest& request) const;
    [[nodiscard]] core::Status SendBody(wire::StreamCall& call, ExternalRequest request) const;

    const ExternalS3 s3_;
    const core::Clock& clock_;
    const S3Options options_;
};

}  // namespace gyre::objects::detail
