#include "graph/backup/transfer.h"

#include <algorithm>

#include "core/digest.h"
#include "core/file_system.h"

namespace gyre::graph::backup {
namespace {

using core::Code;

constexpr size_t kTransferPiece = size_t{1} << 20;

/// Told of the bytes that pass.
using OnPiece = std::function<core::Status(std::string_view piece)>;

/// A file as a body.
class FileBody final : public net::BodyReader {
  public:
    FileBody(std::unique_ptr<core::ReadableFile> file, OnPiece on_piece)
        : file_(std::move(file)), on_piece_(std::move(on_piece)) {}
    core::Result<size_t> Read(std::span<char> into) override {
        into = into.subspan(0, std::min(into.size(), kTransferPiece));
        GYRE_ASSIGN(const size_t got, file_->ReadAt(at_, into));
        at_ += got;
        GYRE_TRY(on_piece_(std::string_view(into.data(), got)));
        return got;
    }
    [[nodiscard]] std::optional<uint64_t> Length() const override { return file_->Size(); }

  private:
    const std::unique_ptr<core::ReadableFile> file_;
    const OnPiece on_piece_;
    uint64_t at_ = 0;
};

class TextBody final : public net::BodyReader {
  public:
    explicit TextBody(std::string_view text) : text_(text), size_(text.size()) {}
    core::Result<size_t> Read(std::span<char> into) override {
        const size_t part = std::min(into.size(), text_.size());
        std::copy_n(text_.begin(), part, into.begin());
        text_.remove_prefix(part);
        return part;
    }
    [[nodiscard]] std::optional<uint64_t> Length() const override { return size_; }

  private:
    std::string_view text_;
    const uint64_t size_;
};

std::string KeyBelow(const objects::S3Uri& place, const std::string& name) {
    std::string key = place.key;
    if (!key.empty() && !key.ends_with('/')) key += '/';
    return key + name;
}

std::string PlaceText(const objects::S3Uri& place) {
    return "s3://" + place.bucket + "/" + place.key;
}

}  // namespace

core::Status Upload(const SnapshotFolder& snapshot, Manifest manifest,
                    objects::ObjectStore& objects, const objects::S3Uri& to,
                    const core::CancelToken& cancel, const Progress& progress) {
    const std::string last = KeyBelow(to, kManifestName);
    if (objects.Head(to.bucket, last)) {
        return core::Fail(Code::kAlreadyExists,
                          "there is a backup at " + PlaceText(to) + " already: name another place");
    }
    uint64_t all = 0, done = 0;
    for (const SnapshotFile& file : snapshot.Files()) all += file.size;
    manifest.files.clear();
    for (const SnapshotFile& file : snapshot.Files()) {
        GYRE_ASSIGN(auto opened, core::RealFileSystem().Open(snapshot.Path() / file.name));
        core::Digest digest(core::DigestKind::kSha256);
        FileBody body(std::move(opened), [&](std::string_view piece) -> core::Status {
            if (cancel.Cancelled()) return core::Fail(Code::kCancelled, "the server stops");
            digest.Update(piece);
            done += piece.size();
            progress(done, all);
            return {};
        });
        GYRE_TRY(objects.Put(to.bucket, KeyBelow(to, file.name), body, "application/octet-stream"));
        manifest.files.push_back({file.name, file.size, core::HexEncode(digest.Finish())});
    }
    const std::string text = ManifestText(manifest);
    TextBody body(text);
    GYRE_TRY(objects.Put(to.bucket, last, body, "application/json"));
    return {};
}

core::Result<Manifest> FetchManifest(objects::ObjectStore& objects, const objects::S3Uri& from) {
    auto data = objects.Get(from.bucket, KeyBelow(from, kManifestName));
    if (!data) {
        if (data.error().code != Code::kNotFound) return core::Fail(data.error());
        return core::Fail(Code::kNotFound, "ResourceNotFoundException",
                          "there is no whole backup at " + PlaceText(from));
    }
    std::string text, piece(kTransferPiece, '\0');
    while (true) {
        GYRE_ASSIGN(const size_t got, data->body->Read(piece));
        if (got == 0) break;
        text.append(piece, 0, got);
    }
    return ReadManifest(text);
}

core::Status Download(const Manifest& manifest, objects::ObjectStore& objects,
                      const objects::S3Uri& from, const std::filesystem::path& folder,
                      const core::CancelToken& cancel, const Progress& progress) {
    auto& files = core::RealFileSystem();
    const uint64_t all = manifest.Bytes();
    uint64_t done = 0;
    std::string piece(kTransferPiece, '\0');
    for (const Manifest::File& file : manifest.files) {
        const std::filesystem::path path = folder / file.name;
        GYRE_TRY(files.MakeDirectories(path.parent_path()));
        GYRE_ASSIGN(const auto data, objects.Get(from.bucket, KeyBelow(from, file.name)));
        GYRE_ASSIGN(const auto out, files.Create(path));
        core::Digest digest(core::DigestKind::kSha256);
        uint64_t size = 0;
        while (true) {
            if (cancel.Cancelled()) return core::Fail(Code::kCancelled, "the server stops");
            GYRE_ASSIGN(const size_t got, data.body->Read(piece));
            if (got == 0) break;
            const std::string_view bytes = std::string_view(piece).substr(0, got);
            digest.Update(bytes);
            GYRE_TRY(out->Append(bytes));
            size += got;
            done += got;
            progress(done, all);
        }
        if (size != file.size || core::HexEncode(digest.Finish()) != file.sha256) {
            return core::Fail(Code::kDataLoss,
                              "the backup's file " + file.name + " is not as its manifest says");
        }
        GYRE_TRY(out->Sync());
        GYRE_TRY(files.SyncDirectory(path.parent_path()));
    }
    return files.SyncDirectory(folder.parent_path());
}

}  // namespace gyre::graph::backup
