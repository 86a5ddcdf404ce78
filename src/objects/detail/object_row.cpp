#include "objects/detail/object_row.h"

#include "objects/detail/blob_store.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/upload_row.h"

namespace gyre::objects::detail {
namespace {

using core::Json;
using core::JsonObject;
using core::Status;

constexpr auto kType = "type";
constexpr auto kSystem = "system";
constexpr auto kUser = "user";
constexpr auto kComposite = "composite";
constexpr auto kParts = "parts";
constexpr auto kUpload = "upload";
constexpr auto kTags = "tags";
constexpr auto kAcl = "acl";

constexpr std::string_view kEnabledName = "Enabled";
constexpr std::string_view kSuspendedName = "Suspended";

}  // namespace

JsonObject TextsToJson(const std::map<std::string, std::string>& texts) {
    JsonObject json;
    for (const auto& [name, value] : texts) json[name] = value;
    return json;
}

std::map<std::string, std::string> TextsFromJson(const Json& detail, std::string_view member) {
    std::map<std::string, std::string> texts;
    const Json* found = core::JsonFind(detail, member);
    if (found == nullptr || !found->is_object()) return texts;
    for (const auto& [name, value] : found->get_object()) {
        if (value.is_string()) texts.emplace(name, value.get_string());
    }
    return texts;
}

core::JsonArray TagsToJson(const Tags& tags) {
    core::JsonArray json;
    for (const auto& [name, value] : tags) json.push_back(core::JsonArray{name, value});
    return json;
}

Tags TagsFromJson(const Json& json) {
    Tags tags;
    if (!json.is_array()) return tags;
    for (const Json& pair : json.get_array()) {
        if (!pair.is_array() || pair.get_array().size() != 2) continue;
        const Json& name = pair.get_array()[0];
        const Json& value = pair.get_array()[1];
        if (!name.is_string() || !value.is_string()) continue;
        tags.emplace_back(name.get_string(), value.get_string());
    }
    return tags;
}

JsonObject DetailOf(const ObjectInfo& info) {
    JsonObject json;
    if (!info.content_type.empty()) json[kType] = info.content_type;
    if (!info.system_metadata.empty()) json[kSystem] = TextsToJson(info.system_metadata);
    if (!info.user_metadata.empty()) json[kUser] = TextsToJson(info.user_metadata);
    if (!info.checksums.empty()) json[kChecksumsDetail] = TextsToJson(info.checksums);
    if (info.composite_checksum) json[kComposite] = true;
    if (info.parts > 0) json[kParts] = info.parts;
    if (!info.tags.empty()) json[kTags] = TagsToJson(info.tags);
    if (info.acl != Acl::kPrivate) json[kAcl] = AclName(info.acl);
    return json;
}

void ReadDetail(const Json& detail, ObjectInfo& info) {
    info.content_type = core::JsonStringOr(detail, kType);
    info.system_metadata = TextsFromJson(detail, kSystem);
    info.user_metadata = TextsFromJson(detail, kUser);
    info.checksums = TextsFromJson(detail, kChecksumsDetail);
    info.composite_checksum = core::JsonBool(detail, kComposite).value_or(false);
    info.parts = static_cast<int>(core::JsonInt(detail, kParts).value_or(0));
    const Json* tags = core::JsonFind(detail, kTags);
    info.tags = tags == nullptr ? Tags() : TagsFromJson(*tags);
    info.acl = AclNamed(core::JsonStringOr(detail, kAcl)).value_or(Acl::kPrivate);
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
    object.version = row.TakeText(7);
    object.seq = row.Int(8);
    object.marker = row.Int(9) != 0;
    const auto detail = core::ParseStoredJson(row.Text(6));
    if (!detail) {
        return core::Fail(Damaged("the row of " + object.info.bucket + "/" + object.info.key));
    }
    ReadDetail(*detail, object.info);
    object.upload_name = core::JsonString(*detail, kUpload).value_or("");
    return object;
}

std::string DetailText(const ObjectRow& row) {
    JsonObject detail = DetailOf(row.info);
    if (!row.upload_name.empty()) detail[kUpload] = row.upload_name;
    return core::JsonText(detail);
}

std::string_view VersioningName(Versioning versioning) {
    if (versioning == Versioning::kOff) return "";
    return versioning == Versioning::kEnabled ? kEnabledName : kSuspendedName;
}

Versioning VersioningNamed(std::string_view name) {
    if (name.empty()) return Versioning::kOff;
    return name == kEnabledName ? Versioning::kEnabled : Versioning::kSuspended;
}

core::Result<BucketState> RequireBucket(db::Transaction& transaction, const std::string& bucket) {
    GYRE_ASSIGN(
        const auto row,
        transaction.QueryOne("SELECT versioning FROM object_buckets WHERE name = ?", {bucket}));
    if (!row) return core::Fail(NoSuchBucket(bucket));
    return BucketState{VersioningNamed(row->Text(0))};
}

Status CheckWrite(const Conditions& conditions, const std::optional<ObjectRow>& present,
                  const std::string& key) {
    if (!conditions.Any()) return {};
    if (!present && !conditions.if_match.empty()) return core::Fail(NoSuchKey(key));
    const auto outcome =
        CheckForWrite(conditions, present ? std::optional(present->info.etag) : std::nullopt,
                      present ? present->info.modified : core::WallTime{});
    if (outcome == ConditionOutcome::kProceed) return {};
    return core::Fail(
        PreconditionFailed(conditions.if_match.empty() ? "If-None-Match" : "If-Match"));
}

Status CheckRemoval(const Conditions& conditions, const ObjectRow& present) {
    if (!conditions.Any()) return {};
    const auto outcome =
        CheckForWrite(conditions, present.marker ? "" : present.info.etag, present.info.modified);
    if (outcome != ConditionOutcome::kProceed) return core::Fail(PreconditionFailed("If-Match"));
    if (conditions.match_size && *conditions.match_size != present.info.size) {
        return core::Fail(PreconditionFailed("x-amz-if-match-size"));
    }
    const auto seconds = [](core::WallTime time) {
        return std::chrono::floor<core::seconds>(time.time_since_epoch());
    };
    if (conditions.match_modified &&
        seconds(*conditions.match_modified) != seconds(present.info.modified)) {
        return core::Fail(PreconditionFailed("x-amz-if-match-last-modified-time"));
    }
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
        "INSERT INTO objects (bucket, key, size, etag, modified, blob, upload, detail, version, "
        "seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (bucket, key) DO UPDATE SET "
        "size = excluded.size, etag = excluded.etag, modified = excluded.modified, "
        "blob = excluded.blob, upload = excluded.upload, detail = excluded.detail, "
        "version = excluded.version, seq = excluded.seq",
        {row.info.bucket, row.info.key, row.info.size, row.info.etag,
         Milliseconds(row.info.modified), row.blob, row.upload, DetailText(row), row.version,
         row.seq}));
    return {};
}

Status ReleaseContent(db::Transaction& transaction, const ObjectRow& row,
                      std::vector<BlobId>& discarded) {
    if (row.blob != 0) return BlobStore::RemoveReference(transaction, row.blob, discarded);
    return ReleaseParts(transaction, row.upload, discarded);
}

}  // namespace gyre::objects::detail
