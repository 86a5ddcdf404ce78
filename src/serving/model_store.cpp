#include "serving/model_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/ascii.h"
#include "core/digest.h"
#include "core/log.h"

namespace gyre::serving {
namespace {

using core::Code;
using core::Result;
namespace fs = std::filesystem;

constexpr const char* kBeside = "incoming";
constexpr size_t kPiece = 1 << 20;
constexpr size_t kNameLength = 32;  // hex digits of the digest: 128 bits

bool IsBareModel(const fs::path& key) {
    const std::string extension = core::AsciiLower(key.extension().string());
    return extension == ".onnx" || extension == ".pt" || extension == ".pth";
}

// Removes what lies there when it goes.
class Cleaner {
  public:
    Cleaner(core::FileSystem& files, fs::path path) : files_(files), path_(std::move(path)) {}
    ~Cleaner() { (void)files_.RemoveAll(path_); }
    Cleaner(const Cleaner&) = delete;
    Cleaner& operator=(const Cleaner&) = delete;

  private:
    core::FileSystem& files_;
    fs::path path_;
};

bool IsName(std::string_view name) {
    return name.size() == kNameLength &&
           name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// All that was written below it, however many files that is.
core::Status BringToDisk(const fs::path& directory) {
    const int descriptor = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return core::Fail(core::ErrnoError(directory.string(), errno));
    const int failed = syncfs(descriptor) == 0 ? 0 : errno;
    close(descriptor);
    if (failed != 0) return core::Fail(core::ErrnoError("sync of " + directory.string(), failed));
    return {};
}

// A key below a prefix becomes a path below a folder, or nothing where it would lead elsewhere.
bool IsPlainPath(const fs::path& path) {
    if (path.empty() || path.is_absolute()) return false;
    return std::ranges::none_of(
        path, [](const fs::path& part) { return part == ".." || part == "." || part.empty(); });
}

Result<std::string> DigestOfFile(const fs::path& file) {
    const int in = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (in < 0) return core::Fail(core::ErrnoError(file.string(), errno));
    core::Digest digest(core::DigestKind::kSha256);
    std::string piece(kPiece, '\0');
    ssize_t got = 0;
    while ((got = read(in, piece.data(), piece.size())) > 0) {
        digest.Update(std::string_view(piece.data(), static_cast<size_t>(got)));
    }
    const int failure = errno;
    close(in);
    if (got < 0) return core::Fail(core::ErrnoError(file.string(), failure));
    return core::HexEncode(digest.Finish());
}

/// Of the names and contents of all files below, whatever their order on the disk.
Result<std::string> DigestOfFolder(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code failed;
    for (fs::recursive_directory_iterator entry(folder, failed), end; !failed && entry != end;
         entry.increment(failed)) {
        std::error_code gone;
        if (entry->is_regular_file(gone)) files.push_back(entry->path());
    }
    if (failed) return core::Fail(Code::kNotFound, folder.string() + ": " + failed.message());
    std::ranges::sort(files);
    core::Digest all(core::DigestKind::kSha256);
    for (const fs::path& file : files) {
        GYRE_ASSIGN(const std::string digest, DigestOfFile(file));
        all.Update(digest + file.lexically_relative(folder).string() + '\n');
    }
    return core::HexEncode(all.Finish());
}

}  // namespace

Result<std::unique_ptr<ModelStore>> ModelStore::Open(ModelStoreOptions options) {
    core::FileSystem& files = *options.files;
    GYRE_TRY(files.RemoveAll(options.directory / kBeside));
    GYRE_TRY(files.MakeDirectories(options.directory / kBeside));
    return std::unique_ptr<ModelStore>(new ModelStore(std::move(options)));
}

fs::path ModelStore::Fresh() const {
    return options_.directory / kBeside / core::HexEncode(core::RandomBytes(8));
}

Result<std::shared_ptr<const ModelStore::Model>> ModelStore::Fetch(
    const std::string& uri, bool prefix, const core::CancelToken& cancel) {
    GYRE_ASSIGN(const objects::S3Uri parsed, objects::S3Uri::Parse(uri));
    auto model = prefix ? FetchPrefix(parsed, cancel) : FetchObject(parsed, cancel);
    if (!model) {
        return core::Fail(std::move(model.error()).In("Could not load the model data " + uri));
    }
    return model;
}

Result<std::string> ModelStore::Download(const objects::S3Uri& uri, const fs::path& file,
                                         uint64_t& budget, const core::CancelToken& cancel) {
    GYRE_ASSIGN(const objects::ObjectData object, options_.objects->Get(uri.bucket, uri.key));
    if (object.info.size > budget) {
        return core::Fail(Code::kResourceExhausted,
                          "it is larger than a model may be here; the configuration's "
                          "serving.max_model_gb says how large that is");
    }
    budget -= object.info.size;
    GYRE_ASSIGN(const auto out, options_.files->Create(file));
    core::Digest digest(core::DigestKind::kSha256);
    std::string piece(kPiece, '\0');
    while (true) {
        if (cancel.Cancelled()) return core::Fail(Code::kCancelled, "the download was called off");
        GYRE_ASSIGN(const size_t got, object.body->Read(piece));
        if (got == 0) break;
        const std::string_view bytes(piece.data(), got);
        digest.Update(bytes);
        GYRE_TRY(out->Append(bytes));
    }
    return core::HexEncode(digest.Finish());
}

Result<std::shared_ptr<const ModelStore::Model>> ModelStore::FetchObject(
    const objects::S3Uri& uri, const core::CancelToken& cancel) {
    const fs::path beside = Fresh();
    const Cleaner cleaner(*options_.files, beside);
    const fs::path unpacked = beside / "model";
    const fs::path file_name = fs::path(uri.key).filename();
    GYRE_TRY(options_.files->MakeDirectories(unpacked));
    uint64_t budget = options_.limits.max_bytes;
    if (IsBareModel(file_name)) {
        const fs::path file = unpacked / file_name;
        GYRE_ASSIGN(const std::string digest, Download(uri, file, budget, cancel));
        // The same bytes under two names are two models: the name says what kind they are.
        return Keep(unpacked, core::HexEncode(core::Sha256(digest + file_name.string())));
    }
    GYRE_ASSIGN(const std::string digest, Download(uri, beside / "archive", budget, cancel));
    if (auto held = Reopen(digest.substr(0, kNameLength)); held) return held;
    if (auto done = core::UnpackArchive(beside / "archive", unpacked, options_.limits); !done) {
        return core::Fail(std::move(done.error()));
    }
    return Keep(unpacked, digest);
}

Result<std::shared_ptr<const ModelStore::Model>> ModelStore::FetchPrefix(
    const objects::S3Uri& uri, const core::CancelToken& cancel) {
    const fs::path beside = Fresh();
    const Cleaner cleaner(*options_.files, beside);
    const fs::path unpacked = beside / "model";
    GYRE_TRY(options_.files->MakeDirectories(unpacked));
    uint64_t budget = options_.limits.max_bytes;
    uint64_t files = 0;
    core::Digest all(core::DigestKind::kSha256);
    std::string after;
    while (true) {
        constexpr int kPage = 1000;
        GYRE_ASSIGN(const auto page, options_.objects->List(uri.bucket, uri.key, after, kPage));
        for (const objects::ObjectInfo& object : page) {
            after = object.key;
            const fs::path name = object.key.substr(uri.key.size());
            if (object.key.ends_with('/')) continue;  // a folder's mark
            if (!IsPlainPath(name)) {
                return core::Fail(Code::kInvalidArgument,
                                  "the key \"" + object.key + "\" is no path below the prefix");
            }
            if (++files > options_.limits.max_files) {
                return core::Fail(Code::kResourceExhausted, "there are too many objects below it");
            }
            GYRE_TRY(options_.files->MakeDirectories((unpacked / name).parent_path()));
            GYRE_ASSIGN(const std::string digest,
                        Download({uri.bucket, object.key}, unpacked / name, budget, cancel));
            all.Update(digest + name.string() + '\n');
        }
        if (page.size() < static_cast<size_t>(kPage)) break;
    }
    if (files == 0) return core::Fail(Code::kNotFound, "there are no objects below it");
    return Keep(unpacked, core::HexEncode(all.Finish()));
}

Result<std::shared_ptr<const ModelStore::Model>> ModelStore::Adopt(const fs::path& local) {
    const fs::path beside = Fresh();
    const Cleaner cleaner(*options_.files, beside);
    fs::path unpacked = beside / "model";
    GYRE_TRY(options_.files->MakeDirectories(unpacked));
    std::error_code failed;
    if (fs::is_directory(local, failed)) {
        GYRE_ASSIGN(const std::string digest, DigestOfFolder(local));
        if (auto held = Reopen(digest.substr(0, kNameLength)); held) return held;
        fs::copy(local, unpacked, fs::copy_options::recursive, failed);
        if (failed) {
            return core::Fail(Code::kInternal, local.string() + ": " + failed.message());
        }
        return Keep(unpacked, digest);
    }
    GYRE_ASSIGN(const std::string digest, DigestOfFile(local));
    if (auto held = Reopen(digest.substr(0, kNameLength)); held) return held;
    GYRE_TRY(core::UnpackArchive(local, unpacked, options_.limits));
    GYRE_ASSIGN(const auto names, options_.files->List(unpacked));
    if (names.size() == 1 && fs::is_directory(unpacked / names[0], failed)) unpacked /= names[0];
    return Keep(unpacked, digest);
}

Result<std::shared_ptr<const ModelStore::Model>> ModelStore::Keep(const fs::path& unpacked,
                                                                  const std::string& digest) {
    const std::string name = digest.substr(0, kNameLength);
    GYRE_TRY(BringToDisk(unpacked));
    auto held = held_.Lock();
    const fs::path directory = options_.directory / name;
    if (!options_.files->Stat(directory)) {
        GYRE_TRY(options_.files->Rename(unpacked, directory));
        GYRE_TRY(options_.files->SyncDirectory(options_.directory));
    }
    auto model = std::make_shared<const Model>(Model{name, directory});
    if (auto other = (*held)[name].lock()) return other;
    (*held)[name] = model;
    return model;
}

Result<std::shared_ptr<const ModelStore::Model>> ModelStore::Reopen(const std::string& name) {
    const fs::path directory = options_.directory / name;
    auto held = held_.Lock();
    if (!IsName(name) || !options_.files->Stat(directory)) {
        return core::Fail(Code::kNotFound, "the model store has no " + name);
    }
    auto& place = (*held)[name];
    if (auto other = place.lock()) return other;
    auto model = std::make_shared<const Model>(Model{name, directory});
    place = model;
    return model;
}

void ModelStore::Sweep(const std::set<std::string>& used) {
    auto held = held_.Lock();
    std::erase_if(*held, [](const auto& entry) { return entry.second.expired(); });
    const auto names = options_.files->List(options_.directory);
    if (!names) return;
    for (const std::string& name : *names) {
        if (!IsName(name) || used.contains(name) || held->contains(name)) continue;
        if (auto removed = options_.files->RemoveAll(options_.directory / name); !removed) {
            core::LogWarning("a model could not be removed",
                             {{"model", name}, {"error", removed.error().ToString()}});
        }
    }
}

}  // namespace gyre::serving
