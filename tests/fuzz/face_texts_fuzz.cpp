// What TorchServe's and KServe's faces read of paths, config.properties and a model's YAML.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/http_message.h"
#include "serving/kserve/v2_path.h"
#include "serving/torchserve/archive.h"
#include "serving/torchserve/paths.h"
#include "serving/torchserve/properties.h"

using namespace gyre::serving;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)kserve::ParseV2Path(text);
    if (!text.empty() && text[0] == '/') {
        if (const auto parts = gyre::net::SplitPath(text)) {
            (void)torchserve::ParseInferencePath(*parts, "GET");
            (void)torchserve::ParseInferencePath(*parts, "POST");
        }
    }
    (void)torchserve::TopScalars(text);
    const auto properties = torchserve::ParseProperties(
        text, [](const std::string& name) { return std::optional(name); });
    std::string ignored;
    if (properties) (void)torchserve::Settings::Read(*properties, ignored);
    return 0;
}
