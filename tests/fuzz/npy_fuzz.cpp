// .npy and .npz bodies: whatever is read must fit its bytes, and write and read again the same.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/codec/npy.h"
#include "engine/codec/npz.h"

using namespace gyre;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    auto body = std::make_shared<const std::string>(reinterpret_cast<const char*>(data), size);
    if (auto tensor = engine::ParseNpy(body)) {
        if (tensor->Bytes() > size) __builtin_trap();
        std::string file = engine::NpyHeader(tensor->Type(), tensor->Dims());
        file.append(static_cast<const char*>(tensor->Data()), tensor->Bytes());
        auto again = engine::ParseNpy(std::make_shared<const std::string>(std::move(file)));
        if (!again || again->Dims() != tensor->Dims() || again->Type() != tensor->Type()) {
            __builtin_trap();
        }
        if (tensor->Bytes() > 0 &&
            std::memcmp(again->Data(), tensor->Data(), tensor->Bytes()) != 0) {
            __builtin_trap();
        }
    }
    const std::vector<engine::TensorSpec> inputs{{.name = "a"}};
    (void)engine::ParseNpz(*body, inputs);
    return 0;
}
