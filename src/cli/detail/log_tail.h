#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cli/detail/platform.h"

namespace gyre::cli::detail {

struct LogLine {
    int64_t time_ms = 0;  ///< since the epoch
    std::string endpoint;
    std::string stream;
    std::string message;
};

/// What endpoints print, from the last lines of each stream on. Streams and endpoints that appear
/// later are followed from their beginning.
class LogTail {
  public:
    /// `endpoint` "" for all of them.
    LogTail(const Platform& platform, std::string endpoint, int lines)
        : platform_(platform), endpoint_(std::move(endpoint)), lines_(lines) {}

    /// What is new since the last call, by time; at the first, the last lines.
    [[nodiscard]] core::Result<std::vector<LogLine>> Read();

  private:
    [[nodiscard]] core::Result<std::vector<std::string>> Groups() const;
    [[nodiscard]] core::Status ReadStream(const std::string& group, const std::string& stream,
                                          std::vector<LogLine>& into);

    const Platform& platform_;
    const std::string endpoint_;
    const int lines_;
    bool first_ = true;
    std::map<std::pair<std::string, std::string>, std::string> tokens_;
};

}  // namespace gyre::cli::detail
