#pragma once

#include <string>
#include <string_view>

namespace gyre::transform {

/// What of `key` names its output: the part below the input's prefix. A prefix that ends within a
/// name ("in/da" of "in/data.csv") counts up to its last '/'.
[[nodiscard]] std::string_view PartUnderPrefix(std::string_view key, std::string_view prefix);

/// The output's key: below the key of S3OutputPath, the input's part with ".out" at its end.
[[nodiscard]] std::string OutputKey(std::string_view output_path, std::string_view part);

/// The key of the report on a job's failed records, beside the outputs.
[[nodiscard]] std::string ErrorReportKey(std::string_view output_path, std::string_view job);

}  // namespace gyre::transform
