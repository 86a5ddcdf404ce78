#include "serving/shadow/answer_comparison.h"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "core/json.h"

namespace gyre::serving::shadow {
namespace {

using core::Json;
using Difference = std::optional<std::string>;

constexpr size_t kLongestValue = 60;

bool Same(double a, double b, double tolerance) {
    if (a == b || (std::isnan(a) && std::isnan(b))) return true;
    return std::abs(a - b) <= tolerance * std::max({1.0, std::abs(a), std::abs(b)});
}

std::string Both(const std::string& where, std::string a, std::string b) {
    const auto shorten = [](std::string& text) {
        if (text.size() > kLongestValue) text = text.substr(0, kLongestValue) + "…";
    };
    shorten(a);
    shorten(b);
    return where + ": " + a + " and " + b;
}

Difference CompareJson(const Json& a, const Json& b, double tolerance, const std::string& where) {
    if (a.is_number() && b.is_number()) {
        if (Same(a.to_number<double>(), b.to_number<double>(), tolerance)) return {};
    } else if (a.is_array() && b.is_array()) {
        const auto& first = a.get_array();
        const auto& second = b.get_array();
        for (size_t i = 0; i < std::min(first.size(), second.size()); i++) {
            auto found =
                CompareJson(first[i], second[i], tolerance, where + "[" + std::to_string(i) + "]");
            if (found) return found;
        }
        if (first.size() == second.size()) return {};
        return Both(where, std::to_string(first.size()) + " elements",
                    std::to_string(second.size()));
    } else if (a.is_object() && b.is_object()) {
        for (const auto& [name, value] : a.get_object()) {
            const std::string member = where + "." + std::string(name);
            const Json* other = b.get_object().if_contains(name);
            if (other == nullptr) return member + ": only in the first";
            if (auto found = CompareJson(value, *other, tolerance, member)) return found;
        }
        for (const auto& [name, value] : b.get_object()) {
            if (a.get_object().contains(name)) continue;
            return where + "." + std::string(name) + ": only in the second";
        }
        return {};
    } else if (a == b) {
        return {};
    }
    return Both(where, core::JsonText(a), core::JsonText(b));
}

std::vector<std::string_view> Split(std::string_view text, char by) {
    std::vector<std::string_view> parts;
    while (true) {
        const size_t end = text.find(by);
        parts.push_back(text.substr(0, end));
        if (end == text.npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::optional<double> NumberIn(std::string_view field) {
    while (field.starts_with(' ')) field.remove_prefix(1);
    while (field.ends_with(' ') || field.ends_with('\r')) field.remove_suffix(1);
    double number = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), number);
    if (error != std::errc() || end != field.data() + field.size()) return std::nullopt;
    return number;
}

// A comma within quotes splits too, in both alike.
Difference CompareCsv(std::string_view a, std::string_view b, double tolerance) {
    while (a.ends_with('\n')) a.remove_suffix(1);
    while (b.ends_with('\n')) b.remove_suffix(1);
    const auto first = Split(a, '\n');
    const auto second = Split(b, '\n');
    for (size_t row = 0; row < std::min(first.size(), second.size()); row++) {
        const auto left = Split(first[row], ',');
        const auto right = Split(second[row], ',');
        const std::string where = "row " + std::to_string(row);
        for (size_t i = 0; i < std::min(left.size(), right.size()); i++) {
            if (left[i] == right[i]) continue;
            const auto x = NumberIn(left[i]);
            const auto y = NumberIn(right[i]);
            if (x && y && Same(*x, *y, tolerance)) continue;
            return Both(where + ", field " + std::to_string(i), std::string(left[i]),
                        std::string(right[i]));
        }
        if (left.size() != right.size()) {
            return Both(where, std::to_string(left.size()) + " fields",
                        std::to_string(right.size()));
        }
    }
    if (first.size() == second.size()) return {};
    return Both("answer", std::to_string(first.size()) + " rows", std::to_string(second.size()));
}

// The length of an .npy file's head, which names type and shape; 0 where it has none.
size_t NpyHead(std::string_view file) {
    constexpr std::string_view kMagic = "\x93NUMPY\x01";
    constexpr size_t kFixed = 10;
    if (file.size() < kFixed || !file.starts_with(kMagic)) return 0;
    const size_t length = static_cast<unsigned char>(file[8]) +
                          (static_cast<size_t>(static_cast<unsigned char>(file[9])) << 8);
    return kFixed + length <= file.size() ? kFixed + length : 0;
}

template <typename Float>
Difference CompareFloats(std::string_view a, std::string_view b, double tolerance) {
    for (size_t i = 0; (i + 1) * sizeof(Float) <= a.size(); i++) {
        Float x = 0;
        Float y = 0;
        std::memcpy(&x, a.data() + i * sizeof(Float), sizeof(Float));
        std::memcpy(&y, b.data() + i * sizeof(Float), sizeof(Float));
        if (Same(x, y, tolerance)) continue;
        return Both("element " + std::to_string(i), std::to_string(x), std::to_string(y));
    }
    return {};
}

Difference CompareNpy(std::string_view a, std::string_view b, double tolerance) {
    const size_t head = NpyHead(a);
    const bool alike = a.size() == b.size() && head > 0 && a.substr(0, head) == b.substr(0, head);
    if (!alike) return "the arrays have other types or shapes";
    const std::string_view type = a.substr(0, head);
    a.remove_prefix(head);
    b.remove_prefix(head);
    if (type.find("'<f4'") != type.npos) return CompareFloats<float>(a, b, tolerance);
    if (type.find("'<f8'") != type.npos) return CompareFloats<double>(a, b, tolerance);
    return "the arrays' elements";
}

bool Succeeded(const ModelAnswer& answer) {
    return answer.status >= 200 && answer.status <= 299;
}

std::string StatusText(int status) {
    return status == 0 ? "no answer" : "status " + std::to_string(status);
}

}  // namespace

Difference DifferenceOf(const ModelAnswer& first, const ModelAnswer& second, double tolerance) {
    if (Succeeded(first) != Succeeded(second)) {
        return Both("answer", StatusText(first.status), StatusText(second.status));
    }
    if (!Succeeded(first) || first.body == second.body) return {};
    if (first.content_type.starts_with("text/csv")) {
        return CompareCsv(first.body, second.body, tolerance);
    }
    if (first.content_type.starts_with("application/x-npy")) {
        return CompareNpy(first.body, second.body, tolerance);
    }
    const auto a = core::ParseJson(first.body);
    const auto b = core::ParseJson(second.body);
    if (a && b) return CompareJson(*a, *b, tolerance, "$");
    return "the answers' bytes";
}

}  // namespace gyre::serving::shadow
