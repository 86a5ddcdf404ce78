#include <sys/stat.h>

#include "core/digest.h"
#include "objects/checksum.h"
#include "objects/detail/blob_store.h"
#include "objects/detail/object_row.h"
#include "objects/local_store.h"
#include "objects/names.h"

namespace gyre::objects {
namespace {

using core::Result;
using core::Status;
using DraftPath = std::filesystem::path;

constexpr size_t kReadPiece = size_t{256} << 10;

class LocalDraft final : public ObjectDraft {
  public:
    LocalDraft(DraftPath file, std::unique_ptr<core::WritableFile> open, detail::BlockSums sums)
        : path_(std::move(file)), data_(std::move(open), std::move(sums)) {}
    Status Append(std::string_view bytes) override { return data_.Append(bytes); }
    Status Sync() override { return data_.Sync(); }
    [[nodiscard]] uint64_t Size() const override { return Sums().Size(); }

    Result<std::unique_ptr<detail::BlobDraft>> MoveInto(detail::BlobStore& blobs) {
        return blobs.Adopt(path_, data_);
    }
    [[nodiscard]] const detail::BlockSums& Sums() const { return data_.Sums(); }

  private:
    const DraftPath path_;
    detail::BlobFileWriter data_;
};

/// Where a file cannot be renamed into the other folder. Folders that only a test has are on none.
bool OnAnotherDisk(const DraftPath& one, const DraftPath& other) {
    struct stat first{};
    struct stat second{};
    return stat(one.c_str(), &first) == 0 && stat(other.c_str(), &second) == 0 &&
           first.st_dev != second.st_dev;
}

Result<detail::BlockSums> SumsOfFile(core::FileSystem& files, const DraftPath& file) {
    detail::BlockSums sums;
    const auto open = files.Open(file);
    if (!open && open.error().code == core::Code::kNotFound) return sums;
    if (!open) return core::Fail(open.error());
    std::string piece(kReadPiece, '\0');
    while (true) {
        GYRE_ASSIGN(const size_t got, (*open)->ReadAt(sums.Size(), piece));
        if (got == 0) return sums;
        sums.Add({piece.data(), got});
    }
}

std::string BigEndian32(uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
    return bytes;
}

}  // namespace

std::vector<Result<ObjectInfo>> ObjectStore::PutTogether(std::span<const SmallObject> objects) {
    return std::vector<Result<ObjectInfo>>(
        objects.size(), core::Fail(core::Code::kUnimplemented, "this store puts each by itself"));
}

Result<std::unique_ptr<ObjectDraft>> ObjectStore::OpenDraft(const DraftPath&) {
    return nullptr;
}

Result<ObjectInfo> ObjectStore::PutDraft(const std::string&, const std::string&, ObjectDraft&,
                                         const std::string&) {
    return core::Fail(core::Code::kUnimplemented, "this store takes no drafts: use Put");
}

Result<std::unique_ptr<ObjectDraft>> LocalStore::OpenDraft(const DraftPath& file) {
    core::FileSystem& files = blobs_->Files().System();
    if (OnAnotherDisk(file.parent_path(), blobs_->Files().Folder())) return nullptr;
    GYRE_ASSIGN(detail::BlockSums sums, SumsOfFile(files, file));
    GYRE_ASSIGN(auto open, sums.Size() == 0 ? files.Create(file) : files.OpenAppend(file));
    return std::make_unique<LocalDraft>(file, std::move(open), std::move(sums));
}

Result<ObjectInfo> LocalStore::PutDraft(const std::string& bucket, const std::string& key,
                                        ObjectDraft& draft, const std::string& content_type) {
    GYRE_TRY(CheckKey(key));
    GYRE_TRY(CheckRoom());
    GYRE_TRY(CheckBeforeWrite(bucket, key, {}));
    auto& own = dynamic_cast<LocalDraft&>(draft);
    GYRE_ASSIGN(const auto blob, own.MoveInto(*blobs_));
    PutOptions options;
    options.metadata.content_type = content_type;
    detail::ObjectRow row;
    row.info.bucket = bucket;
    row.info.key = key;
    row.info.etag = core::HexEncode(own.Sums().Digest()) + "-1";
    row.info.modified = clock_.WallNow();
    row.info.content_type = content_type;
    row.info.checksums = {{std::string(ChecksumName(ChecksumAlgorithm::kCrc32c)),
                           core::Base64Encode(BigEndian32(own.Sums().Whole()))}};
    return CommitPut(std::move(row), *blob, options);
}

}  // namespace gyre::objects
