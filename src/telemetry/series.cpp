#include "telemetry/series.h"

#include <algorithm>

namespace gyre::telemetry {
namespace {

// Below every character that a text may hold, so keys sort as their parts do.
constexpr char kField = '\x02';
constexpr char kValue = '\x01';
constexpr char kUnit = '\x03';

std::string_view Take(std::string_view& text, std::string_view ends) {
    const size_t end = std::min(text.find_first_of(ends), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(end);
    return part;
}

}  // namespace

std::string Series::KeyPrefix() const {
    std::string key = name_space;
    key.append(1, kField).append(metric);
    for (const auto& [name, value] : dimensions) {
        key.append(1, kField).append(name).append(1, kValue).append(value);
    }
    key += kUnit;
    return key;
}

std::string Series::Key() const {
    return KeyPrefix() + unit;
}

Series Series::OfKey(std::string_view key) {
    constexpr std::string_view kEnds("\x02\x03");
    const auto skip = [&] { key.remove_prefix(std::min<size_t>(1, key.size())); };
    Series series;
    series.name_space = Take(key, kEnds);
    skip();
    series.metric = Take(key, kEnds);
    while (!key.empty() && key.front() == kField) {
        skip();
        std::string_view dimension = Take(key, kEnds);
        const std::string_view name = Take(dimension, std::string_view("\x01"));
        dimension.remove_prefix(std::min<size_t>(1, dimension.size()));
        series.dimensions.emplace_back(name, dimension);
    }
    skip();
    series.unit = key;
    return series;
}

}  // namespace gyre::telemetry
