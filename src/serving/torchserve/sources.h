#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/cancel.h"
#include "core/result.h"
#include "serving/model_store.h"

namespace gyre::serving::torchserve {

/// Whether a URL (a text with "://") may be fetched: it matches one of the regular expressions as a
/// whole, whatever its case; where there are none, it is of s3://.
[[nodiscard]] bool MayFetch(const std::string& url, const std::vector<std::string>& allowed);

/// The last part of a URL's path: "https://h/a/b.mar?x" → "b.mar"; "" where it has none.
[[nodiscard]] std::string FileNameOf(const std::string& url);

struct SourcesOptions {
    std::filesystem::path folder;           ///< the model store; "" where there is none
    std::vector<std::string> allowed_urls;  ///< of MayFetch
    bool s3 = false;                        ///< `store` has an S3 to ask
    ModelStore* store = nullptr;            ///< unpacks; outlives this
    core::CancelToken cancel;
};

/// Where archives come from: the folder of the model store, and S3; other URLs where the user
/// allowed them, for whoever may register a model could else have this machine fetch and run
/// anything (CVE-2023-43654). Thread-safe; blocks. Errors are those of answers.h.
class Sources {
  public:
    explicit Sources(SourcesOptions options) : options_(std::move(options)) {}

    struct Source {
        std::shared_ptr<const ModelStore::Model> model;  ///< unpacked
        std::string file;                                ///< the archive's name
        bool copied = false;  ///< into the folder, where Forget takes it away again
    };
    /// An archive from http(s):// or file:// is copied into the folder, as TorchServe does it, so
    /// that a snapshot's restart finds it there. Errors: 404 for one that is not there or not
    /// allowed, 400 for one that cannot be fetched or unpacked, 500 where the folder has that name.
    /// `operators`: whoever started the server names it, who may take a path outside the folder.
    [[nodiscard]] core::Result<Source> Get(const std::string& url, bool operators = false) const;
    /// The URL by which a restart finds what an earlier Get fetched: the copy's name.
    [[nodiscard]] static std::string AtRestart(const std::string& url);
    /// Removes the copy that Get made of it, if it made one.
    void Forget(const std::string& url) const;

  private:
    [[nodiscard]] core::Result<std::filesystem::path> InFolder(const std::string& url,
                                                               bool operators) const;
    [[nodiscard]] core::Result<std::filesystem::path> Copy(const std::string& url) const;
    [[nodiscard]] core::Result<std::string> Download(std::string url) const;

    const SourcesOptions options_;
};

}  // namespace gyre::serving::torchserve
