#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_system.h"
#include "core/guarded.h"
#include "net/exchange.h"

namespace gyre::objects::detail {

using BlobId = int64_t;

/// Stands among the blobs that a transaction let go of for an upload whose parts are to be let go
/// of later. No blob has this number.
constexpr BlobId kDroppedUpload = 0;

/// Data is summed in blocks of so many bytes; see docs/formats/object_store.md for the file.
constexpr size_t kBlockSize = size_t{64} << 10;

/// The CRC-32C of a block, begun with where it belongs, so that a sound block in a wrong place is
/// noticed too.
[[nodiscard]] uint32_t BlockSum(BlobId blob, uint64_t block, std::string_view bytes);

/// The sums of a blob's blocks while its bytes come, before it is known which blob they become. Not
/// thread-safe.
class BlockSums {
  public:
    void Add(std::string_view bytes);
    [[nodiscard]] uint64_t Size() const { return size_; }
    /// What stands in the blob's file after the data.
    [[nodiscard]] std::string FileEnd(BlobId blob) const;
    /// The CRC-32C of all bytes.
    [[nodiscard]] uint32_t Whole() const;
    /// MD5 of the blocks' CRC-32Cs and the size: the same for the same bytes. Raw.
    [[nodiscard]] std::string Digest() const;

  private:
    [[nodiscard]] size_t SizeOf(size_t block) const;

    uint64_t size_ = 0;
    std::vector<uint32_t> crcs_;  // of each begun block's data alone
};

/// A blob's file being written. Not thread-safe.
class BlobFileWriter {
  public:
    /// `sums`: of what is in the file already.
    explicit BlobFileWriter(std::unique_ptr<core::WritableFile> file, BlockSums sums = {});
    [[nodiscard]] core::Status Append(std::string_view bytes);
    /// Makes durable what there is.
    [[nodiscard]] core::Status Sync() { return file_->Sync(); }
    [[nodiscard]] const BlockSums& Sums() const { return sums_; }
    /// Ends the file, that of `blob` from here on, and makes its bytes durable; that its name is
    /// there is for the caller to make durable (BlobFiles::DirectoryOf).
    [[nodiscard]] core::Status Finish(BlobId blob);

  private:
    std::unique_ptr<core::WritableFile> file_;
    BlockSums sums_;
};

/// A blob's file being read; every byte was checked before it is given. Not thread-safe.
class BlobFileReader {
  public:
    BlobFileReader(BlobId blob, uint64_t size, std::unique_ptr<core::ReadableFile> file);
    /// Bytes from `offset`, fewer than asked only where the data ends; fastest in whole blocks.
    /// Errors: kDataLoss.
    [[nodiscard]] core::Result<size_t> ReadAt(uint64_t offset, std::span<char> into);

    /// Checks bytes that the data has, for who takes them from the file. Errors: kDataLoss.
    [[nodiscard]] core::Result<net::FileStretch> Check(uint64_t offset, uint64_t length);

  private:
    [[nodiscard]] core::Status ReadBlock(uint64_t block);
    [[nodiscard]] core::Status ReadBlocks(uint64_t first, std::span<char> into);
    [[nodiscard]] core::Result<uint32_t> SumOf(uint64_t block);

    const BlobId blob_;
    const uint64_t size_;
    std::unique_ptr<core::ReadableFile> file_;
    std::vector<char> block_;          // for what is not read straight to where it is wanted
    std::vector<unsigned char> sums_;  // as stored, from first_sum_ on
    uint64_t first_sum_ = 0;
};

/// The folder of blob files: FOLDER/<id / 4096>/<id>. Thread-safe.
class BlobFiles {
  public:
    BlobFiles(core::FileSystem& files, std::filesystem::path folder);

    [[nodiscard]] std::filesystem::path DirectoryOf(BlobId blob) const;
    [[nodiscard]] core::Result<std::unique_ptr<BlobFileWriter>> Create(BlobId blob);
    /// Makes a file that was written elsewhere the blob's; it is whole and synced.
    [[nodiscard]] core::Status MoveIn(const std::filesystem::path& file, BlobId blob);
    [[nodiscard]] const std::filesystem::path& Folder() const { return folder_; }
    [[nodiscard]] core::FileSystem& System() const { return files_; }
    /// Errors: kNotFound; kDataLoss when the file is not of the length that goes with `size`.
    [[nodiscard]] core::Result<std::unique_ptr<BlobFileReader>> Open(BlobId blob, uint64_t size);
    /// No error when it is gone already. Durable only after SyncRemoved.
    [[nodiscard]] core::Status Remove(BlobId blob);
    /// Makes it durable that these blobs' files are gone, so that no power cut brings one back.
    [[nodiscard]] core::Status SyncRemoved(const std::vector<BlobId>& blobs);
    /// The same for all that were removed from the folders of `first` up to, without it, `last`'s.
    [[nodiscard]] core::Status SyncBetween(BlobId first, BlobId last);
    /// The blobs that have a file, from the folder of `first` on.
    [[nodiscard]] core::Result<std::vector<BlobId>> ListFrom(BlobId first);
    /// The first blob of the folder that holds `blob`.
    [[nodiscard]] static BlobId FirstOfDirectory(BlobId blob);

  private:
    [[nodiscard]] std::filesystem::path PathOf(BlobId blob) const;
    [[nodiscard]] core::Status MakeDirectoryOf(BlobId blob);
    [[nodiscard]] core::Status SyncFolderOf(BlobId blob);

    core::FileSystem& files_;
    const std::filesystem::path folder_;
    core::Guarded<std::set<BlobId>> made_directories_;
};

}  // namespace gyre::objects::detail
