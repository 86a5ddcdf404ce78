#include "engine/codec/picture.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/codec/jpeg_decoder.h"
#include "engine/codec/png_decoder.h"
#include "engine/codec/resample.h"

namespace gyre::engine {
namespace {

constexpr std::string_view kJpegStart = "\xFF\xD8\xFF";
constexpr std::string_view kPngStart = "\x89PNG\r\n\x1A\n";

using Fit = ImageSettings::Fit;
using Channels = ImageSettings::Channels;

/// The settings' background in the picture's own channels, everywhere.
Tensor Filled(int height, int width, const ImageSettings& settings) {
    Tensor result(DataType::kUint8, {height, width, 3});
    auto* to = static_cast<uint8_t*>(result.MutableData());
    const auto pixels = static_cast<size_t>(height) * static_cast<size_t>(width);
    for (size_t i = 0; i < pixels; ++i) std::copy_n(settings.background.data(), 3, to + 3 * i);
    return result;
}

/// Scaled to fit into the wanted size with its proportions, in the middle of the background.
Tensor Padded(const Tensor& picture, const ImageSettings& settings) {
    const auto rows = static_cast<double>(picture.Dims()[0]);
    const auto columns = static_cast<double>(picture.Dims()[1]);
    const double factor = std::min(settings.height / rows, settings.width / columns);
    const auto scaled = [factor](double size, int most) {
        return std::clamp(static_cast<int>(std::lround(size * factor)), 1, most);
    };
    const int height = scaled(rows, settings.height);
    const int width = scaled(columns, settings.width);
    const Tensor inner = Resample(picture, {0, 0, columns, rows}, height, width, settings.filter);
    Tensor result = Filled(settings.height, settings.width, settings);
    auto* to = static_cast<uint8_t*>(result.MutableData());
    const int top = (settings.height - height) / 2;
    const int left = (settings.width - width) / 2;
    for (int y = 0; y < height; ++y) {
        std::memcpy(to + (static_cast<size_t>(top + y) * static_cast<size_t>(settings.width) +
                          static_cast<size_t>(left)) *
                             3,
                    inner.As<uint8_t>() + static_cast<size_t>(y) * static_cast<size_t>(width) * 3,
                    static_cast<size_t>(width) * 3);
    }
    return result;
}

/// The largest middle part of the wanted proportions, less the margin, scaled.
Tensor Cropped(const Tensor& picture, const ImageSettings& settings) {
    const auto rows = static_cast<double>(picture.Dims()[0]);
    const auto columns = static_cast<double>(picture.Dims()[1]);
    const double factor = std::min(rows / settings.height, columns / settings.width);
    const double height = settings.height * factor * settings.crop_fraction;
    const double width = settings.width * factor * settings.crop_fraction;
    const Box box{(columns - width) / 2, (rows - height) / 2, (columns + width) / 2,
                  (rows + height) / 2};
    return Resample(picture, box, settings.height, settings.width, settings.filter);
}

/// ITU-R 601-2 luma, in Pillow's fixed point.
Tensor Gray(const Tensor& picture) {
    Tensor result(DataType::kUint8, {picture.Dims()[0], picture.Dims()[1], 1});
    const uint8_t* from = picture.As<uint8_t>();
    auto* to = static_cast<uint8_t*>(result.MutableData());
    const auto pixels = static_cast<size_t>(ElementCount(result.Dims()));
    for (size_t i = 0; i < pixels; ++i, from += 3) {
        to[i] = static_cast<uint8_t>(
            (from[0] * 19595 + from[1] * 38470 + from[2] * 7471 + 0x8000) >> 16);
    }
    return result;
}

Tensor Bgr(const Tensor& picture) {
    Tensor result(DataType::kUint8, picture.Dims());
    auto* to = static_cast<uint8_t*>(result.MutableData());
    const uint8_t* from = picture.As<uint8_t>();
    const size_t bytes = result.Bytes();
    for (size_t i = 0; i + 2 < bytes; i += 3) {
        to[i] = from[i + 2];
        to[i + 1] = from[i + 1];
        to[i + 2] = from[i];
    }
    return result;
}

}  // namespace

bool IsPicture(std::string_view bytes) {
    return bytes.starts_with(kJpegStart) || bytes.starts_with(kPngStart);
}

core::Result<Tensor> DecodePicture(std::string_view bytes,
                                   const std::array<uint8_t, 3>& background) {
    if (bytes.starts_with(kJpegStart)) return DecodeJpeg(bytes);
    if (bytes.starts_with(kPngStart)) return DecodePng(bytes, background);
    return core::Fail(core::Code::kInvalidArgument,
                      "the body is neither a JPEG nor a PNG file by its first bytes");
}

core::Result<Tensor> DecodeForModel(std::string_view bytes, const ImageSettings& settings) {
    GYRE_ASSIGN(Tensor picture, DecodePicture(bytes, settings.background));
    if (settings.channels == Channels::kGray && settings.fit != Fit::kPad) picture = Gray(picture);
    const auto rows = static_cast<double>(picture.Dims()[0]);
    const auto columns = static_cast<double>(picture.Dims()[1]);
    if (settings.fit == Fit::kCrop) {
        picture = Cropped(picture, settings);
    } else if (settings.fit == Fit::kPad) {
        picture = Padded(picture, settings);
        if (settings.channels == Channels::kGray) picture = Gray(picture);
    } else {
        picture = Resample(picture, {0, 0, columns, rows}, settings.height, settings.width,
                           settings.filter);
    }
    return settings.channels == Channels::kBgr ? Bgr(picture) : picture;
}

}  // namespace gyre::engine
