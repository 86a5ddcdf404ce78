#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/file_system.h"
#include "core/result.h"
#include "jobs/log_store.h"

namespace gyre::jobs::detail {

/// One stream's files (docs/formats/log_store.md): segments named by the id of their first line,
/// each line "MILLISECONDS TEXT". Not thread-safe.
class LogSegments {
  public:
    static constexpr uint64_t kSegmentBytes = 4ULL << 20;
    static constexpr size_t kMaxSegments = 16;

    /// Reads what is in `directory`, which is made when absent. A line that was cut by a crash is
    /// taken off.
    [[nodiscard]] static core::Result<LogSegments> Open(core::FileSystem& files,
                                                        std::filesystem::path directory,
                                                        core::WallTime now);

    /// In one write a segment; texts of one line each.
    [[nodiscard]] core::Status Append(core::WallTime time, std::span<const std::string> texts);
    /// Puts them, which come by rising time, among the others by their times, durably; line breaks
    /// in their texts stay. What is older than the newest segment is left out when there are
    /// others: the number of those, which are the first. Ids behind a late event move on by one.
    [[nodiscard]] core::Result<size_t> Insert(const std::vector<LogEvent>& events);
    /// Drops whole segments that hold nothing from `time` on.
    [[nodiscard]] core::Status DropBefore(core::WallTime time);
    [[nodiscard]] core::Result<std::vector<LogEvent>> Read(uint64_t first_id, size_t limit) const;
    [[nodiscard]] core::Result<uint64_t> FirstIdAt(core::WallTime time) const;
    [[nodiscard]] uint64_t NextId() const { return next_id_; }
    [[nodiscard]] LogStream Describe() const;  ///< without its name

  private:
    struct Segment {
        uint64_t first_id = 0;
        uint64_t lines = 0;
        uint64_t bytes = 0;
        core::WallTime first_time{};
        core::WallTime last_time{};
    };

    LogSegments(core::FileSystem& files, std::filesystem::path directory, core::WallTime created)
        : files_(&files), directory_(std::move(directory)), created_(created) {}
    enum class Durable { kNo, kYes };
    struct Written {
        uint64_t lines = 0;
        core::WallTime first{};
        core::WallTime last{};
    };

    [[nodiscard]] core::Status AddSegment(core::WallTime time);
    /// Puts lines, `what` of them, behind those of the newest segment.
    [[nodiscard]] core::Status Write(Segment& segment, const std::string& lines,
                                     const Written& what, Durable durable);
    [[nodiscard]] core::Status InsertInto(Segment& segment, std::span<const LogEvent> events);
    [[nodiscard]] std::filesystem::path PathOf(const Segment& segment) const;
    [[nodiscard]] core::Result<Segment> Scan(uint64_t first_id, const std::string& name);

    core::FileSystem* files_;
    std::filesystem::path directory_;
    core::WallTime created_;
    std::deque<Segment> segments_;
    uint64_t next_id_ = 0;
};

}  // namespace gyre::jobs::detail
