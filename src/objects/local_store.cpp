#include "objects/local_store.h"

#include <algorithm>

#include "objects/detail/blob_store.h"
#include "objects/detail/group_commit.h"
#include "objects/detail/object_row.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/schema.h"
#include "objects/detail/upload_row.h"
#include "objects/names.h"

namespace gyre::objects {

using core::Code;
using core::Status;

namespace {

Bucket BucketOf(const db::Row& row) {
    return {row.Text(0), detail::FromMilliseconds(row.Int(1)), row.Text(2),
            detail::VersioningNamed(row.Text(3))};
}

}  // namespace

LocalStore::LocalStore(db::Database& database, core::FileSystem& files, const core::Clock& clock,
                       EventSink* events, std::unique_ptr<detail::BlobStore> blobs)
    : database_(database),
      clock_(clock),
      events_(events),
      blobs_(std::move(blobs)),
      commits_(std::make_unique<detail::GroupCommit>(database, files)) {
}

LocalStore::~LocalStore() = default;

core::Result<std::unique_ptr<LocalStore>> OpenLocalStore(db::Database& database,
                                                         core::FileSystem& files,
                                                         const std::filesystem::path& folder,
                                                         const core::Clock& clock,
                                                         EventSink* events) {
    GYRE_TRY(database.Migrate("objects", detail::Schema()));
    GYRE_ASSIGN(auto blobs, detail::BlobStore::Open(database, files, folder));
    auto store = std::make_unique<LocalStore>(database, files, clock, events, std::move(blobs));
    GYRE_TRY(store->LoadSettings());
    store->settings_.AskForObjects(
        [asked = store.get()](const std::string& bucket, const std::string& key,
                              const std::string& version) -> std::optional<ObjectInfo> {
            GetOptions options;
            options.version = version;
            options.with_body = false;
            auto found = asked->GetObject(bucket, key, options);
            if (!found) return std::nullopt;
            return std::move(found->info);
        });
    return store;
}

Status LocalStore::CreateBucketIn(const std::string& bucket, const std::string& region) {
    GYRE_TRY(CheckBucketName(bucket));
    return commits_->Run([&](db::Transaction& transaction) -> Status {
        auto inserted = transaction.Execute(
            "INSERT INTO object_buckets (name, created, region) "
            "VALUES (?, ?, ?)",
            {bucket, detail::Milliseconds(clock_.WallNow()), region});
        if (!inserted && inserted.error().code == Code::kAlreadyExists) {
            return core::Fail(
                detail::S3Error(Code::kAlreadyExists, 409, "BucketAlreadyOwnedByYou",
                                "Your previous request to create the named bucket succeeded and "
                                "you already own it.")
                    .With("BucketName", bucket));
        }
        GYRE_TRY(std::move(inserted));
        return {};
    });
}

core::Result<Bucket> LocalStore::HeadBucket(const std::string& bucket) {
    Bucket found;
    const Status done = database_.Read([&](db::Transaction& transaction) -> Status {
        GYRE_ASSIGN(const auto row,
                    transaction.QueryOne("SELECT name, created, region, versioning FROM "
                                         "object_buckets WHERE name = ?",
                                         {bucket}));
        if (!row) return core::Fail(detail::NoSuchBucket(bucket));
        found = BucketOf(*row);
        return {};
    });
    GYRE_TRY(done);
    return found;
}

core::Result<std::vector<Bucket>> LocalStore::ListBuckets() {
    std::vector<Bucket> buckets;
    const Status done = database_.Read([&](db::Transaction& transaction) -> Status {
        GYRE_ASSIGN(
            const auto rows,
            transaction.Query("SELECT name, created, region, versioning FROM object_buckets "
                              "ORDER BY name"));
        for (const db::Row& row : rows) buckets.push_back(BucketOf(row));
        return {};
    });
    GYRE_TRY(done);
    return buckets;
}

Status LocalStore::DeleteBucket(const std::string& bucket) {
    std::vector<detail::BlobId> discarded;
    const Status done = RunRemoval([&](db::Transaction& transaction) -> Status {
        discarded.clear();
        GYRE_TRY(detail::RequireBucket(transaction, bucket));
        GYRE_ASSIGN(const auto held,
                    transaction.QueryOne("SELECT 1 FROM objects WHERE bucket = ? UNION ALL "
                                         "SELECT 1 FROM object_versions WHERE bucket = ? LIMIT 1",
                                         {bucket, bucket}));
        if (held) {
            return core::Fail(detail::S3Error(Code::kFailedPrecondition, 409, "BucketNotEmpty",
                                              "The bucket you tried to delete is not empty")
                                  .With("BucketName", bucket));
        }
        GYRE_ASSIGN(const auto uploads,
                    transaction.Query("SELECT id FROM object_uploads WHERE bucket = ?", {bucket}));
        for (const db::Row& upload : uploads) {
            GYRE_TRY(detail::ReleaseParts(transaction, upload.Int(0), discarded));
        }
        GYRE_TRY(transaction.Execute("DELETE FROM object_uploads WHERE bucket = ?", {bucket}));
        GYRE_TRY(
            transaction.Execute("DELETE FROM object_bucket_settings WHERE bucket = ?", {bucket}));
        GYRE_TRY(transaction.Execute("DELETE FROM object_buckets WHERE name = ?", {bucket}));
        return {};
    });
    GYRE_TRY(done);
    CleanUp(discarded);
    return LoadSettings(bucket);
}

Status LocalStore::SetVersioning(const std::string& bucket, Versioning versioning) {
    GYRE_CHECK(versioning != Versioning::kOff);
    return commits_->Run([&](db::Transaction& transaction) -> Status {
        GYRE_TRY(detail::RequireBucket(transaction, bucket));
        GYRE_TRY(transaction.Execute("UPDATE object_buckets SET versioning = ? WHERE name = ?",
                                     {std::string(detail::VersioningName(versioning)), bucket}));
        return {};
    });
}

int64_t LocalStore::NextSequence() {
    constexpr int64_t kPerMillisecond = 1'000'000;
    last_sequence_ =
        std::max(last_sequence_ + 1, detail::Milliseconds(clock_.WallNow()) * kPerMillisecond);
    return last_sequence_;
}

void LocalStore::Tell(const std::string& event, const ObjectInfo& object, const RequestedBy& by) {
    const auto rules = events_ == nullptr ? nullptr : settings_.NotificationOf(object.bucket);
    if (!rules) return;
    auto destinations = rules->Destinations(event, object.key);
    if (destinations.empty()) return;
    events_->OnEvent({event, object, clock_.WallNow(), by.principal, by.source, by.request_id,
                      std::move(destinations)});
}

core::Result<ObjectInfo> LocalStore::Head(const std::string& bucket, const std::string& key) {
    GYRE_ASSIGN(auto got, GetObject(bucket, key, {.with_body = false}));
    return std::move(got.info);
}

core::Result<ObjectData> LocalStore::Get(const std::string& bucket, const std::string& key) {
    GYRE_ASSIGN(auto got, GetObject(bucket, key, {}));
    return ObjectData{std::move(got.info), std::move(got.body)};
}

core::Result<ObjectInfo> LocalStore::Put(const std::string& bucket, const std::string& key,
                                         net::BodyReader& body, const std::string& content_type) {
    PutOptions options;
    options.metadata.content_type = content_type;
    return PutObject(bucket, key, body, options);
}

Status LocalStore::Delete(const std::string& bucket, const std::string& key) {
    GYRE_TRY(DeleteObject(bucket, {key, {}, ""}, {}));
    return {};
}

core::Result<std::vector<ObjectInfo>> LocalStore::List(const std::string& bucket,
                                                       const std::string& prefix,
                                                       const std::string& start_after, int limit) {
    ListRequest request{.bucket = bucket, .prefix = prefix, .start_after = start_after};
    request.limit = limit;
    GYRE_ASSIGN(auto page, ListObjects(request));
    return std::move(page.objects);
}

Status LocalStore::CreateBucket(const std::string& bucket) {
    return CreateBucketIn(bucket, "us-east-1");
}

}  // namespace gyre::objects
