#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/file_system.h"
#include "core/result.h"
#include "net/exchange.h"
#include "objects/object_store.h"

namespace gyre::transform {

/// The output of one object until all of it is there: in memory while it is small, then in a file,
/// which is a draft of the output's store where that takes drafts. One thread at a time. The
/// destructor leaves the file for a restart; Discard removes it.
class Spool {
  public:
    /// `store`, where the output goes to, outlives it; null: a file that is no draft.
    explicit Spool(std::filesystem::path file, objects::ObjectStore* store = nullptr)
        : path_(std::move(file)), store_(store) {}

    /// Goes on after the first `size` bytes of the file. Errors: kNotFound where it has fewer.
    [[nodiscard]] core::Status Resume(uint64_t size);
    [[nodiscard]] core::Status Append(std::string_view bytes);
    [[nodiscard]] uint64_t Size() const { return size_; }
    /// True where what was appended can outlive this program.
    [[nodiscard]] bool InFile() const { return file_ != nullptr; }
    [[nodiscard]] const std::filesystem::path& File() const { return path_; }
    /// The file, where it is the store's draft; null otherwise. What was appended and not flushed
    /// is not in it.
    [[nodiscard]] objects::ObjectDraft* Draft() const { return draft_; }
    /// How much of it is in the file.
    [[nodiscard]] uint64_t FileSize() const { return size_ - buffer_.size(); }
    /// All of it is in the file, where there is one.
    [[nodiscard]] core::Status Flush();
    /// Returns when all that was appended is on the disk.
    [[nodiscard]] core::Status Sync();
    /// All of it, from the beginning; nothing may be appended any more.
    [[nodiscard]] core::Result<std::unique_ptr<net::BodyReader>> Read();
    /// All of it, where it is not in a file.
    [[nodiscard]] std::string TakeText() { return std::move(buffer_); }
    /// Of what was appended nothing is left.
    void Discard();

  private:
    [[nodiscard]] core::Status FlushToFile();
    [[nodiscard]] core::Status OpenFile();

    const std::filesystem::path path_;
    objects::ObjectStore* const store_;
    std::unique_ptr<core::WritableFile> file_;
    objects::ObjectDraft* draft_ = nullptr;  ///< `file_`, where it is one
    std::string buffer_;
    uint64_t size_ = 0;
};

}  // namespace gyre::transform
