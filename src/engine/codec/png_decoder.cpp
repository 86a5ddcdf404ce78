#include "engine/codec/png_decoder.h"

#include <png.h>

#include <csetjmp>
#include <cstring>
#include <string>
#include <vector>

#include "engine/codec/picture_limits.h"

namespace gyre::engine {
namespace {

// What longjmp may come back over has no destructors: all objects live in the caller.
struct Decoding {
    std::string_view rest;
    png_structp png = nullptr;
    png_infop info = nullptr;
    std::string pixels;  // RGBA
    std::vector<png_bytep> rows;
    size_t width = 0;
    size_t height = 0;
    std::string message;
};

[[noreturn]] void OnError(png_structp png, png_const_charp message) {
    static_cast<Decoding*>(png_get_error_ptr(png))->message = message;
    png_longjmp(png, 1);
}
void OnWarning(png_structp, png_const_charp) {
}

void OnRead(png_structp png, png_bytep into, size_t size) {
    auto* decoding = static_cast<Decoding*>(png_get_io_ptr(png));
    if (decoding->rest.size() < size) png_error(png, "it ends too early");
    std::memcpy(into, decoding->rest.data(), size);
    decoding->rest.remove_prefix(size);
}

bool Decode(Decoding& decoding) {
    const size_t file_size = decoding.rest.size();
    png_structp png = decoding.png;
    if (setjmp(png_jmpbuf(png)) != 0) return false;
    png_set_read_fn(png, &decoding, OnRead);
    png_set_user_limits(png, 16'384, 16'384);
    png_set_chunk_malloc_max(png, 8 << 20);
    png_set_chunk_cache_max(png, 64);
    png_read_info(png, decoding.info);
    decoding.width = png_get_image_width(png, decoding.info);
    decoding.height = png_get_image_height(png, decoding.info);
    decoding.message = RefuseSize(decoding.width, decoding.height, file_size);
    if (!decoding.message.empty()) return false;
    png_set_expand(png);  // palettes, fewer than 8 bits, tRNS
    png_set_scale_16(png);
    png_set_gray_to_rgb(png);
    png_set_add_alpha(png, 0xFF, PNG_FILLER_AFTER);
    png_set_interlace_handling(png);
    png_read_update_info(png, decoding.info);
    if (png_get_rowbytes(png, decoding.info) != decoding.width * 4) png_error(png, "odd rows");
    decoding.pixels.resize(decoding.width * decoding.height * 4);
    for (size_t row = 0; row < decoding.height; ++row) {
        decoding.rows.push_back(
            reinterpret_cast<png_bytep>(decoding.pixels.data() + row * decoding.width * 4));
    }
    png_read_image(png, decoding.rows.data());
    png_read_end(png, nullptr);
    return true;
}

Tensor OnBackground(const Decoding& decoding, const std::array<uint8_t, 3>& background) {
    Tensor picture(DataType::kUint8, {static_cast<int64_t>(decoding.height),
                                      static_cast<int64_t>(decoding.width), 3});
    auto* to = static_cast<uint8_t*>(picture.MutableData());
    const auto* from = reinterpret_cast<const uint8_t*>(decoding.pixels.data());
    const size_t count = decoding.width * decoding.height;
    for (size_t i = 0; i < count; ++i, from += 4, to += 3) {
        const int alpha = from[3];
        for (size_t c = 0; c < 3; ++c) {
            to[c] =
                static_cast<uint8_t>((from[c] * alpha + background[c] * (255 - alpha) + 127) / 255);
        }
    }
    return picture;
}

}  // namespace

core::Result<Tensor> DecodePng(std::string_view bytes, const std::array<uint8_t, 3>& background) {
    Decoding decoding;
    decoding.rest = bytes;
    decoding.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoding, OnError, OnWarning);
    if (decoding.png != nullptr) decoding.info = png_create_info_struct(decoding.png);
    const bool decoded = decoding.info != nullptr && Decode(decoding);
    if (decoding.png != nullptr) png_destroy_read_struct(&decoding.png, &decoding.info, nullptr);
    if (decoded) return OnBackground(decoding, background);
    return core::Fail(core::Code::kInvalidArgument,
                      "the PNG body cannot be decoded: " + decoding.message);
}

}  // namespace gyre::engine
