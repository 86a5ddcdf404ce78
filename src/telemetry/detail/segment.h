#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_system.h"
#include "core/result.h"
#include "telemetry/detail/cells.h"

namespace gyre::telemetry::detail {

/// What a segment's file name says: "1-1764028800-000000000017.seg".
struct SegmentName {
    size_t level = 0;
    int64_t partition = 0;  ///< the second it begins with
    uint64_t number = 0;    ///< never used again

    [[nodiscard]] std::string Text() const;
    [[nodiscard]] static std::optional<SegmentName> Parse(std::string_view text);
};

/// One immutable file of cells (docs/formats/metric_store.md). Its index is in memory, its blocks
/// are read when they are asked for, and checked. Thread-safe.
class Segment {
  public:
    [[nodiscard]] static core::Status Write(core::FileSystem& files,
                                            const std::filesystem::path& directory,
                                            const SegmentName& name, const Table& table);
    /// Errors: kDataLoss.
    [[nodiscard]] static core::Result<std::shared_ptr<const Segment>> Open(
        core::FileSystem& files, const std::filesystem::path& directory, const SegmentName& name);

    struct Entry {
        std::string key;
        uint64_t offset = 0;
        uint64_t length = 0;
        uint32_t checksum = 0;
        int64_t last = 0;  ///< the second that its last bucket begins with
    };

    [[nodiscard]] const SegmentName& Name() const { return name_; }
    [[nodiscard]] uint64_t Bytes() const { return file_->Size(); }
    [[nodiscard]] const std::vector<Entry>& Entries() const { return entries_; }
    /// No cells for a key that it has not.
    [[nodiscard]] core::Result<Cells> Read(std::string_view key) const;

  private:
    [[nodiscard]] core::Result<std::string> ReadBytes(uint64_t offset, uint64_t length) const;
    [[nodiscard]] core::Status ReadIndex();
    [[nodiscard]] tl::unexpected<core::Error> Broken(const char* what) const;

    SegmentName name_;
    std::unique_ptr<core::ReadableFile> file_;
    std::vector<Entry> entries_;  ///< by key
};

}  // namespace gyre::telemetry::detail
