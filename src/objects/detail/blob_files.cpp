#include "objects/detail/blob_files.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>

#include "core/digest.h"
#include "objects/checksum.h"
#include "objects/detail/crc.h"
#include "objects/detail/s3_errors.h"

namespace gyre::objects::detail {
namespace {

using core::Code;

constexpr int kDirectoryBits = 12;
constexpr std::string_view kMagic = "GYREBLB1";
constexpr size_t kFooterSize = 32;
constexpr size_t kSumsAtOnce = 1024;
/// Whole blocks, and little enough to be in the processor's cache between their sum and the file.
constexpr size_t kCachedPiece = size_t{256} << 10;
static_assert(kCachedPiece % kBlockSize == 0);
/// A file of which so much was appended has the disk begin with it: at the end there is less to
/// wait for.
constexpr size_t kSyncAhead = size_t{8} << 20;

void AddLittleEndian(std::string& bytes, uint64_t value, size_t size) {
    for (size_t i = 0; i < size; ++i, value >>= 8) bytes += static_cast<char>(value & 0xff);
}

uint64_t BlocksOf(uint64_t size) {
    return (size + kBlockSize - 1) / kBlockSize;
}

uint32_t FirstSum(BlobId blob, uint64_t block) {
    std::string place;
    AddLittleEndian(place, static_cast<uint64_t>(blob), 8);
    AddLittleEndian(place, block, 8);
    return Crc32c(place);
}

std::string Hex(int64_t number, int digits) {
    char text[24];
    std::snprintf(text, sizeof text, "%0*llx", digits, static_cast<unsigned long long>(number));
    return text;
}

std::optional<int64_t> FromHex(std::string_view text) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// The CRC-32C of bytes whose beginning has the sum `before`, and the `size` ones after it `crc`.
uint32_t Joined(uint32_t before, uint32_t crc, size_t size) {
    static constexpr uint32_t kOverBlock = Crc32cMath::Shift(kBlockSize);
    const uint32_t shift = size == kBlockSize ? kOverBlock : Crc32cMath::Shift(size);
    return Crc32cMath::Multiply(shift, before) ^ crc;
}

core::Error DamagedBlob(BlobId blob, const std::string& how) {
    return Damaged("blob " + Hex(blob, 0) + ": " + how);
}

}  // namespace

uint32_t BlockSum(BlobId blob, uint64_t block, std::string_view bytes) {
    return Crc32c(bytes, FirstSum(blob, block));
}

BlobFileWriter::BlobFileWriter(std::unique_ptr<core::WritableFile> file, BlockSums sums)
    : file_(std::move(file)), sums_(std::move(sums)) {
}

core::Status BlobFileWriter::Append(std::string_view bytes) {
    const uint64_t before = sums_.Size();
    while (!bytes.empty()) {
        const std::string_view piece = bytes.substr(0, kCachedPiece);
        sums_.Add(piece);
        GYRE_TRY(file_->Append(piece));
        bytes.remove_prefix(piece.size());
    }
    if (before / kSyncAhead != sums_.Size() / kSyncAhead) file_->StartSync();
    return {};
}

core::Status BlobFileWriter::Finish(BlobId blob) {
    GYRE_TRY(file_->Append(sums_.FileEnd(blob)));
    return file_->Sync();
}

void BlockSums::Add(std::string_view bytes) {
    while (!bytes.empty()) {
        const size_t in_block = size_ % kBlockSize;
        if (in_block == 0) crcs_.push_back(0);
        const std::string_view piece = bytes.substr(0, kBlockSize - in_block);
        crcs_.back() = Crc32c(piece, crcs_.back());
        size_ += piece.size();
        bytes.remove_prefix(piece.size());
    }
}

size_t BlockSums::SizeOf(size_t block) const {
    return static_cast<size_t>(std::min<uint64_t>(kBlockSize, size_ - block * kBlockSize));
}

std::string BlockSums::FileEnd(BlobId blob) const {
    std::string end;
    end.reserve(crcs_.size() * 4 + kFooterSize);
    for (size_t block = 0; block < crcs_.size(); ++block) {
        AddLittleEndian(end, Joined(FirstSum(blob, block), crcs_[block], SizeOf(block)), 4);
    }
    std::string footer(kMagic);
    AddLittleEndian(footer, static_cast<uint64_t>(blob), 8);
    AddLittleEndian(footer, size_, 8);
    AddLittleEndian(footer, kBlockSize, 4);
    AddLittleEndian(footer, Crc32c(footer), 4);
    return end + footer;
}

uint32_t BlockSums::Whole() const {
    uint32_t whole = 0;
    for (size_t block = 0; block < crcs_.size(); ++block) {
        whole = Joined(whole, crcs_[block], SizeOf(block));
    }
    return whole;
}

std::string BlockSums::Digest() const {
    std::string all;
    all.reserve(crcs_.size() * 4 + 8);
    for (const uint32_t crc : crcs_) AddLittleEndian(all, crc, 4);
    AddLittleEndian(all, size_, 8);
    core::Digest md5(core::DigestKind::kMd5);
    md5.Update(all);
    return md5.Finish();
}

BlobFileReader::BlobFileReader(BlobId blob, uint64_t size, std::unique_ptr<core::ReadableFile> file)
    : blob_(blob), size_(size), file_(std::move(file)) {
}

core::Result<size_t> BlobFileReader::ReadAt(uint64_t offset, std::span<char> into) {
    size_t done = 0;
    while (done < into.size() && offset + done < size_) {
        const uint64_t at = offset + done;
        const uint64_t block = at / kBlockSize;
        const size_t in_block = at % kBlockSize;
        const size_t left = std::min<uint64_t>(into.size() - done, size_ - at);
        if (in_block == 0 && (left >= kBlockSize || at + left == size_)) {
            // Straight to where it is wanted: whole blocks, or all that is left.
            const size_t take = at + left == size_ ? left : left - left % kBlockSize;
            GYRE_TRY(ReadBlocks(block, into.subspan(done, take)));
            done += take;
            continue;
        }
        GYRE_TRY(ReadBlock(block));
        const size_t take = std::min(left, block_.size() - in_block);
        std::memcpy(into.data() + done, block_.data() + in_block, take);
        done += take;
    }
    return done;
}

core::Result<net::FileStretch> BlobFileReader::Check(uint64_t offset, uint64_t length) {
    // One block's room again and again: it stays in the processor's cache.
    for (uint64_t block = offset / kBlockSize; block * kBlockSize < offset + length; ++block) {
        GYRE_TRY(ReadBlock(block));
    }
    return net::FileStretch{.file = file_.get(), .offset = offset, .length = length};
}

core::Status BlobFileReader::ReadBlock(uint64_t block) {
    block_.resize(std::min<uint64_t>(kBlockSize, size_ - block * kBlockSize));
    return ReadBlocks(block, block_);
}

core::Status BlobFileReader::ReadBlocks(uint64_t first, std::span<char> into) {
    while (!into.empty()) {
        const auto piece = into.first(std::min(kCachedPiece, into.size()));
        GYRE_ASSIGN(const size_t got, file_->ReadAt(first * kBlockSize, piece));
        if (got != piece.size()) return core::Fail(DamagedBlob(blob_, "it is cut short"));
        for (size_t at = 0; at < piece.size(); at += kBlockSize, ++first) {
            const auto bytes = piece.subspan(at, std::min(kBlockSize, piece.size() - at));
            GYRE_ASSIGN(const uint32_t sum, SumOf(first));
            if (BlockSum(blob_, first, {bytes.data(), bytes.size()}) != sum) {
                return core::Fail(DamagedBlob(blob_, "block " + std::to_string(first)));
            }
        }
        into = into.subspan(piece.size());
    }
    return {};
}

core::Result<uint32_t> BlobFileReader::SumOf(uint64_t block) {
    if (block < first_sum_ || block >= first_sum_ + sums_.size() / 4) {
        const uint64_t count = std::min<uint64_t>(kSumsAtOnce, BlocksOf(size_) - block);
        std::vector<char> bytes(count * 4);
        GYRE_ASSIGN(const size_t got, file_->ReadAt(size_ + block * 4, bytes));
        if (got != bytes.size()) return core::Fail(DamagedBlob(blob_, "its sums are cut short"));
        sums_.assign(bytes.begin(), bytes.end());
        first_sum_ = block;
    }
    const unsigned char* sum = sums_.data() + (block - first_sum_) * 4;
    return sum[0] | uint32_t{sum[1]} << 8 | uint32_t{sum[2]} << 16 | uint32_t{sum[3]} << 24;
}

BlobFiles::BlobFiles(core::FileSystem& files, std::filesystem::path folder)
    : files_(files), folder_(std::move(folder)) {
}

BlobId BlobFiles::FirstOfDirectory(BlobId blob) {
    return blob >> kDirectoryBits << kDirectoryBits;
}

std::filesystem::path BlobFiles::DirectoryOf(BlobId blob) const {
    return folder_ / Hex(blob >> kDirectoryBits, 5);
}

std::filesystem::path BlobFiles::PathOf(BlobId blob) const {
    return DirectoryOf(blob) / Hex(blob, 8);
}

core::Status BlobFiles::MakeDirectoryOf(BlobId blob) {
    auto made = made_directories_.Lock();
    if (made->contains(FirstOfDirectory(blob))) return {};
    GYRE_TRY(files_.MakeDirectories(DirectoryOf(blob)));
    GYRE_TRY(files_.SyncDirectory(folder_));
    made->insert(FirstOfDirectory(blob));
    return {};
}

core::Status BlobFiles::MoveIn(const std::filesystem::path& file, BlobId blob) {
    GYRE_TRY(MakeDirectoryOf(blob));
    return files_.Rename(file, PathOf(blob));
}

core::Result<std::unique_ptr<BlobFileWriter>> BlobFiles::Create(BlobId blob) {
    GYRE_TRY(MakeDirectoryOf(blob));
    GYRE_ASSIGN(auto file, files_.Create(PathOf(blob)));
    return std::make_unique<BlobFileWriter>(std::move(file));
}

core::Result<std::unique_ptr<BlobFileReader>> BlobFiles::Open(BlobId blob, uint64_t size) {
    GYRE_ASSIGN(auto file, files_.Open(PathOf(blob)));
    if (file->Size() != size + BlocksOf(size) * 4 + kFooterSize) {
        return core::Fail(DamagedBlob(blob, "its file has a wrong length"));
    }
    return std::make_unique<BlobFileReader>(blob, size, std::move(file));
}

core::Status BlobFiles::Remove(BlobId blob) {
    core::Status removed = files_.Remove(PathOf(blob));
    if (!removed && removed.error().code == Code::kNotFound) return {};
    return removed;
}

core::Status BlobFiles::SyncFolderOf(BlobId blob) {
    core::Status synced = files_.SyncDirectory(DirectoryOf(blob));
    // Without a file there may be no folder.
    if (!synced && synced.error().code == Code::kNotFound) return {};
    return synced;
}

core::Status BlobFiles::SyncRemoved(const std::vector<BlobId>& blobs) {
    std::set<BlobId> folders;
    for (const BlobId blob : blobs) folders.insert(FirstOfDirectory(blob));
    for (const BlobId folder : folders) GYRE_TRY(SyncFolderOf(folder));
    return {};
}

core::Status BlobFiles::SyncBetween(BlobId first, BlobId last) {
    for (BlobId folder = FirstOfDirectory(first); folder < FirstOfDirectory(last);
         folder += BlobId{1} << kDirectoryBits) {
        GYRE_TRY(SyncFolderOf(folder));
    }
    return {};
}

core::Result<std::vector<BlobId>> BlobFiles::ListFrom(BlobId first) {
    std::vector<BlobId> blobs;
    GYRE_ASSIGN(const auto directories, files_.List(folder_));
    for (const std::string& name : directories) {
        const auto directory = FromHex(name);
        if (!directory || *directory < first >> kDirectoryBits) continue;
        GYRE_ASSIGN(const auto names, files_.List(folder_ / name));
        for (const std::string& file : names) {
            if (const auto blob = FromHex(file)) blobs.push_back(*blob);
        }
    }
    return blobs;
}

}  // namespace gyre::objects::detail
