#include "core/config.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <sstream>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace gyre::core {
namespace {

Json ToJson(const toml::node& node) {
    if (const auto* table = node.as_table()) {
        JsonObject object;
        for (const auto& [key, value] : *table) object[std::string(key.str())] = ToJson(value);
        return object;
    }
    if (const auto* array = node.as_array()) {
        JsonArray list;
        for (const auto& item : *array) list.push_back(ToJson(item));
        return list;
    }
    if (const auto text = node.value_exact<std::string>()) return Json(*text);
    if (const auto whole = node.value_exact<int64_t>()) return Json(*whole);
    if (const auto number = node.value_exact<double>()) return Json(*number);
    if (const auto truth = node.value_exact<bool>()) return Json(*truth);
    std::ostringstream text;  // dates and times
    text << toml::node_view<const toml::node>(node);
    return Json(text.str());
}

std::string_view TypeName(const Json& json) {
    if (json.is_string()) return "a string";
    if (json.is_int64() || json.is_uint64()) return "a whole number";
    if (json.is_double()) return "a number";
    if (json.is_bool()) return "true or false";
    if (json.is_array()) return "a list";
    return "a table";
}

bool SameType(const Json& wanted, const Json& given) {
    if (wanted.is_double() && given.is_int64()) return true;
    return TypeName(wanted) == TypeName(given);
}

size_t EditDistance(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), 0U);
    for (size_t i = 1; i <= a.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            const size_t above = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
            diagonal = above;
        }
    }
    return row[b.size()];
}

}  // namespace

Config::Config(std::vector<ConfigKey> keys) {
    for (ConfigKey& key : keys) {
        Json value = key.default_value;
        entries_.push_back({std::move(key), std::move(value)});
    }
}

Status Config::LoadToml(std::string_view text, std::string_view file_name) {
    const toml::parse_result parsed = toml::parse(text, file_name);
    if (!parsed) {
        return Fail(Code::kInvalidArgument, std::string(file_name) + " line " +
                                                std::to_string(parsed.error().source().begin.line) +
                                                ": " + std::string(parsed.error().description()));
    }
    // Depth first over the tables; a declared name ends the descent, so that a declared table
    // keeps whatever keys its user gives it.
    const auto visit = [&](const auto& self, const toml::table& table,
                           const std::string& prefix) -> Status {
        for (const auto& [key, node] : table) {
            const std::string name = prefix + std::string(key.str());
            const auto found = std::find_if(entries_.begin(), entries_.end(),
                                            [&](const Entry& e) { return e.key.name == name; });
            const std::string where =
                std::string(file_name) + " line " + std::to_string(node.source().begin.line) + ": ";
            if (found == entries_.end()) {
                const bool known = std::ranges::any_of(entries_, [&](const Entry& entry) {
                    return entry.key.name.starts_with(name + ".");
                });
                const auto* inner = node.as_table();
                if (inner != nullptr && (known || !inner->empty())) {
                    GYRE_TRY(self(self, *inner, name + "."));
                    continue;
                }
                const auto nearest = std::min_element(
                    entries_.begin(), entries_.end(), [&](const Entry& a, const Entry& b) {
                        return EditDistance(name, a.key.name) < EditDistance(name, b.key.name);
                    });
                return Fail(Code::kInvalidArgument,
                            where + "unknown key '" + name + "'; the nearest known one is '" +
                                (nearest == entries_.end() ? "" : nearest->key.name) + "'");
            }
            Json value = ToJson(node);
            if (!SameType(found->key.default_value, value)) {
                return Fail(Code::kInvalidArgument,
                            where + "'" + name + "' should be " +
                                std::string(TypeName(found->key.default_value)) + ", not " +
                                std::string(TypeName(value)));
            }
            if (value.is_number() && value.to_number<double>() < double(found->key.least)) {
                return Fail(Code::kInvalidArgument, where + "'" + name + "' should be at least " +
                                                        std::to_string(found->key.least) +
                                                        ", not " + JsonText(value));
            }
            found->value = std::move(value);
        }
        return {};
    };
    return visit(visit, parsed.table(), "");
}

const Json& Config::Get(std::string_view name) const {
    const auto found = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const Entry& entry) { return entry.key.name == name; });
    GYRE_CHECK(found != entries_.end());
    return found->value;
}

std::string Config::GetString(std::string_view name) const {
    return std::string(Get(name).as_string());
}
int64_t Config::GetInt(std::string_view name) const {
    return Get(name).as_int64();
}
double Config::GetDouble(std::string_view name) const {
    return Get(name).to_number<double>();
}
bool Config::GetBool(std::string_view name) const {
    return Get(name).as_bool();
}

std::string Config::DefaultsAsToml() const {
    // A key without a table must come before the first table's heading.
    std::map<std::string, std::string> tables;
    for (const Entry& entry : entries_) {
        const size_t dot = entry.key.name.rfind('.');
        const bool inner = dot != std::string::npos;
        std::string& text = tables[inner ? entry.key.name.substr(0, dot) : ""];
        text += "# " + entry.key.help + "\n" + entry.key.name.substr(inner ? dot + 1 : 0) + " = " +
                JsonText(entry.key.default_value) + "\n";
    }
    std::string out;
    for (const auto& [table, text] : tables) {
        if (!table.empty()) out += "\n[" + table + "]\n";
        out += text;
    }
    return out;
}

}  // namespace gyre::core
