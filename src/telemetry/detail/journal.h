#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_system.h"
#include "core/result.h"

namespace gyre::telemetry::detail {

/// One cell on its way to a segment.
struct JournalCell {
    std::string key;
    size_t level = 0;
    int64_t bucket = 0;
    std::string statistic;  ///< encoded
};

[[nodiscard]] std::string EncodeRecord(const std::vector<JournalCell>& cells);
/// The cells of all whole records; what follows the first broken one is taken for the half-written
/// end that a crash leaves.
[[nodiscard]] std::vector<JournalCell> DecodeJournal(std::string_view bytes);

/// The file that puts go to before they are answered: records of their cells, synced in groups, so
/// that those who come together wait for one sync. Thread-safe.
class Journal {
  public:
    /// Makes the file, which must not be there.
    [[nodiscard]] static core::Result<std::unique_ptr<Journal>> Create(
        core::FileSystem& files, const std::filesystem::path& directory, uint64_t number);
    [[nodiscard]] static std::string NameOf(uint64_t number);

    /// After an error nothing more may be appended: its end is not known.
    [[nodiscard]] core::Status Append(std::string_view record);
    /// Returns once all that was appended before is on the disk.
    [[nodiscard]] core::Status Sync();
    [[nodiscard]] uint64_t Bytes() const;

  private:
    explicit Journal(std::unique_ptr<core::WritableFile> file) : file_(std::move(file)) {}

    mutable std::mutex appending_;
    std::mutex syncing_;
    std::unique_ptr<core::WritableFile> file_;
    uint64_t appended_ = 0;  ///< bytes
    uint64_t synced_ = 0;
    bool broken_ = false;
};

}  // namespace gyre::telemetry::detail
