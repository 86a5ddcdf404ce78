#include "wire/detail/constraints.h"

#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <memory>

#include "core/guarded.h"
#include "core/utf8.h"

namespace gyre::wire::detail {
namespace {

// Compiled once for each pattern of the tables, whose text lives as long as the program.
const re2::RE2& Compiled(std::string_view pattern) {
    static core::Guarded<std::map<const char*, std::unique_ptr<re2::RE2>>> cache;
    auto known = cache.Lock();
    auto& entry = (*known)[pattern.data()];
    if (!entry) {
        re2::RE2::Options options;
        options.set_log_errors(false);
        entry =
            std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
    }
    return *entry;
}

// As clients see it in AWS's messages: texts in quotes, all else as JSON.
std::string Shown(const core::Json& value) {
    constexpr size_t kLongest = 200;
    std::string text = value.is_string() ? std::string(value.as_string()) : core::JsonText(value);
    return "'" + core::Shortened(std::move(text), kLongest) + "'";
}

size_t CodePoints(std::string_view text) {
    return static_cast<size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void CheckSize(const Shape& shape, int64_t size, std::string_view what, const core::Json& value,
               const std::string& path, Violations& violations) {
    if (shape.has_min && size < shape.min) {
        violations.Add(path, Shown(value),
                       "Member must have " + std::string(what) + " greater than or equal to " +
                           std::to_string(shape.min));
    }
    if (shape.has_max && size > shape.max) {
        violations.Add(path, Shown(value),
                       "Member must have " + std::string(what) + " less than or equal to " +
                           std::to_string(shape.max));
    }
}

void CheckText(const Shape& shape, const core::Json& value, const std::string& path, bool enums,
               Violations& violations) {
    const std::string_view text = value.as_string();
    CheckSize(shape, static_cast<int64_t>(CodePoints(text)), "length", value, path, violations);
    if (enums && !shape.values.empty() &&
        std::ranges::find(shape.values, text) == shape.values.end()) {
        std::string list;
        for (const std::string_view allowed : shape.values) {
            list += (list.empty() ? "" : ", ") + std::string(allowed);
        }
        violations.Add(path, Shown(value), "Member must satisfy enum value set: [" + list + "]");
    }
    if (!shape.pattern.empty()) {
        const re2::RE2& pattern = Compiled(shape.pattern);
        if (!re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), pattern)) {
            const std::string_view published =
                shape.published_pattern.empty() ? shape.pattern : shape.published_pattern;
            violations.Add(
                path, Shown(value),
                "Member must satisfy regular expression pattern: " + std::string(published));
        }
    }
}

void CheckMembers(const Shape& shape, const core::JsonObject& object, const std::string& path,
                  bool enums, Violations& violations) {
    for (const Member& member : shape.members) {
        const std::string at =
            path.empty() ? PathName(member.name) : path + "." + PathName(member.name);
        const auto* found = object.if_contains(member.name);
        if (found != nullptr) {
            CheckConstraints(*member.shape, *found, at, enums, violations);
        } else if (member.required && member.name != shape.payload) {
            violations.Add(at, "null", "Member must not be null");
        }
    }
}

}  // namespace

void Violations::Add(std::string_view path, std::string_view value, std::string_view what) {
    found_.push_back("Value " + std::string(value) + " at '" + std::string(path) +
                     "' failed to satisfy constraint: " + std::string(what));
}

core::Error Violations::ToError() const {
    std::string message = std::to_string(found_.size()) + " validation error" +
                          (found_.size() == 1 ? "" : "s") + " detected: ";
    for (size_t i = 0; i < found_.size(); ++i) message += (i > 0 ? "; " : "") + found_[i];
    return {core::Code::kInvalidArgument, std::move(message)};
}

std::string PathName(std::string_view member) {
    std::string name(member);
    if (!name.empty() && name[0] >= 'A' && name[0] <= 'Z') name[0] += 'a' - 'A';
    return name;
}

void CheckConstraints(const Shape& shape, const core::Json& value, const std::string& path,
                      bool enums, Violations& violations) {
    switch (shape.type) {
        case ShapeType::kStructure:
            CheckMembers(shape, value.as_object(), path, enums, violations);
            break;
        case ShapeType::kList: {
            const core::JsonArray& items = value.as_array();
            CheckSize(shape, static_cast<int64_t>(items.size()), "length", value, path, violations);
            for (size_t i = 0; i < items.size(); ++i) {
                CheckConstraints(*shape.value, items[i],
                                 path + "." + std::to_string(i + 1) + ".member", enums, violations);
            }
            break;
        }
        case ShapeType::kMap:
            CheckSize(shape, static_cast<int64_t>(value.as_object().size()), "length", value, path,
                      violations);
            for (const auto& [key, item] : value.as_object()) {
                const std::string at = path + "." + std::string(key);
                CheckText(*shape.key, core::Json(key), at + ".key", enums, violations);
                CheckConstraints(*shape.value, item, at + ".value", enums, violations);
            }
            break;
        case ShapeType::kString:
            CheckText(shape, value, path, enums, violations);
            break;
        case ShapeType::kInteger:
        case ShapeType::kLong:
            CheckSize(shape, value.as_int64(), "value", value, path, violations);
            break;
        case ShapeType::kFloat:
        case ShapeType::kDouble: {
            const double number = value.to_number<double>();
            if (shape.has_min && number < static_cast<double>(shape.min)) {
                violations.Add(
                    path, Shown(value),
                    "Member must have value greater than or equal to " + std::to_string(shape.min));
            }
            if (shape.has_max && number > static_cast<double>(shape.max)) {
                violations.Add(
                    path, Shown(value),
                    "Member must have value less than or equal to " + std::to_string(shape.max));
            }
            break;
        }
        case ShapeType::kBlob:
        case ShapeType::kBoolean:
        case ShapeType::kTimestamp:
            break;
    }
}

}  // namespace gyre::wire::detail
