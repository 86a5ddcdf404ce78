// CloudWatch Logs' filter patterns: the first line is a pattern, the rest a line of a log.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "jobs/filter_pattern.h"

using namespace gyre;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const size_t end = std::min(text.find('\n'), text.size());
    const auto pattern = jobs::FilterPattern::Parse(text.substr(0, end));
    if (pattern) (void)pattern->Matches(text.substr(std::min(end + 1, text.size())));
    return 0;
}
