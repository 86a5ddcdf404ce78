#pragma once

#include <string_view>

#include "core/json.h"
#include "core/log.h"
#include "core/result.h"

/// Triton's settings of logs and traces (docs/protocol/extension_logging.md and extension_trace.md
/// there), as far as they have an equal here.
namespace gyre::serving::kserve {

/// "debug", "info", "warning" or "error", as of the configuration's log.level; kInfo for others.
[[nodiscard]] core::LogLevel LogLevelNamed(std::string_view name);
[[nodiscard]] core::Json LogSettings(core::LogLevel level);
/// The level that `wanted` leads to: log_verbose_level, log_info and log_warning choose it. Errors:
/// kInvalidArgument for a setting that there is not, is of another type, or stands fast here.
[[nodiscard]] core::Result<core::LogLevel> ChangedLogLevel(core::LogLevel level,
                                                           const core::Json& wanted);

/// There are no traces of Triton's kind: they are off, for every model.
[[nodiscard]] core::Json TraceSettings();
/// Ok where `wanted` says what is so, or clears a setting (null). Errors: kUnimplemented.
[[nodiscard]] core::Status CheckTraceSettings(const core::Json& wanted);

}  // namespace gyre::serving::kserve
