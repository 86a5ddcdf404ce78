#include "serving/capture/capture_config.h"

#include <algorithm>

#include "net/http_message.h"
#include "objects/object_store.h"
#include "serving/detail/action_support.h"
#include "serving/names.h"

namespace gyre::serving::capture {
namespace {

using core::Json;

std::vector<std::string> Texts(const Json* list) {
    std::vector<std::string> texts;
    if (list == nullptr || !list->is_array()) return texts;
    for (const Json& text : list->as_array()) texts.emplace_back(text.as_string());
    return texts;
}

// "text/csv" of "text/csv; charset=utf-8".
std::string_view MediaType(std::string_view content_type) {
    content_type = content_type.substr(0, content_type.find(';'));
    while (content_type.ends_with(' ')) content_type.remove_suffix(1);
    return content_type;
}

}  // namespace

core::Result<CaptureConfig> CaptureConfig::Read(const Json& config) {
    CaptureConfig read;
    read.enabled = core::JsonBool(config, "EnableCapture").value_or(true);
    read.percent = static_cast<int>(core::JsonInt(config, "InitialSamplingPercentage").value_or(0));
    read.destination = detail::NameIn(config, "DestinationS3Uri");
    if (auto uri = objects::S3Uri::Parse(read.destination); !uri) {
        return core::Fail(Validation("DestinationS3Uri must be an S3 URI: " + uri.error().message));
    }
    while (read.destination.ends_with('/')) read.destination.pop_back();
    const Json* options = core::JsonFind(config, "CaptureOptions");
    if (options == nullptr || options->as_array().empty()) {
        return core::Fail(Validation("DataCaptureConfig needs CaptureOptions."));
    }
    for (const Json& option : options->as_array()) {
        const std::string mode = detail::NameIn(option, "CaptureMode");
        read.input = read.input || mode == "Input" || mode == "InputAndOutput";
        read.output = read.output || mode == "Output" || mode == "InputAndOutput";
    }
    if (const Json* types = core::JsonFind(config, "CaptureContentTypeHeader")) {
        read.csv_types = Texts(core::JsonFind(*types, "CsvContentTypes"));
        read.json_types = Texts(core::JsonFind(*types, "JsonContentTypes"));
    }
    return read;
}

Encoding CaptureConfig::EncodingOf(std::string_view content_type) const {
    const std::string_view type = MediaType(content_type);
    const auto among = [&](const std::vector<std::string>& types) {
        return std::ranges::any_of(
            types, [&](const std::string& one) { return net::EqualsIgnoreCase(one, type); });
    };
    if (among(csv_types)) return Encoding::kCsv;
    return among(json_types) ? Encoding::kJson : Encoding::kBase64;
}

Json CaptureSummary(const Json& config) {
    const bool enabled = core::JsonBool(config, "EnableCapture").value_or(true);
    return core::JsonObject{{"EnableCapture", enabled},
                            {"CaptureStatus", enabled ? "Started" : "Stopped"},
                            {"CurrentSamplingPercentage",
                             core::JsonInt(config, "InitialSamplingPercentage").value_or(0)},
                            {"DestinationS3Uri", detail::NameIn(config, "DestinationS3Uri")},
                            {"KmsKeyId", detail::NameIn(config, "KmsKeyId")}};
}

}  // namespace gyre::serving::capture
