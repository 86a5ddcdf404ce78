#include "serving/torchserve/metrics_text.h"

#include <algorithm>
#include <vector>

namespace gyre::serving::torchserve {
namespace {

/// name="value" of each, as they stand: values may hold commas and escaped quotes.
std::vector<std::string_view> SplitLabels(std::string_view labels) {
    std::vector<std::string_view> all;
    size_t begin = 0;
    bool quoted = false;
    for (size_t i = 0; i < labels.size(); ++i) {
        if (labels[i] == '\\' && quoted) {
            ++i;
        } else if (labels[i] == '"') {
            quoted = !quoted;
        } else if (labels[i] == ',' && !quoted) {
            all.push_back(labels.substr(begin, i - begin));
            begin = i + 1;
        }
    }
    if (begin < labels.size()) all.push_back(labels.substr(begin));
    return all;
}

/// Where TorchServe has it: Level and then the host come last, before a histogram's bound.
int Rank(std::string_view label) {
    if (label.starts_with("le=")) return 3;
    if (label.starts_with("Hostname=") || label.starts_with("hostname=")) return 2;
    return label.starts_with("Level=") ? 1 : 0;
}

bool IsWhole(std::string_view number) {
    return number.find_first_not_of("-0123456789") == std::string_view::npos;
}

void AppendSample(std::string& text, std::string_view line) {
    const size_t open = line.find('{');
    const size_t close = line.rfind('}');
    if (line.starts_with('#') || open == std::string_view::npos ||
        close == std::string_view::npos) {
        text += line;
        return;
    }
    auto labels = SplitLabels(line.substr(open + 1, close - open - 1));
    if (std::ranges::none_of(labels, [](std::string_view label) { return Rank(label) == 2; })) {
        text += line;
        return;
    }
    std::ranges::stable_sort(labels, {}, Rank);
    text += line.substr(0, open + 1);
    for (const std::string_view label : labels) text.append(label).append(",");
    text += line.substr(close);
    if (IsWhole(line.substr(std::min(close + 2, line.size())))) text += ".0";
}

}  // namespace

std::string AsTorchServeWrites(std::string_view text) {
    std::string written;
    written.reserve(text.size() + text.size() / 8);
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        AppendSample(written, text.substr(0, end));
        written += '\n';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return written;
}

}  // namespace gyre::serving::torchserve
