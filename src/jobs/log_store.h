#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"

namespace gyre::jobs {

struct LogEvent {
    core::WallTime time{};
    std::string message;
    uint64_t id = 0;  ///< place in its stream; grows by one
};

struct LogStream {
    std::string name;  ///< "AllTraffic/i-0123"
    core::WallTime created{};
    core::WallTime first_event{};
    core::WallTime last_event{};
    uint64_t stored_bytes = 0;
    bool has_events = false;  ///< or else their times mean nothing
};

struct LogGroup {
    core::WallTime created{};
    std::optional<int> retention_days;  ///< none: for ever
    std::map<std::string, std::string> tags;
};

/// Which events of a Put were not taken, by their places in it.
struct PutOutcome {
    std::optional<size_t> too_old_end;    ///< the first one that was not too old
    std::optional<size_t> too_new_start;  ///< the first one that was too new
    std::optional<size_t> expired_end;    ///< the first one within the group's retention
};

/// What models, handlers and jobs print, by group ("/aws/sagemaker/Endpoints/NAME") and stream, in
/// files of bounded size: the newest 64 MiB of a stream are kept, in whole segments. A line is
/// visible to readers when Append returns; lines may be lost when the machine loses power, not when
/// a program is killed. Thread-safe.
class LogStore {
  public:
    virtual ~LogStore() = default;
    [[nodiscard]] static core::Result<std::unique_ptr<LogStore>> Open(
        const std::filesystem::path& directory, const core::Clock& clock);

    /// The time is the clock's, but never before the line before it. Group and stream come into
    /// being with their first line. Control characters but tab are taken out, lines over 256 KiB
    /// are cut (as CloudWatch Logs does).
    virtual void Append(const std::string& group, const std::string& stream,
                        std::string_view line) = 0;
    /// The same for several lines, each with its '\n', that come at once: they cost one write.
    virtual void AppendLines(const std::string& group, const std::string& stream,
                             std::string_view lines) = 0;
    /// Errors of all that follow: kNotFound "ResourceNotFoundException" for the group or stream,
    /// kAlreadyExists "ResourceAlreadyExistsException", and those of the disk.
    [[nodiscard]] virtual core::Status CreateGroup(const std::string& group,
                                                   std::map<std::string, std::string> tags) = 0;
    [[nodiscard]] virtual core::Status CreateStream(const std::string& group,
                                                    const std::string& stream) = 0;
    /// With its streams. Who still writes to it brings it into being again.
    [[nodiscard]] virtual core::Status DeleteGroup(const std::string& group) = 0;
    [[nodiscard]] virtual core::Status DeleteStream(const std::string& group,
                                                    const std::string& stream) = 0;
    /// Takes a client's events, by rising time, and has them on the disk when it returns. Too old
    /// are those of more than 14 days ago, and those before a stream's newest segment.
    [[nodiscard]] virtual core::Result<PutOutcome> Put(const std::string& group,
                                                       const std::string& stream,
                                                       std::vector<LogEvent> events) = 0;
    [[nodiscard]] virtual core::Result<LogGroup> Group(const std::string& group) const = 0;
    [[nodiscard]] virtual core::Status ChangeGroup(
        const std::string& group, const std::function<void(LogGroup&)>& change) = 0;
    /// Drops what is older than its group's retention, in whole segments. Now and then.
    virtual void Sweep() = 0;

    [[nodiscard]] virtual std::vector<std::string> Groups(const std::string& prefix) const = 0;
    /// Errors: kNotFound for the group.
    [[nodiscard]] virtual core::Result<std::vector<LogStream>> Streams(
        const std::string& group, const std::string& prefix) const = 0;
    /// At most `limit` events of ids from `first_id` on, in order. Errors: kNotFound.
    [[nodiscard]] virtual core::Result<std::vector<LogEvent>> Read(const std::string& group,
                                                                   const std::string& stream,
                                                                   uint64_t first_id,
                                                                   size_t limit) const = 0;
    /// The id of the first event at `time` or later; the next event's where there is none.
    [[nodiscard]] virtual core::Result<uint64_t> FirstIdAt(const std::string& group,
                                                           const std::string& stream,
                                                           core::WallTime time) const = 0;
    /// The id that the next event of the stream will have.
    [[nodiscard]] virtual core::Result<uint64_t> NextId(const std::string& group,
                                                        const std::string& stream) const = 0;
    /// The last lines of a stream, for error messages; empty when there is none.
    [[nodiscard]] virtual std::vector<std::string> Tail(const std::string& group,
                                                        const std::string& stream,
                                                        size_t lines) const = 0;
};

}  // namespace gyre::jobs
