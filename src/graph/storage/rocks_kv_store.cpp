#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/perf_level.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/utilities/write_batch_with_index.h>

#include <functional>
#include <utility>
#include <vector>

#include "graph/storage/group_sync.h"
#include "graph/storage/kv_store.h"
#include "graph/storage/turns.h"

namespace gyre::graph {
namespace {

using core::Code;

/// Of a writing transaction's scan: its own changes must not happen under an iterator's feet, so it
/// reads ahead by so many entries and then seeks anew.
constexpr size_t kReadAhead = 512;
/// Of a table that is written whole. Small enough for a few merges at a time.
constexpr uint64_t kTableBytes = uint64_t{64} << 20;
/// Where tables are written before they count, in the store's folder.
constexpr const char* kIncoming = "incoming";

core::Error ToError(const rocksdb::Status& status) {
    const std::string text = "the graph's store: " + status.ToString();
    if (status.IsCorruption()) return {Code::kDataLoss, text};
    if (status.IsNoSpace()) return {Code::kResourceExhausted, text};
    if (status.IsIOError() && text.find("lock") != std::string::npos) {
        return {Code::kUnavailable, text};
    }
    return {Code::kInternal, text};
}

rocksdb::Slice Slice(std::string_view text) {
    return {text.data(), text.size()};
}
std::string_view View(const rocksdb::Slice& slice) {
    return {slice.data(), slice.size()};
}

/// An iterator that looks no further than to a bound: beyond it may lie any number of deleted keys,
/// which it would go through one by one.
class BoundedIterator {
  public:
    using Make = std::function<rocksdb::Iterator*(const rocksdb::ReadOptions&)>;
    BoundedIterator(rocksdb::ReadOptions options, const Make& make) : options_(options) {
        options_.iterate_upper_bound = &bound_;
        iterator_.reset(make(options_));
    }
    BoundedIterator(const BoundedIterator&) = delete;
    BoundedIterator& operator=(const BoundedIterator&) = delete;
    /// The first key from there on; the bound is looked at in each seek.
    void Seek(std::string_view from, std::string_view below) {
        end_.assign(below);
        bound_ = end_;
        iterator_->Seek(Slice(from));
    }
    /// Whether it stands at a key before the bound. Those of a writer's own changes do not look at
    /// it themselves.
    [[nodiscard]] bool Valid() const {
        return iterator_->Valid() && iterator_->key().compare(bound_) < 0;
    }
    rocksdb::Iterator* operator->() { return iterator_.get(); }

  private:
    std::string end_;
    rocksdb::Slice bound_;
    rocksdb::ReadOptions options_;
    std::unique_ptr<rocksdb::Iterator> iterator_;
};
using IteratorPtr = std::unique_ptr<BoundedIterator>;

/// Iterators of one snapshot that are not in use: to make one costs more than a short scan.
using IdleIterators = std::vector<IteratorPtr>;
constexpr size_t kMaxIdle = 8;

class Cursor final : public KvCursor {
  public:
    Cursor(IteratorPtr iterator, std::string_view from, std::string_view below,
           rocksdb::Status& health, IdleIterators& idle)
        : iterator_(std::move(iterator)),
          from_(from),
          below_(below),
          health_(health),
          idle_(idle) {}
    ~Cursor() override {
        if (idle_.size() < kMaxIdle) idle_.push_back(std::move(iterator_));
    }

    bool Next() override {
        if (started_) {
            (*iterator_)->Next();
        } else {
            started_ = true;
            iterator_->Seek(from_, below_);
        }
        if (iterator_->Valid()) return true;
        if (health_.ok()) health_ = (*iterator_)->status();
        return false;
    }
    std::string_view Key() const override { return View((*iterator_)->key()); }
    std::string_view Value() const override { return View((*iterator_)->value()); }

  private:
    IteratorPtr iterator_;
    const std::string from_, below_;
    rocksdb::Status& health_;
    IdleIterators& idle_;
    bool started_ = false;
};

/// See kReadAhead.
class AheadCursor final : public KvCursor {
  public:
    using Open = std::function<IteratorPtr()>;
    AheadCursor(Open open, std::string_view from, std::string_view below, rocksdb::Status& health)
        : open_(std::move(open)), from_(from), below_(below), health_(health) {}

