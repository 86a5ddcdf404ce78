#include "engine/codec/jpeg_decoder.h"

#include <csetjmp>
#include <cstdio>  // jpeglib.h uses FILE and does not say so

#include <jerror.h>
#include <jpeglib.h>

#include <string>

#include "engine/codec/picture_limits.h"

namespace gyre::engine {
namespace {

struct Failure {
    jpeg_error_mgr manager;  // first: libjpeg hands back a pointer to it
    std::jmp_buf jump;
    char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void OnError(j_common_ptr info) {
    auto* failure = reinterpret_cast<Failure*>(info->err);
    info->err->format_message(info, failure->message);
    std::longjmp(failure->jump, 1);
}

/// Of the warnings, these mean that libjpeg would fill in for data that is not there.
void OnMessage(j_common_ptr info, int level) {
    if (level >= 0) return;
    switch (info->err->msg_code) {
        case JWRN_HIT_MARKER:
        case JWRN_HUFF_BAD_CODE:
        case JWRN_JPEG_EOF:
        case JWRN_MUST_RESYNC:
            OnError(info);
        default:
            return;
    }
}

/// A small progressive file may ask for passes over a large picture without end.
void OnProgress(j_common_ptr info) {
    constexpr int kMostScans = 100;  // encoders make about ten
    auto* decoder = reinterpret_cast<j_decompress_ptr>(info);
    if (decoder->input_scan_number <= kMostScans) return;
    auto* failure = reinterpret_cast<Failure*>(info->err);
    std::snprintf(failure->message, sizeof(failure->message), "it has more than 100 scans");
    std::longjmp(failure->jump, 1);
}

/// Adobe's CMYK, which is stored inverted, to RGB in place of the row's first three quarters.
void FromCmyk(uint8_t* row, size_t pixels) {
    for (size_t i = 0; i < pixels; ++i) {
        const uint8_t* from = row + 4 * i;
        const int black = from[3];
        const int values[3] = {from[0], from[1], from[2]};
        for (size_t c = 0; c < 3; ++c)
            row[3 * i + c] = static_cast<uint8_t>(values[c] * black / 255);
    }
}

// What longjmp may come back over has no destructors: all objects live in the caller.
struct Decoding {
    jpeg_decompress_struct info{};
    Failure failure{};
    jpeg_progress_mgr progress{};
    Tensor picture;
    std::string row;
    std::string refused;
};

bool Decode(Decoding& decoding, std::string_view bytes) {
    jpeg_decompress_struct& info = decoding.info;
    if (setjmp(decoding.failure.jump) != 0) return false;
    jpeg_create_decompress(&info);
    info.mem->max_memory_to_use = 512L << 20;
    info.progress = &decoding.progress;
    jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    jpeg_read_header(&info, TRUE);
    decoding.refused = RefuseSize(info.image_width, info.image_height, bytes.size());
    if (!decoding.refused.empty()) return false;
    const bool cmyk = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
    info.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(&info);
    decoding.picture = Tensor(DataType::kUint8, {info.output_height, info.output_width, 3});
    decoding.row.resize(static_cast<size_t>(info.output_width) * 4);
    const size_t width = static_cast<size_t>(info.output_width) * 3;
    auto* to = static_cast<uint8_t*>(decoding.picture.MutableData());
    auto* four = reinterpret_cast<uint8_t*>(decoding.row.data());
    while (info.output_scanline < info.output_height) {
        JSAMPROW line = cmyk ? four : to;
        jpeg_read_scanlines(&info, &line, 1);
        if (cmyk) {
            FromCmyk(four, info.output_width);
            std::copy_n(four, width, to);
        }
        to += width;
    }
    jpeg_finish_decompress(&info);
    return true;
}

}  // namespace

core::Result<Tensor> DecodeJpeg(std::string_view bytes) {
    Decoding decoding;
    decoding.info.err = jpeg_std_error(&decoding.failure.manager);
    decoding.failure.manager.error_exit = OnError;
    decoding.failure.manager.emit_message = OnMessage;
    decoding.progress.progress_monitor = OnProgress;
    const bool decoded = Decode(decoding, bytes);
    jpeg_destroy_decompress(&decoding.info);
    if (decoded) return std::move(decoding.picture);
    return core::Fail(
        core::Code::kInvalidArgument,
        "the JPEG body cannot be decoded: " +
            (decoding.refused.empty() ? std::string(decoding.failure.message) : decoding.refused));
}

}  // namespace gyre::engine
