#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/json.h"
#include "core/result.h"

namespace gyre::core {

/// One key of the configuration file: its dotted name, default (whose type is the key's type) and
/// one line on what it does.
struct ConfigKey {
    std::string name;  ///< "serving.max_hosts"
    Json default_value;
    std::string help;
    int64_t least = 0;  ///< that a number may be
};

/// The platform's settings: one TOML file over defaults. Immutable once loaded, so thread-safe.
/// Tables whose keys are the user's own (image names, say) are declared with a default of {} and
/// come back whole through Get.
class Config {
  public:
    explicit Config(std::vector<ConfigKey> keys);

    /// Errors: kInvalidArgument naming the line, or an unknown key and the nearest known one, or
    /// the type or number expected.
    [[nodiscard]] Status LoadToml(std::string_view text, std::string_view file_name);

    [[nodiscard]] std::string GetString(std::string_view name) const;
    [[nodiscard]] int64_t GetInt(std::string_view name) const;
    [[nodiscard]] double GetDouble(std::string_view name) const;
    [[nodiscard]] bool GetBool(std::string_view name) const;
    /// The value of any declared key; asking for an undeclared one is a bug and aborts.
    [[nodiscard]] const Json& Get(std::string_view name) const;

    /// A commented TOML file with every key at its default, for the documentation.
    [[nodiscard]] std::string DefaultsAsToml() const;

  private:
    struct Entry {
        ConfigKey key;
        Json value;
    };
    std::vector<Entry> entries_;
};

}  // namespace gyre::core