    bool Next() override {
        if (++at_ < ahead_.size()) return true;
        if (ended_) return false;
        const std::string after = ahead_.empty() ? std::string() : ahead_.back().first;
        const bool first = ahead_.empty();
        ahead_.clear();
        at_ = 0;
        const auto opened = open_();
        opened->Seek(first ? from_ : after, below_);
        rocksdb::Iterator* const iterator = opened->operator->();
        if (!first && iterator->Valid() && View(iterator->key()) == after) iterator->Next();
        for (; opened->Valid(); iterator->Next()) {
            ahead_.emplace_back(iterator->key().ToString(), iterator->value().ToString());
            if (ahead_.size() == kReadAhead) return true;
        }
        if (health_.ok()) health_ = iterator->status();
        ended_ = true;
        return !ahead_.empty();
    }
    std::string_view Key() const override { return ahead_[at_].first; }
    std::string_view Value() const override { return ahead_[at_].second; }

  private:
    const Open open_;
    const std::string from_, below_;
    rocksdb::Status& health_;
    std::vector<std::pair<std::string, std::string>> ahead_;
    size_t at_ = 0;
    bool ended_ = false;
};

struct Shared {
    std::filesystem::path incoming;  ///< a folder of tables that do not count yet
    std::unique_ptr<rocksdb::DB> db;
    std::unique_ptr<GroupSync> sync;
    Turns writers;
};

uint64_t SizeOf(rocksdb::DB& db, std::string_view from, std::string_view below) {
    if (from >= below) return 0;
    const rocksdb::Range range(Slice(from), Slice(below));
    rocksdb::SizeApproximationOptions options;
    options.include_memtables = true;
    uint64_t bytes = 0;
    const auto status =
        db.GetApproximateSizes(options, db.DefaultColumnFamily(), &range, 1, &bytes);
    return status.ok() ? bytes : 0;
}

/// Has the turn to write, until it is given on or goes.
class Turn {
  public:
    explicit Turn(Turns& taken) : taken_(&taken) {}
    ~Turn() { GiveOn(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    void GiveOn() {
        if (taken_ != nullptr) std::exchange(taken_, nullptr)->GiveOn();
    }

  private:
    Turns* taken_;
};

/// Tables that are written one after the other, and then count together.
class TableWriter {
  public:
    explicit TableWriter(Shared& shared) : shared_(shared) {}
    ~TableWriter() {
        writer_.reset();
        std::error_code ignored;
        for (const std::string& file : files_) std::filesystem::remove(file, ignored);
    }
    TableWriter(const TableWriter&) = delete;
    TableWriter& operator=(const TableWriter&) = delete;

    core::Status Put(std::string_view key, std::string_view value) {
        if (!writer_) {
            files_.push_back(
                (shared_.incoming / (std::to_string(files_.size()) + ".sst")).string());
            writer_ = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(),
                                                               shared_.db->GetOptions());
            GYRE_TRY(Checked(writer_->Open(files_.back())));
        }
        GYRE_TRY(Checked(writer_->Put(Slice(key), Slice(value))));
        if (writer_->FileSize() < kTableBytes) return {};
        return FinishTable();
    }
    core::Status Count() {
        if (writer_) GYRE_TRY(FinishTable());
        if (files_.empty()) return {};
        rocksdb::IngestExternalFileOptions options;
        options.move_files = true;
        options.failed_move_fall_back_to_copy = true;
        return Checked(shared_.db->IngestExternalFile(files_, options));
    }

  private:
    static core::Status Checked(const rocksdb::Status& status) {
        if (status.ok()) return {};
        return core::Fail(ToError(status));
    }
    core::Status FinishTable() {
        const rocksdb::Status status = writer_->Finish();  // which syncs the file
        writer_.reset();
        return Checked(status);
    }

    Shared& shared_;
    std::vector<std::string> files_;
    std::unique_ptr<rocksdb::SstFileWriter> writer_;
};

class ReadTransaction final : public KvTransaction {
  public:
    explicit ReadTransaction(Shared& shared) : db_(*shared.db), snapshot_(db_.GetSnapshot()) {
        options_.snapshot = snapshot_;
    }
    ~ReadTransaction() override {
        idle_.clear();
        db_.ReleaseSnapshot(snapshot_);
    }

