#pragma once

#include <string>

#include "core/config.h"
#include "core/result.h"

namespace gyre::server {

/// Every key of the configuration file, with its default and documentation.
[[nodiscard]] core::Config MakeConfig();

/// The defaults with what `file` says over them; "" for none. Errors: the file cannot be read, a
/// syntax error with its line, an unknown key with the nearest known one, a value of another type.
[[nodiscard]] core::Result<core::Config> LoadConfig(const std::string& file);

}  // namespace gyre::server
