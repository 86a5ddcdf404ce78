#include "serving/capture/capture_record.h"

#include <boost/json.hpp>

#include "core/digest.h"
#include "core/json.h"
#include "core/utf8.h"

namespace gyre::serving::capture {
namespace {

using core::JsonObject;

const char* NameOf(Encoding encoding) {
    switch (encoding) {
        case Encoding::kCsv:
            return "CSV";
        case Encoding::kJson:
            return "JSON";
        default:
            return "BASE64";
    }
}

JsonObject DescribePart(const CaptureConfig& config, const CaptureRecord::Part& part,
                        const char* mode) {
    Encoding encoding = config.EncodingOf(part.content_type);
    if (!core::IsUtf8(part.body)) encoding = Encoding::kBase64;
    return {{"observedContentType", part.content_type},
            {"mode", mode},
            {"data", encoding == Encoding::kBase64 ? core::Base64Encode(part.body) : part.body},
            {"encoding", NameOf(encoding)}};
}

}  // namespace

std::string CaptureRecord::Line() const {
    JsonObject data;
    if (config->input) data["endpointInput"] = DescribePart(*config, input, "INPUT");
    if (config->output) data["endpointOutput"] = DescribePart(*config, output, "OUTPUT");
    JsonObject event{{"eventId", core::RandomUuid()}};
    if (!custom_attributes.empty()) event["customAttributes"] = core::JsonArray{custom_attributes};
    if (!inference_id.empty()) event["inferenceId"] = inference_id;
    // "2022-02-14T17:25:06Z": whole seconds.
    event["inferenceTime"] = core::Iso8601(time).substr(0, 19) + "Z";
    return core::JsonText(JsonObject{{"captureData", std::move(data)},
                                     {"eventMetadata", std::move(event)},
                                     {"eventVersion", "0"}});
}

}  // namespace gyre::serving::capture
