#include "objects/detail/blob_store.h"

#include "core/digest.h"
#include "core/log.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/side_hash.h"

namespace gyre::objects::detail {
namespace {

using core::Code;
using core::Status;

constexpr int64_t kIdsAtOnce = 1 << 16;
constexpr size_t kPiece = size_t{256} << 10;
constexpr size_t kHashers = 4;  // bodies that are hashed on two threads at a time

core::Error TooLarge(uint64_t most_bytes) {
    return S3Error(Code::kInvalidArgument, 400, "EntityTooLarge",
                   "Your proposed upload exceeds the maximum allowed size")
        .With("MaxSizeAllowed", std::to_string(most_bytes));
}

}  // namespace

BlobDraft::~BlobDraft() {
    if (in_file_ && !settled_) {
        // Not there any more, or left for the sweep of the next start: either way nothing names it.
        if (store_.files_.Remove(id_)) store_.Land(id_);
    }
}

Status BlobDraft::Insert(db::Transaction& transaction) const {
    const auto inserted = transaction.Execute(
        "INSERT INTO object_blobs (id, size, refs, sum, data) VALUES (?, ?, 1, ?, ?)",
        {id_, size_, in_file_ ? 0 : BlockSum(id_, 0, data_),
         in_file_ ? db::Value() : db::Value(core::Base64Encode(data_))});
    GYRE_TRY(inserted);
    return {};
}

std::optional<std::filesystem::path> BlobDraft::Directory() const {
    if (!in_file_) return std::nullopt;
    return store_.files_.DirectoryOf(id_);
}

void BlobDraft::Committed(const Status& status) {
    // A refusal of our own has a name, and was rolled back. What the database or disk failed at may
    // yet turn out to be on the disk: a commit's sync can fail after its bytes were written.
    const bool refused = !status && !status.error().wire_name.empty();
    if (refused) return;
    settled_ = true;
    if (status) store_.Land(id_);
}

BlobStore::BlobStore(db::Database& database, core::FileSystem& files,
                     const std::filesystem::path& folder)
    : database_(database),
      files_(files, folder),
      reclaimer_(files_),
      hashers_("hashing", kHashers, kHashers) {
}

core::Result<std::unique_ptr<BlobStore>> BlobStore::Open(db::Database& database,
                                                         core::FileSystem& files,
                                                         const std::filesystem::path& folder) {
    GYRE_TRY(files.MakeDirectories(folder));
    GYRE_TRY(files.SyncDirectory(folder.parent_path()));
    std::unique_ptr<BlobStore> store(new BlobStore(database, files, folder));
    GYRE_TRY(store->Sweep());
    return store;
}

Status BlobStore::Sweep() {
    std::vector<BlobId> garbage;
    const Status done = database_.Read([&](db::Transaction& transaction) -> Status {
        GYRE_ASSIGN(const auto row, transaction.QueryOne("SELECT settled FROM object_store"));
        settled_ = row ? row->Int(0) : 0;
        GYRE_ASSIGN(const auto rows, transaction.Query("SELECT blob FROM object_garbage"));
        for (const db::Row& one : rows) garbage.push_back(one.Int(0));
        GYRE_ASSIGN(const auto present, files_.ListFrom(settled_));
        for (const BlobId blob : present) {
            GYRE_ASSIGN(const auto named,
                        transaction.QueryOne("SELECT 1 FROM object_blobs WHERE id = ?", {blob}));
            if (!named) garbage.push_back(blob);
        }
        return {};
    });
    GYRE_TRY(done);
    for (const BlobId blob : garbage) GYRE_TRY(files_.Remove(blob));
    // All of them are forgotten below, so a power cut must not bring one back.
    GYRE_TRY(files_.SyncRemoved(garbage));
    {
        const std::lock_guard reserving(reserving_);
        GYRE_TRY(Reserve());
    }
    settled_ = BlobFiles::FirstOfDirectory(ids_.Lock()->next);
    return database_.Write([&](db::Transaction& transaction) -> Status {
        GYRE_TRY(transaction.Execute("DELETE FROM object_garbage"));
        GYRE_TRY(transaction.Execute("UPDATE object_store SET settled = ?", {settled_.load()}));
        return {};
    });
}

Status BlobStore::Reserve() {
    int64_t first = 0;
    const Status done = database_.Write([&](db::Transaction& transaction) -> Status {
        GYRE_ASSIGN(const auto row, transaction.QueryOne("SELECT next_id FROM object_store"));
        if (!row) return core::Fail(Code::kDataLoss, "the object store's own row is gone");
        first = row->Int(0);
        GYRE_TRY(transaction.Execute("UPDATE object_store SET next_id = ?", {first + kIdsAtOnce}));
        return {};
    });
    GYRE_TRY(done);
    auto ids = ids_.Lock();
    ids->next = first;
    ids->reserved = first + kIdsAtOnce;
    return {};
}

Status BlobStore::ReserveIfNeeded() {
    {
        auto ids = ids_.Lock();
        if (ids->next != ids->reserved) return {};
    }
    return Reserve();
}

core::Result<int64_t> BlobStore::NewId() {
    const std::lock_guard reserving(reserving_);
    GYRE_TRY(ReserveIfNeeded());
    return ids_.Lock()->next++;
}

// Among those in flight before another number is given: TidyUp looks at both.
core::Result<BlobId> BlobStore::NewIdInFlight() {
    const std::lock_guard reserving(reserving_);
    GYRE_TRY(ReserveIfNeeded());
    auto ids = ids_.Lock();
    ids->in_flight.insert(ids->next);
    return ids->next++;
}

void BlobStore::Land(BlobId draft) {
    ids_.Lock()->in_flight.erase(draft);
}

core::Result<std::unique_ptr<BlobDraft>> BlobStore::Write(net::BodyReader& body, Checksummer& sums,
                                                          uint64_t most_bytes) {
    const uint64_t announced = body.Length().value_or(0);
    if (announced > most_bytes) return core::Fail(TooLarge(most_bytes));
    std::unique_ptr<BlobDraft> draft(new BlobDraft(*this));
    std::string buffer(std::min<uint64_t>(kPiece, std::max(announced, kLargestInRow) + 1), '\0');
    size_t size = 0;
    while (size <= kLargestInRow) {
        GYRE_ASSIGN(const size_t got, body.Read({buffer.data() + size, buffer.size() - size}));
        if (got == 0) break;
        size += got;
    }
    if (size > most_bytes) return core::Fail(TooLarge(most_bytes));
    draft->size_ = size;
    if (size <= kLargestInRow) {
        sums.Update({buffer.data(), size});
        GYRE_ASSIGN(draft->id_, NewId());
        buffer.resize(size);
        draft->data_ = std::move(buffer);
        return draft;
    }
    GYRE_TRY(StreamToFile(body, sums, most_bytes, buffer, *draft));
    return draft;
}

// `buffer` holds the draft's first bytes already.
Status BlobStore::StreamToFile(net::BodyReader& body, Checksummer& sums, uint64_t most_bytes,
                               std::string& buffer, BlobDraft& draft) {
    GYRE_ASSIGN(draft.id_, NewIdInFlight());
    draft.in_file_ = true;
    GYRE_ASSIGN(const auto file, files_.Create(draft.id_));
    // Two buffers: one is hashed while the other is filled. Declared before the hash, which may
    // still read them when an error ends this.
    std::string next(std::min<uint64_t>(kPiece, std::max<uint64_t>(body.Length().value_or(kPiece),
                                                                   draft.size_ + 1) -
                                                    draft.size_),
                     '\0');
    SideHash hash(hashers_, sums);
    std::string_view piece(buffer.data(), draft.size_);
    while (true) {
        hash.Begin(piece);
        GYRE_TRY(file->Append(piece));
        size_t filled = 0;
        while (filled < next.size()) {
            GYRE_ASSIGN(const size_t got, body.Read({next.data() + filled, next.size() - filled}));
            if (got == 0) break;
            filled += got;
        }
        if (filled == 0)
            return file->Finish(draft.id_);  // the last piece is hashed while the disk works
        hash.Wait();
        draft.size_ += filled;
        if (draft.size_ > most_bytes) return core::Fail(TooLarge(most_bytes));
        buffer.resize(next.size());
        buffer.swap(next);
        piece = {buffer.data(), filled};
    }
}

core::Result<std::unique_ptr<BlobDraft>> BlobStore::Adopt(const std::filesystem::path& path,
                                                          BlobFileWriter& file) {
    std::unique_ptr<BlobDraft> draft(new BlobDraft(*this));
    GYRE_ASSIGN(draft->id_, NewIdInFlight());
    draft->in_file_ = true;
    draft->size_ = file.Sums().Size();
    GYRE_TRY(file.Finish(draft->id_));
    GYRE_TRY(files_.MoveIn(path, draft->id_));
    return draft;
}

core::Result<std::unique_ptr<BlobFileReader>> BlobStore::OpenFile(const BlobRow& blob) {
    auto opened = files_.Open(blob.id, blob.size);
    if (!opened && opened.error().code == Code::kNotFound) {
        return core::Fail(Damaged("blob " + std::to_string(blob.id) + ": its file is gone"));
    }
    return opened;
}

core::Result<BlobRow> BlobStore::Find(db::Transaction& transaction, BlobId blob) {
    GYRE_ASSIGN(auto row, transaction.QueryOne(
                              "SELECT size, sum, data FROM object_blobs WHERE id = ?", {blob}));
    if (!row) return core::Fail(Damaged("blob " + std::to_string(blob) + ": its row is gone"));
    BlobRow found{blob, static_cast<uint64_t>(row->Int(0)), std::nullopt};
    if (row->IsNull(2)) return found;
    found.data = core::Base64Decode(row->Text(2));
    if (!found.data || found.data->size() != found.size ||
        BlockSum(blob, 0, *found.data) != static_cast<uint32_t>(row->Int(1))) {
        return core::Fail(Damaged("blob " + std::to_string(blob) + ": its row"));
    }
    return found;
}

Status BlobStore::AddReference(db::Transaction& transaction, BlobId blob) {
    GYRE_ASSIGN(
        const int64_t changed,
        transaction.Execute("UPDATE object_blobs SET refs = refs + 1 WHERE id = ?", {blob}));
    if (changed == 1) return {};
    return core::Fail(Damaged("blob " + std::to_string(blob) + ": its row is gone"));
}

Status BlobStore::RemoveReference(db::Transaction& transaction, BlobId blob,
                                  std::vector<BlobId>& discarded) {
    GYRE_ASSIGN(const auto row,
                transaction.QueryOne(
                    "SELECT refs, CASE WHEN data IS NULL THEN 1 ELSE 0 END FROM object_blobs "
                    "WHERE id = ?",
                    {blob}));
    if (!row) return {};  // its object was damaged, and can be removed all the same
    if (row->Int(0) > 1) {
        GYRE_TRY(
            transaction.Execute("UPDATE object_blobs SET refs = refs - 1 WHERE id = ?", {blob}));
        return {};
    }
    GYRE_TRY(transaction.Execute("DELETE FROM object_blobs WHERE id = ?", {blob}));
    if (row->Int(1) != 0) {
        GYRE_TRY(transaction.Execute("INSERT INTO object_garbage VALUES (?)", {blob}));
        discarded.push_back(blob);
    }
    return {};
}

Status BlobStore::TidyUp(db::Transaction& transaction) {
    const std::vector<BlobId> removed = reclaimer_.TakeRemoved();
    if (!removed.empty()) {
        GYRE_TRY(files_.SyncRemoved(removed));
        for (const BlobId blob : removed) {
            GYRE_TRY(transaction.Execute("DELETE FROM object_garbage WHERE blob = ?", {blob}));
        }
    }
    int64_t settled = 0;
    {
        auto ids = ids_.Lock();
        settled = ids->in_flight.empty() ? ids->next : *ids->in_flight.begin();
    }
    settled = BlobFiles::FirstOfDirectory(settled);
    if (settled > settled_) {
        // Drafts that came to nothing were removed from these folders.
        GYRE_TRY(files_.SyncBetween(settled_, settled));
        GYRE_TRY(transaction.Execute("UPDATE object_store SET settled = ?", {settled}));
        settled_ = settled;
    }
    return {};
}

}  // namespace gyre::objects::detail
