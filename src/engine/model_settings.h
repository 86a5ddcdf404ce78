#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/result.h"
#include "engine/tensor.h"

namespace gyre::engine {

struct LoadOptions;

/// How a picture becomes a row: docs/formats/gyre_json.md.
struct ImageSettings {
    enum class Fit { kStretch, kCrop, kPad };
    enum class Filter { kNearest, kBilinear, kBicubic, kLanczos };
    enum class Channels { kRgb, kBgr, kGray };
    int height = 0;
    int width = 0;
    Fit fit = Fit::kStretch;
    Filter filter = Filter::kBilinear;
    double crop_fraction = 1;  ///< of kCrop: the part of the shorter side that is kept
    Channels channels = Channels::kRgb;
    std::array<uint8_t, 3> background{255, 255, 255};  ///< under what is transparent, and of kPad
    std::vector<float> mean;                           ///< of 0…255; one, or one for each channel
    std::vector<float> scale;                          ///< the model gets (value - mean) / scale
    bool channels_last = false;                        ///< the model itself takes NHWC
    [[nodiscard]] int ChannelCount() const { return channels == Channels::kGray ? 1 : 3; }
};

/// What gyre.json of a model's folder says; what it leaves out is found by looking.
struct ModelSettings {
    std::optional<std::string> runtime;  ///< openvino, torch, python, echo
    std::optional<std::string> model;    ///< the model's file in the folder
    std::vector<TensorSpec> inputs;      ///< dimension 0 is the batch's; -1 is any
    std::optional<ImageSettings> image;
    std::vector<std::string> labels;  ///< of the last axis of the first output
    int top_k = 0;                    ///< answer with that many labels; 0: with the numbers
    std::optional<std::string> precision;
    std::optional<double> accuracy_tolerance;
    std::string samples = "samples";  ///< folder of request bodies
};

/// auto, fp32, bf16 or int8: what the user set in the environment goes before what the model's
/// maker wrote.
[[nodiscard]] std::string WantedPrecision(const LoadOptions& options,
                                          const ModelSettings& settings);

/// Parses the document; `labels` is not read yet (its file is named in `labels_file`). Errors:
/// kInvalidArgument naming the member, its value and what was expected.
struct ParsedSettings {
    ModelSettings settings;
    std::optional<std::string> labels_file;
};
[[nodiscard]] core::Result<ParsedSettings> ParseModelSettings(const core::Json& json);

/// Reads gyre.json in `directory`, and the labels that it names; defaults where there is none.
[[nodiscard]] core::Result<ModelSettings> ReadModelSettings(const std::string& directory);

}  // namespace gyre::engine
