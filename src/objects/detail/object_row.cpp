#include "objects/detail/object_row.h"

#include "core/json.h"
#include "objects/detail/blob_store.h"
#include "objects/detail/s3_errors.h"

namespace gyre::objects::detail {
namespace {

using core::Status;
using TextMap = std::map<std::string, std::string>;

constexpr auto kType = "type";
constexpr auto kSystem = "system";
constexpr auto kUser = "user";
constexpr auto kChecksums = "checksums";
constexpr auto kComposite = "composite";
constexpr auto kParts = "parts";

core::JsonObject ToJson(const TextMap& map) {
    core::JsonObject json;
    for (const auto& [name, value] : map) json[name] = value;
    return json;
}

void FromJson(const core::Json& json, std::string_view member, TextMap& map) {
    const core::Json* found = core::JsonFind(json, member);
    if (found == nullptr || !found->is_object()) return;
    for (const auto& [name, value] : found->get_object()) {
        if (value.is_string()) map.emplace(name, value.get_string());
    }
}

}  // namespace

std::string DetailText(const ObjectInfo& info) {
    core::JsonObject json;
    if (!info.content_type.empty()) json[kType] = info.content_type;
    if (!info.system_metadata.empty()) json[kSystem] = ToJson(info.system_metadata);
    if (!info.user_metadata.empty()) json[kUser] = ToJson(info.user_metadata);
    if (!info.checksums.empty()) json[kChecksums] = ToJson(info.checksums);
    if (info.composite_checksum) json[kComposite] = true;
    if (info.parts > 0) json[kParts] = info.parts;
    return core::JsonText(json);
}

Status ReadDetail(std::string_view text, ObjectInfo& info) {
    const auto json = core::ParseJson(text);
    if (!json) return core::Fail(Damaged("the row of " + info.bucket + "/" + info.key));
    info.content_type = std::string(core::JsonString(*json, kType).value_or(""));
    FromJson(*json, kSystem, info.system_metadata);
    FromJson(*json, kUser, info.user_metadata);
    FromJson(*json, kChecksums, info.checksums);
    info.composite_checksum = core::JsonBool(*json, kComposite).value_or(false);
    info.parts = static_cast<int>(core::JsonInt(*json, kParts).value_or(0));
    return {};
}

core::Result<ObjectRow> RowOf(const std::string& bucket, db::Row row) {
    ObjectRow object;
    object.info.bucket = bucket;
    object.info.key = row.TakeText(0);
    object.info.size = static_cast<uint64_t>(row.Int(1));
    object.info.etag = row.TakeText(2);
    object.info.modified = FromMilliseconds(row.Int(3));
    object.blob = row.Int(4);
    object.upload = row.Int(5);
    GYRE_TRY(ReadDetail(row.Text(6), object.info));
    return object;
}

Status RequireBucket(db::Transaction& transaction, const std::string& bucket) {
    GYRE_ASSIGN(const auto row,
                transaction.QueryOne("SELECT 1 FROM object_buckets WHERE name = ?", {bucket}));
    if (!row) return core::Fail(NoSuchBucket(bucket));
    return {};
}

core::Result<std::optional<ObjectRow>> FindObject(db::Transaction& transaction,
                                                  const std::string& bucket,
                                                  const std::string& key) {
    static const std::string kSql =
        std::string("SELECT ") + kObjectColumns + " FROM objects WHERE bucket = ? AND key = ?";
    GYRE_ASSIGN(auto row, transaction.QueryOne(kSql, {bucket, key}));
    if (!row) return std::nullopt;
    GYRE_ASSIGN(auto object, RowOf(bucket, std::move(*row)));
    return object;
}

Status StoreObject(db::Transaction& transaction, const ObjectRow& row) {
    GYRE_TRY(transaction.Execute(
        "INSERT INTO objects (bucket, key, size, etag, modified, blob, upload, detail) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (bucket, key) DO UPDATE SET "
        "size = excluded.size, etag = excluded.etag, modified = excluded.modified, "
        "blob = excluded.blob, upload = excluded.upload, detail = excluded.detail",
        {row.info.bucket, row.info.key, row.info.size, row.info.etag,
         Milliseconds(row.info.modified), row.blob, row.upload, DetailText(row.info)}));
    return {};
}

Status ReleaseContent(db::Transaction& transaction, const ObjectRow& row,
                      std::vector<BlobId>& discarded) {
    if (row.blob != 0) return BlobStore::RemoveReference(transaction, row.blob, discarded);
    return ReleaseParts(transaction, row.upload, discarded);
}

Status ReleaseParts(db::Transaction& transaction, int64_t upload, std::vector<BlobId>& discarded) {
    GYRE_ASSIGN(const auto parts,
                transaction.Query("SELECT blob FROM object_parts WHERE upload = ?", {upload}));
    for (const db::Row& part : parts) {
        GYRE_TRY(BlobStore::RemoveReference(transaction, part.Int(0), discarded));
    }
    GYRE_TRY(transaction.Execute("DELETE FROM object_parts WHERE upload = ?", {upload}));
    return {};
}

}  // namespace gyre::objects::detail
