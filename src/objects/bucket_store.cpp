#include "objects/detail/group_commit.h"
#include "objects/detail/object_row.h"
#include "objects/local_store.h"

namespace gyre::objects {

using core::Status;

core::Result<std::optional<std::string>> LocalStore::Setting(const std::string& bucket,
                                                             SettingKind kind) {
    std::optional<std::string> document;
    const Status done = database_.Read([&](db::Transaction& transaction) -> Status {
        GYRE_TRY(detail::RequireBucket(transaction, bucket));
        GYRE_ASSIGN(const auto row,
                    transaction.QueryOne("SELECT document FROM object_bucket_settings WHERE "
                                         "bucket = ? AND kind = ?",
                                         {bucket, std::string(SettingName(kind))}));
        if (row) document = row->Text(0);
        return {};
    });
    GYRE_TRY(done);
    return document;
}

Status LocalStore::SetSetting(const std::string& bucket, SettingKind kind,
                              const std::optional<std::string>& document) {
    const std::string name(SettingName(kind));
    const Status done = commits_->Run([&](db::Transaction& transaction) -> Status {
        GYRE_TRY(detail::RequireBucket(transaction, bucket));
        GYRE_TRY(transaction.Execute(
            "DELETE FROM object_bucket_settings WHERE bucket = ? AND kind = ?", {bucket, name}));
        if (!document) return {};
        GYRE_TRY(transaction.Execute(
            "INSERT INTO object_bucket_settings (bucket, kind, document) VALUES (?, ?, ?)",
            {bucket, name, *document}));
        return {};
    });
    GYRE_TRY(done);
    return LoadSettings(bucket);
}

Status LocalStore::LoadSettings(const std::string& bucket) {
    auto loading = loading_settings_.Lock();
    BucketSettings::Documents documents;
    const Status done = database_.Read([&](db::Transaction& transaction) -> Status {
        GYRE_ASSIGN(
            const auto rows,
            transaction.Query("SELECT kind, document FROM object_bucket_settings WHERE bucket = ?",
                              {bucket}));
        for (const db::Row& row : rows) documents[row.Text(0)] = row.Text(1);
        return {};
    });
    GYRE_TRY(done);
    settings_.Set(bucket, documents);
    return {};
}

Status LocalStore::LoadSettings() {
    std::map<std::string, BucketSettings::Documents> buckets;
    const Status done = database_.Read([&](db::Transaction& transaction) -> Status {
        GYRE_ASSIGN(const auto rows,
                    transaction.Query("SELECT bucket, kind, document FROM object_bucket_settings"));
        for (const db::Row& row : rows) buckets[row.Text(0)][row.Text(1)] = row.Text(2);
        return {};
    });
    GYRE_TRY(done);
    for (const auto& [bucket, documents] : buckets) settings_.Set(bucket, documents);
    return {};
}

}  // namespace gyre::objects
