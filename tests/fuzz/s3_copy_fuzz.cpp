#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "objects/detail/copy_rules.h"
#include "objects/detail/copy_source.h"

using namespace gyre::objects;

namespace {

constexpr uint64_t kSize = 1000;

void Check(bool good) {
    if (!good) std::abort();
}

void CheckRange(std::string_view header) {
    const auto copied = detail::CopiedRange(header, kSize);
    if (copied && *copied) {
        const ByteRange range = **copied;
        Check(range.first <= range.last && range.last < kSize);
        // Read as a Range header it is the same.
        const auto read = ParseRange(header, kSize);
        Check(read && *read == range);
    }
    const auto read = ParseRange(header, kSize);
    if (read && *read) Check((*read)->first <= (*read)->last && (*read)->last < kSize);
}

}  // namespace

/// A range header, a line feed, a copy-source header.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const size_t end = std::min(text.find('\n'), text.size());
    CheckRange(text.substr(0, end));
    const auto source = detail::ParseCopySource(text.substr(std::min(end + 1, text.size())));
    if (source) {
        Check(!source->bucket.empty() && source->bucket.find('/') == std::string::npos);
        Check(!source->key.empty());
    }
    return 0;
}
