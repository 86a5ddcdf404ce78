// JPEG and PNG bodies, decoded and scaled in each way.
#include <cstddef>
#include <cstdint>

#include "engine/codec/picture.h"

using namespace gyre;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 1) return 0;
    engine::ImageSettings settings;
    settings.height = 9;
    settings.width = 7;
    settings.fit = static_cast<engine::ImageSettings::Fit>(data[0] % 3);
    settings.filter = static_cast<engine::ImageSettings::Filter>(data[0] / 3 % 4);
    settings.channels = static_cast<engine::ImageSettings::Channels>(data[0] / 12 % 3);
    const std::string_view file(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (auto picture = engine::DecodeForModel(file, settings)) {
        const engine::Shape wanted{9, 7, settings.ChannelCount()};
        if (picture->Dims() != wanted) __builtin_trap();
    }
    return 0;
}
