#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "core/guarded.h"
#include "core/worker_pool.h"
#include "db/database.h"
#include "net/exchange.h"
#include "objects/checksum.h"
#include "objects/detail/blob_files.h"
#include "objects/detail/group_commit.h"
#include "objects/detail/reclaimer.h"

namespace gyre::objects::detail {

/// Up to this size a blob's bytes are kept in its row: it then costs no file and no sync of its
/// own.
constexpr size_t kLargestInRow = size_t{16} << 10;

/// S3's bound on one body.
constexpr uint64_t kLargestBody = uint64_t{5} << 30;

/// A blob as its row says.
struct BlobRow {
    BlobId id = 0;
    uint64_t size = 0;
    std::optional<std::string> data;  ///< absent when it is in a file; checked already
};

class BlobStore;

/// Bytes that were taken in and that no row names yet; gone with this object unless kept. Not
/// thread-safe.
class BlobDraft {
  public:
    ~BlobDraft();
    BlobDraft(const BlobDraft&) = delete;
    BlobDraft& operator=(const BlobDraft&) = delete;

    [[nodiscard]] BlobId Id() const { return id_; }
    [[nodiscard]] uint64_t Size() const { return size_; }
    /// Makes the row, with one reference.
    [[nodiscard]] core::Status Insert(db::Transaction& transaction) const;
    /// What has to be durable before the row is.
    [[nodiscard]] std::optional<std::filesystem::path> Directory() const;

    /// Tells how the commit of the row ended. Where that is not certain the file stays for the
    /// sweep of the next start to judge.
    void Committed(const core::Status& status);

  private:
    friend class BlobStore;
    explicit BlobDraft(BlobStore& store) : store_(store) {}

    BlobStore& store_;
    BlobId id_ = 0;
    uint64_t size_ = 0;
    bool in_file_ = false;
    bool settled_ = false;
    std::string data_;
};

/// Bytes by number: small ones in rows, others in files. Each is written once, never changed, and
/// counted by how many objects and parts name it. Thread-safe.
class BlobStore {
  public:
    /// Removes what a crash left behind. The tables are there already.
    [[nodiscard]] static core::Result<std::unique_ptr<BlobStore>> Open(
        db::Database& database, core::FileSystem& files, const std::filesystem::path& folder);

    /// A number that was never used before; for uploads too.
    [[nodiscard]] core::Result<int64_t> NewId();
    /// Takes a whole body in, telling `sums` of every byte.
    [[nodiscard]] core::Result<std::unique_ptr<BlobDraft>> Write(net::BodyReader& body,
                                                                 Checksummer& sums,
                                                                 uint64_t most_bytes);
    /// Takes in the file at `path`, which `file` has written elsewhere and ends here.
    [[nodiscard]] core::Result<std::unique_ptr<BlobDraft>> Adopt(const std::filesystem::path& path,
                                                                 BlobFileWriter& file);
    [[nodiscard]] BlobFiles& Files() { return files_; }
    /// Opens the file of a blob that has one.
    [[nodiscard]] core::Result<std::unique_ptr<BlobFileReader>> OpenFile(const BlobRow& blob);
    [[nodiscard]] Reclaimer& Reclaim() { return reclaimer_; }

    /// Within a transaction. A row that is not there is damage: only named blobs are asked for.
    [[nodiscard]] static core::Result<BlobRow> Find(db::Transaction& transaction, BlobId blob);
    [[nodiscard]] static core::Status AddReference(db::Transaction& transaction, BlobId blob);
    /// Adds the blob to `discarded`, which is for Reclaimer::Discard after the commit, when this
    /// was its last reference and it has a file.
    [[nodiscard]] static core::Status RemoveReference(db::Transaction& transaction, BlobId blob,
                                                      std::vector<BlobId>& discarded);
    /// Work to do in some later transaction: forgets garbage whose files are gone and moves the
    /// mark from which the next start sweeps.
    [[nodiscard]] core::Status TidyUp(db::Transaction& transaction);

  private:
    friend class BlobDraft;
    struct Ids {
        int64_t next = 0;
        int64_t reserved = 0;        // exclusive
        std::set<BlobId> in_flight;  // drafts with a file
    };

    BlobStore(db::Database& database, core::FileSystem& files, const std::filesystem::path& folder);
    [[nodiscard]] core::Result<BlobId> NewIdInFlight();
    void Land(BlobId draft);
    /// While `reserving_` is held.
    [[nodiscard]] core::Status Reserve();
    [[nodiscard]] core::Status ReserveIfNeeded();
    [[nodiscard]] core::Status Sweep();
    [[nodiscard]] core::Status StreamToFile(net::BodyReader& body, Checksummer& sums,
                                            uint64_t most_bytes, std::string& buffer,
                                            BlobDraft& draft);

    db::Database& database_;
    BlobFiles files_;
    Reclaimer reclaimer_;
    // Transactions lock the ids, so they are not locked while a transaction is waited for.
    std::mutex reserving_;  // before the database's writer, which is before ids_
    core::Guarded<Ids> ids_;
    std::atomic<int64_t> settled_ = 0;  // as the row says
    core::WorkerPool hashers_;
};

}  // namespace gyre::objects::detail
