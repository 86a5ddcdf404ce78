// Records of a transform job: what is cut in one piece is cut the same in two, and packing again
// from a payload's first byte gives the same payload.
#include <cstddef>
#include <cstdint>

#include "transform/payload.h"

using namespace gyre;

namespace {

class Bytes final : public net::BodyReader {
  public:
    Bytes(std::string_view text, size_t piece) : text_(text), piece_(piece) {}
    core::Result<size_t> Read(std::span<char> into) override {
        const size_t size = text_.copy(into.data(), std::min(into.size(), piece_), at_);
        at_ += size;
        return size;
    }
    std::optional<uint64_t> Length() const override { return text_.size(); }

  private:
    const std::string_view text_;
    const size_t piece_;
    size_t at_ = 0;
};

std::vector<transform::Payload> Pack(std::string_view text, const transform::TransformSpec& spec,
                                     const transform::BatchLimits& limits, size_t piece) {
    Bytes input(text, piece);
    transform::RecordReader reader(input, spec.split, limits.payload_bytes, "too long");
    transform::Packer packer(reader, spec, limits, 0, 0);
    std::vector<transform::Payload> all;
    while (true) {
        auto payload = packer.Next();
        if (!payload || !*payload) return all;
        all.push_back(std::move(**payload));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 2) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
    transform::TransformSpec spec;
    spec.split = static_cast<transform::SplitType>(data[0] % 4);
    const transform::BatchLimits limits{
        .concurrency = 1,
        .strategy = static_cast<transform::BatchStrategy>(data[0] / 4 % 2),
        .payload_bytes = data[1] + size_t{1}};
    const auto whole = Pack(text, spec, limits, text.size() + 1);
    const auto pieces = Pack(text, spec, limits, 3);
    if (whole.size() != pieces.size()) __builtin_trap();
    uint64_t end = 0;
    for (size_t i = 0; i < whole.size(); i++) {
        const transform::Payload& payload = whole[i];
        if (payload.body.View() != pieces[i].body.View() || payload.begin != end) __builtin_trap();
        end = payload.end;
        const auto again = Pack(text.substr(payload.begin), spec, limits, 5);
        if (again.empty() || again[0].body.View() != payload.body.View() ||
            again[0].end != payload.end - payload.begin) {
            __builtin_trap();
        }
    }
    return 0;
}
