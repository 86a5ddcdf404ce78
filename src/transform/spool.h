#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/file_system.h"
#include "core/result.h"
#include "net/exchange.h"

namespace gyre::transform {

/// The output of one object until all of it is there: in memory while it is small, then in a file.
/// One thread at a time. The destructor leaves the file for a restart; Discard removes it.
class Spool {
  public:
    explicit Spool(std::filesystem::path file) : path_(std::move(file)) {}

    /// Goes on after the first `size` bytes of the file. Errors: kNotFound where it has fewer.
    [[nodiscard]] core::Status Resume(uint64_t size);
    [[nodiscard]] core::Status Append(std::string_view bytes);
    [[nodiscard]] uint64_t Size() const { return size_; }
    /// True where what was appended can outlive this program.
    [[nodiscard]] bool InFile() const { return file_ != nullptr; }
    [[nodiscard]] const std::filesystem::path& File() const { return path_; }
    /// How much of it is in the file.
    [[nodiscard]] uint64_t FileSize() const { return size_ - buffer_.size(); }
    /// All of it is in the file, where there is one.
    [[nodiscard]] core::Status Flush();
    /// Returns when all that was appended is on the disk.
    [[nodiscard]] core::Status Sync();
    /// All of it, from the beginning; nothing may be appended any more.
    [[nodiscard]] core::Result<std::unique_ptr<net::BodyReader>> Read();
    void Discard();

  private:
    [[nodiscard]] core::Status FlushToFile();

    const std::filesystem::path path_;
    std::unique_ptr<core::WritableFile> file_;
    std::string buffer_;
    uint64_t size_ = 0;
};

}  // namespace gyre::transform