    bool Get(std::string_view key, std::string& value) override {
        const rocksdb::Status status = db_.Get(options_, Slice(key), &value);
        if (!status.ok() && !status.IsNotFound() && health_.ok()) health_ = status;
        return status.ok();
    }
    std::unique_ptr<KvCursor> ScanRange(std::string_view from, std::string_view below) override {
        IteratorPtr iterator;
        if (idle_.empty()) {
            iterator = std::make_unique<BoundedIterator>(
                options_,
                [this](const rocksdb::ReadOptions& options) { return db_.NewIterator(options); });
        } else {
            iterator = std::move(idle_.back());
            idle_.pop_back();
        }
        return std::make_unique<Cursor>(std::move(iterator), from, below, health_, idle_);
    }
    uint64_t SizeOfRange(std::string_view from, std::string_view below) const override {
        return SizeOf(db_, from, below);
    }
    void Put(std::string_view, std::string_view) override { ReadOnly(); }
    void Delete(std::string_view) override { ReadOnly(); }
    void DeleteTable(char) override { ReadOnly(); }
    core::Status Commit() override { return Health(); }
    core::Status CommitTables(const std::function<core::Status(const PutSorted&)>&) override {
        ReadOnly();
        return Health();
    }
    core::Status Health() const override {
        if (health_.ok()) return {};
        return core::Fail(ToError(health_));
    }

  private:
    void ReadOnly() {
        health_ = rocksdb::Status::NotSupported("a reading transaction does not write");
    }

    rocksdb::DB& db_;
    const rocksdb::Snapshot* snapshot_;
    rocksdb::ReadOptions options_;
    rocksdb::Status health_;
    IdleIterators idle_;
};

class WriteTransaction final : public KvTransaction {
  public:
    /// The turn is had already.
    explicit WriteTransaction(Shared& shared)
        : shared_(shared), turn_(shared.writers), batch_(rocksdb::BytewiseComparator(), 0, true) {
        rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);  // nobody asks for its counts
    }

    bool Get(std::string_view key, std::string& value) override {
        const rocksdb::Status status =
            batch_.GetFromBatchAndDB(shared_.db.get(), {}, Slice(key), &value);
        if (!status.ok() && !status.IsNotFound() && health_.ok()) health_ = status;
        return status.ok();
    }
    std::unique_ptr<KvCursor> ScanRange(std::string_view from, std::string_view below) override {
        return std::make_unique<AheadCursor>(
            [this] {
                return std::make_unique<BoundedIterator>(
                    rocksdb::ReadOptions(), [this](const rocksdb::ReadOptions& options) {
                        return batch_.NewIteratorWithBase(shared_.db->DefaultColumnFamily(),
                                                          shared_.db->NewIterator(options),
                                                          &options);
                    });
            },
            from, below, health_);
    }
    uint64_t SizeOfRange(std::string_view from, std::string_view below) const override {
        return SizeOf(*shared_.db, from, below);
    }
    void Put(std::string_view key, std::string_view value) override {
        Note(batch_.Put(Slice(key), Slice(value)));
    }
    void Delete(std::string_view key) override { Note(batch_.Delete(Slice(key))); }
    void DeleteTable(char first) override {
        const std::string begin(1, first), end(1, static_cast<char>(first + 1));
        Note(batch_.GetWriteBatch()->DeleteRange(begin, end));
    }
    core::Status Commit() override {
        GYRE_TRY(Health());
        if (batch_.GetWriteBatch()->Count() == 0) {
            turn_.GiveOn();
            return {};
        }
        const rocksdb::Status status = shared_.db->Write({}, batch_.GetWriteBatch());
        const uint64_t ticket = status.ok() ? shared_.sync->Ticket() : 0;
        turn_.GiveOn();  // the next writer works while the disk does
        if (!status.ok()) return core::Fail(ToError(status));
        return shared_.sync->Await(ticket);
    }
    core::Status CommitTables(const std::function<core::Status(const PutSorted&)>& fill) override {
        GYRE_TRY(Health());
        TableWriter tables(shared_);
        GYRE_TRY(fill(
            [&](std::string_view key, std::string_view value) { return tables.Put(key, value); }));
        const auto counted = tables.Count();
        turn_.GiveOn();
        return counted;
    }
    core::Status Health() const override {
        if (health_.ok()) return {};
        return core::Fail(ToError(health_));
    }

