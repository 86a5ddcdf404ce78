#pragma once

#include <memory>
#include <string>

#include "core/clock.h"
#include "serving/capture/capture_config.h"

namespace gyre::serving::capture {

/// One prediction as it is captured.
struct CaptureRecord {
    struct Part {
        std::string content_type;
        std::string body;
    };
    std::shared_ptr<const CaptureConfig> config;
    std::string variant;
    core::WallTime time{};  ///< of the inference
    std::string inference_id;
    std::string custom_attributes;
    Part input;   ///< where the configuration asks for it
    Part output;  ///< likewise

    /// What it takes in memory.
    [[nodiscard]] size_t Bytes() const {
        return sizeof(*this) + input.body.size() + output.body.size();
    }
    /// The line of the file, without its end: "Capture data" of the guide to SageMaker's Model
    /// Monitor. Text that is not UTF-8 is in base64, whatever its type.
    [[nodiscard]] std::string Line() const;
};

}  // namespace gyre::serving::capture
