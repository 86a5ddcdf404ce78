#include "graph/exec/java_random.h"

#include <algorithm>
#include <numeric>

#include "graph/number.h"
#include "graph/plan/query_options.h"

namespace gyre::graph::exec {
namespace {

const Value* SeedOf(const Context& context) {
    for (const auto& [option, value] : context.query.options) {
        if (option == plan::kSeed) return &value;
    }
    return nullptr;
}

/// String.hashCode, which counts UTF-16.
uint32_t HashOf(std::string_view text) {
    uint32_t hash = 0;
    const auto add = [&](uint32_t unit) { hash = hash * 31 + unit; };
    for (size_t at = 0; at < text.size();) {
        const auto first = static_cast<uint8_t>(text[at++]);
        uint32_t code = first < 0x80 ? first : first < 0xE0 ? first & 0x1FU : first & 0xFU;
        if (first >= 0xF0) code &= 7;
        while (at < text.size() && (static_cast<uint8_t>(text[at]) & 0xC0U) == 0x80) {
            code = code << 6 | (static_cast<uint8_t>(text[at++]) & 0x3FU);
        }
        if (code < 0x10000) {
            add(code);
        } else {
            add(0xD800 + ((code - 0x10000) >> 10));
            add(0xDC00 + ((code - 0x10000) & 0x3FF));
        }
    }
    return hash;
}

uint32_t HashOf(const Value& key) {
    if (const auto* text = key.If<std::string>()) return HashOf(std::string_view(*text));
    if (!key.IsNumber() || !IsWhole(key) || key.Is<BigInteger>()) return 0;
    const auto number = static_cast<uint64_t>(ToInt64(key));
    return static_cast<uint32_t>(key.Is<int64_t>() ? number ^ (number >> 32) : number);
}

}  // namespace

std::vector<size_t> JavaOrder(const Map& map) {
    uint32_t table = 16;  // three quarters full at most
    while (map.Size() * 4 > size_t{table} * 3) table *= 2;
    std::vector<uint32_t> places;
    for (const auto& [key, value] : map.Items()) {
        const uint32_t hash = HashOf(key);
        places.push_back((hash ^ (hash >> 16)) & (table - 1));
    }
    std::vector<size_t> order(map.Size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::stable_sort(order, {}, [&](size_t which) { return places[which]; });
    return order;
}

JavaRandom RandomOf(Context& context) {
    const Value* seed = SeedOf(context);
    return JavaRandom(seed != nullptr ? static_cast<uint64_t>(ToInt64(*seed)) : context.Random()());
}

bool IsSeeded(const Context& context) {
    return SeedOf(context) != nullptr;
}

}  // namespace gyre::graph::exec
