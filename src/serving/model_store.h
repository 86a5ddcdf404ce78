#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "core/archive.h"
#include "core/cancel.h"
#include "core/file_system.h"
#include "core/guarded.h"
#include "core/result.h"
#include "objects/object_store.h"

namespace gyre::serving {

struct ModelStoreOptions {
    std::filesystem::path directory;  ///< made when absent
    objects::ObjectStore* objects = nullptr;
    core::FileSystem* files = nullptr;
    core::ArchiveLimits limits;
};

/// Models fetched from S3 and unpacked, each once, in a folder named by the digest of its bytes
/// (docs/formats/model_store.md). A folder that is there is whole. Thread-safe.
class ModelStore {
  public:
    /// A model on this machine. It is not swept while one of these lives.
    struct Model {
        std::string name;  ///< of its folder, for Reopen
        std::filesystem::path directory;
    };

    /// Clears away what was half done.
    [[nodiscard]] static core::Result<std::unique_ptr<ModelStore>> Open(ModelStoreOptions options);

    /// The model.tar.gz (or zip), or bare .onnx, .pt or .pth file at "s3://bucket/key"; with
    /// `prefix`, all objects below. Blocks while it downloads and unpacks. Errors are for the user
    /// and name the object.
    [[nodiscard]] core::Result<std::shared_ptr<const Model>> Fetch(const std::string& uri,
                                                                   bool prefix,
                                                                   const core::CancelToken& cancel);
    /// A file or folder of this machine, as Fetch takes them from S3; an archive may hold all of it
    /// in one folder. Blocks while it unpacks or copies. Errors are for the user.
    [[nodiscard]] core::Result<std::shared_ptr<const Model>> Adopt(
        const std::filesystem::path& local);
    /// One that an earlier Fetch named, without asking S3. Errors: kNotFound.
    [[nodiscard]] core::Result<std::shared_ptr<const Model>> Reopen(const std::string& name);
    /// Removes the models that are neither among `used` nor held.
    void Sweep(const std::set<std::string>& used);

  private:
    explicit ModelStore(ModelStoreOptions options) : options_(std::move(options)) {}

    [[nodiscard]] core::Result<std::shared_ptr<const Model>> FetchObject(
        const objects::S3Uri& uri, const core::CancelToken& cancel);
    [[nodiscard]] core::Result<std::shared_ptr<const Model>> FetchPrefix(
        const objects::S3Uri& uri, const core::CancelToken& cancel);
    /// Copies the object into `file`; its SHA-256 in hex.
    [[nodiscard]] core::Result<std::string> Download(const objects::S3Uri& uri,
                                                     const std::filesystem::path& file,
                                                     uint64_t& budget,
                                                     const core::CancelToken& cancel);
    /// Makes the folder of that digest out of the folder at `unpacked`.
    [[nodiscard]] core::Result<std::shared_ptr<const Model>> Keep(
        const std::filesystem::path& unpacked, const std::string& digest);
    [[nodiscard]] std::filesystem::path Fresh() const;

    const ModelStoreOptions options_;
    core::Guarded<std::map<std::string, std::weak_ptr<const Model>>> held_;
};

}  // namespace gyre::serving
