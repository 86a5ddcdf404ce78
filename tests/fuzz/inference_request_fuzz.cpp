// KServe V2 bodies: the first two bytes say how long the JSON is; what is read must lie in the
// body.
#include <cstddef>
#include <cstdint>

#include "core/inference_media.h"
#include "engine/codec/body_decoder.h"
#include "engine/codec/inference_request.h"

using namespace gyre;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 2) return 0;
    const size_t json_bytes = data[0] + 256U * data[1];
    auto body = std::make_shared<const core::Body>(
        std::string(reinterpret_cast<const char*>(data) + 2, size - 2));
    const std::vector<engine::TensorSpec> inputs{
        {.name = "a", .type = engine::DataType::kFloat32, .shape = {-1, 2}},
        {.name = "b", .type = engine::DataType::kInt8, .shape = {-1}}};
    if (const auto request = engine::ParseInferenceRequest(body, json_bytes, inputs)) {
        for (const engine::InferenceInput& input : request->inputs) {
            if (input.datatype == "BYTES") {
                volatile size_t sum = 0;
                for (const std::string_view element : input.bytes) {
                    for (const char byte : element) sum = sum + static_cast<unsigned char>(byte);
                }
                continue;
            }
            if (static_cast<size_t>(engine::ElementCount(input.shape)) *
                    engine::ByteSize(input.tensor.Type()) !=
                input.tensor.Bytes()) {
                __builtin_trap();
            }
            volatile size_t sum = 0;
            const auto* bytes = static_cast<const unsigned char*>(input.tensor.Data());
            for (size_t i = 0; i < input.tensor.Bytes(); ++i) sum = sum + bytes[i];
        }
    }
    const engine::BodyDecoder decoder(inputs, std::nullopt);
    (void)decoder.Decode(*body, core::InferenceContentType(json_bytes));
    return 0;
}