  private:
    void Note(const rocksdb::Status& status) {
        if (!status.ok() && health_.ok()) health_ = status;
    }

    Shared& shared_;
    Turn turn_;
    rocksdb::WriteBatchWithIndex batch_;
    rocksdb::Status health_;
};

class RocksKvStore final : public KvStore {
  public:
    RocksKvStore(std::unique_ptr<rocksdb::DB> db, std::filesystem::path incoming) {
        shared_.incoming = std::move(incoming);
        shared_.sync = std::make_unique<GroupSync>([log = db.get()]() -> core::Status {
            const rocksdb::Status status = log->FlushWAL(true);
            if (!status.ok()) return core::Fail(ToError(status));
            return {};
        });
        shared_.db = std::move(db);
    }
    ~RocksKvStore() override { shared_.db->Close(); }

    std::unique_ptr<KvTransaction> Read() override {
        return std::make_unique<ReadTransaction>(shared_);
    }
    std::unique_ptr<KvTransaction> Write(core::SteadyTime deadline) override {
        if (!shared_.writers.Take(deadline)) return nullptr;
        return std::make_unique<WriteTransaction>(shared_);
    }
    core::Status Compact() override {
        const auto status = shared_.db->CompactRange({}, nullptr, nullptr);
        if (!status.ok()) return core::Fail(ToError(status));
        return {};
    }
    core::Status Checkpoint(const std::filesystem::path& folder) override {
        rocksdb::Checkpoint* made = nullptr;
        rocksdb::Status status = rocksdb::Checkpoint::Create(shared_.db.get(), &made);
        const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
        if (status.ok()) status = checkpoint->CreateCheckpoint(folder.string());
        if (!status.ok()) return core::Fail(ToError(status));
        return {};
    }
    uint64_t Size() const override {
        uint64_t tables = 0;
        shared_.db->GetIntProperty("rocksdb.total-sst-files-size", &tables);
        return tables;
    }

  private:
    Shared shared_;
};

}  // namespace

std::string BehindPrefix(std::string_view prefix) {
    std::string behind(prefix);
    while (!behind.empty() && behind.back() == '\xFF') behind.pop_back();
    if (behind.empty()) return std::string(64, '\xFF');  // behind every key
    ++behind.back();
    return behind;
}

core::Result<std::unique_ptr<KvStore>> KvStore::Open(const std::filesystem::path& folder,
                                                     const KvOptions& options) {
    rocksdb::Options rocks;
    rocks.create_if_missing = true;
    if (options.env != nullptr) rocks.env = options.env;
    rocks.compression = rocksdb::kLZ4Compression;
    rocks.write_buffer_size = options.buffer_bytes / 2;
    rocks.max_write_buffer_number = 2;
    rocks.keep_log_file_num = 3;
    rocks.max_open_files = 512;
    rocks.allow_concurrent_memtable_write = false;  // writers take turns
    rocks.manual_wal_flush = true;                  // by whoever syncs it, for many commits at once
    rocks.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(options.cache_bytes);
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    rocks.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    std::error_code error;
    const std::filesystem::path incoming = folder / kIncoming;
    std::filesystem::remove_all(incoming, error);  // what a crash has left
    std::filesystem::create_directories(incoming, error);
    rocksdb::DB* db = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(rocks, folder.string(), &db);
    if (!status.ok()) return core::Fail(ToError(status));
    return std::make_unique<RocksKvStore>(std::unique_ptr<rocksdb::DB>(db), incoming);
}

}  // namespace gyre::graph
