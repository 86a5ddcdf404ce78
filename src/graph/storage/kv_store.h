#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/result.h"

namespace rocksdb {
class Env;
}

namespace gyre::graph {

/// The first key behind all that begin with the prefix.
[[nodiscard]] std::string BehindPrefix(std::string_view prefix);

/// Some keys that follow each other, in byte order. Stands before the first until Next.
class KvCursor {
  public:
    virtual ~KvCursor() = default;
    /// False at the end, or when a read failed (KvTransaction::Health tells).
    [[nodiscard]] virtual bool Next() = 0;
    /// Valid until the next Next.
    [[nodiscard]] virtual std::string_view Key() const = 0;
    [[nodiscard]] virtual std::string_view Value() const = 0;
};

/// One consistent view of the store, and in a writing one its own changes. For one thread. Dropped
/// uncommitted, it has changed nothing.
class KvTransaction {
  public:
    virtual ~KvTransaction() = default;
    [[nodiscard]] virtual bool Get(std::string_view key, std::string& value) = 0;
    [[nodiscard]] std::unique_ptr<KvCursor> Scan(std::string_view prefix) {
        return ScanRange(prefix, BehindPrefix(prefix));
    }
    /// The keys from `from` on that are before `below`.
    [[nodiscard]] virtual std::unique_ptr<KvCursor> ScanRange(std::string_view from,
                                                              std::string_view below) = 0;
    /// About how many bytes those and their values take where they lie, of what is committed.
    [[nodiscard]] virtual uint64_t SizeOfRange(std::string_view from,
                                               std::string_view below) const = 0;
    virtual void Put(std::string_view key, std::string_view value) = 0;
    virtual void Delete(std::string_view key) = 0;
    /// All keys that begin with this byte and were there before the transaction; its own reads see
    /// them still.
    virtual void DeleteTable(char first) = 0;
    /// Returns when the changes are on the disk, together with those of others that commit at the
    /// time. Once, and the transaction is over. Errors: kResourceExhausted (disk full), kInternal.
    [[nodiscard]] virtual core::Status Commit() = 0;
    /// Takes one entry; keys ascend, each once.
    using PutSorted = std::function<core::Status(std::string_view key, std::string_view value)>;
    /// In place of Commit, of a transaction that has written nothing: what `fill` puts is written
    /// as whole tables beside the log, which count together or not at all. Errors: as Commit, and
    /// what `fill` fails with.
    [[nodiscard]] virtual core::Status CommitTables(
        const std::function<core::Status(const PutSorted& put)>& fill) = 0;
    /// The first read that failed.
    [[nodiscard]] virtual core::Status Health() const = 0;
};

struct KvOptions {
    uint64_t cache_bytes = uint64_t{256} << 20;  ///< unpacked blocks kept in memory
    uint64_t buffer_bytes = uint64_t{64} << 20;  ///< of changes, before they are sorted away
    rocksdb::Env* env = nullptr;  ///< whose files; null: the machine's. Outlives the store
};

/// Ordered keys and values on the disk. Readers see a snapshot and wait for nobody; writers take
/// turns, so their transactions are serial. Thread-safe.
class KvStore {
  public:
    /// Makes the folder when it is absent. Errors: kDataLoss, kUnavailable (open elsewhere).
    [[nodiscard]] static core::Result<std::unique_ptr<KvStore>> Open(
        const std::filesystem::path& folder, const KvOptions& options);
    virtual ~KvStore() = default;
    [[nodiscard]] virtual std::unique_ptr<KvTransaction> Read() = 0;
    /// Waits for its turn to write; null when it has not come by `deadline`. The transaction may be
    /// used and ended by other threads than the one that began it.
    [[nodiscard]] virtual std::unique_ptr<KvTransaction> Write(core::SteadyTime deadline) = 0;
    [[nodiscard]] std::unique_ptr<KvTransaction> Write() { return Write(core::SteadyTime::max()); }
    /// Gives back the room of what was deleted.
    [[nodiscard]] virtual core::Status Compact() = 0;
    /// All that is committed, as a store of its own in a new folder on the same disk. Files that
    /// do not change are shared; commits go on meanwhile.
    [[nodiscard]] virtual core::Status Checkpoint(const std::filesystem::path& folder) = 0;
    /// Bytes on the disk.
    [[nodiscard]] virtual uint64_t Size() const = 0;
};

}  // namespace gyre::graph
