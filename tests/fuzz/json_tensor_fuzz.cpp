// JSON and CSV tensors: what is read as FP64 must be read the same from what we write of it.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/codec/csv.h"
#include "engine/codec/json_tensor.h"

using namespace gyre;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const engine::DataType types[] = {engine::DataType::kFloat64, engine::DataType::kInt64,
                                      engine::DataType::kUint8, engine::DataType::kFloat16,
                                      engine::DataType::kBool};
    for (const engine::DataType type : types) {
        const std::vector<engine::TensorSpec> inputs{{.name = "x", .type = type}};
        auto parsed = engine::ParseJsonTensors(text, inputs);
        if (!parsed) continue;
        const engine::Tensor& tensor = parsed->tensors.at(0);
        std::string written;
        engine::AppendJson(written, tensor);
        auto again = engine::ParseJsonTensors(written, inputs);
        if (!again || again->tensors[0].Dims() != tensor.Dims()) __builtin_trap();
        if (tensor.Bytes() > 0 &&
            std::memcmp(again->tensors[0].Data(), tensor.Data(), tensor.Bytes()) != 0) {
            __builtin_trap();
        }
    }
    const std::vector<engine::TensorSpec> two{{.name = "a"}, {.name = "b"}};
    (void)engine::ParseJsonTensors(text, two);
    if (auto csv = engine::ParseCsv(text)) (void)engine::CsvText(*csv);
    return 0;
}
