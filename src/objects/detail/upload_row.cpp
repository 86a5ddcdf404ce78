#include "objects/detail/upload_row.h"

#include <cstdio>
#include <limits>

#include "core/digest.h"
#include "core/json.h"
#include "objects/detail/blob_store.h"
#include "objects/detail/object_row.h"
#include "objects/detail/s3_errors.h"

namespace gyre::objects::detail {
namespace {

using core::Result;
using core::Status;

constexpr auto kAlgorithm = "algorithm";
constexpr auto kComposite = "composite";
constexpr auto kInitiator = "initiator";
constexpr size_t kChance = 16;      // bytes
constexpr size_t kMostAtOnce = 64;  // parts let go of within a request

}  // namespace

std::string NewUploadName(int64_t number) {
    char text[24];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
    return text + core::HexEncode(core::RandomBytes(kChance));
}

Status StoreUpload(db::Transaction& transaction, const UploadRow& upload) {
    ObjectInfo object;
    object.content_type = upload.metadata.content_type;
    object.system_metadata = upload.metadata.system;
    object.user_metadata = upload.metadata.user;
    object.tags = upload.tags;
    object.acl = upload.acl;
    core::JsonObject detail = DetailOf(object);
    const UploadInfo& info = upload.info;
    if (info.algorithm) detail[kAlgorithm] = ChecksumName(*info.algorithm);
    if (info.type == ChecksumType::kComposite) detail[kComposite] = true;
    if (!info.initiator.empty()) detail[kInitiator] = info.initiator;
    GYRE_TRY(
        transaction.Execute("INSERT INTO object_uploads (bucket, key, name, id, initiated, detail) "
                            "VALUES (?, ?, ?, ?, ?, ?)",
                            {info.id.bucket, info.id.key, info.id.name, upload.number,
                             Milliseconds(info.initiated), core::JsonText(detail)}));
    return {};
}

Result<UploadRow> UploadOf(const std::string& bucket, const db::Row& row) {
    UploadRow upload;
    upload.info.id = {bucket, row.Text(0), row.Text(1)};
    upload.number = row.Int(2);
    upload.info.initiated = FromMilliseconds(row.Int(3));
    const auto detail = core::ParseStoredJson(row.Text(4));
    if (!detail) return core::Fail(Damaged("the row of upload " + upload.info.id.name));
    ObjectInfo object;
    ReadDetail(*detail, object);
    upload.metadata = {std::move(object.content_type), std::move(object.system_metadata),
                       std::move(object.user_metadata)};
    upload.tags = std::move(object.tags);
    upload.acl = object.acl;
    upload.info.algorithm = ChecksumByName(core::JsonString(*detail, kAlgorithm).value_or(""));
    if (object.composite_checksum) upload.info.type = ChecksumType::kComposite;
    upload.info.initiator = core::JsonString(*detail, kInitiator).value_or("");
    return upload;
}

Result<UploadRow> FindUpload(db::Transaction& transaction, const UploadId& id) {
    static const std::string kSql = std::string("SELECT ") + kUploadColumns +
                                    " FROM object_uploads WHERE bucket = ? AND key = ? AND "
                                    "name = ?";
    GYRE_TRY(RequireBucket(transaction, id.bucket));
    GYRE_ASSIGN(const auto row, transaction.QueryOne(kSql, {id.bucket, id.key, id.name}));
    if (!row) return core::Fail(NoSuchUpload(id.name));
    return UploadOf(id.bucket, *row);
}

Status RemoveUpload(db::Transaction& transaction, const UploadId& id) {
    GYRE_TRY(
        transaction.Execute("DELETE FROM object_uploads WHERE bucket = ? AND key = ? AND name = ?",
                            {id.bucket, id.key, id.name}));
    return {};
}

Result<std::vector<PartRow>> PartsOf(db::Transaction& transaction, int64_t upload, int after,
                                     int limit) {
    GYRE_ASSIGN(const auto rows,
                transaction.Query("SELECT number, size, etag, modified, blob, detail FROM "
                                  "object_parts WHERE upload = ? AND number > ? ORDER BY number "
                                  "LIMIT ?",
                                  {upload, after, limit}));
    std::vector<PartRow> parts;
    parts.reserve(rows.size());
    for (const db::Row& row : rows) {
        PartRow part;
        part.info.number = static_cast<int>(row.Int(0));
        part.info.size = static_cast<uint64_t>(row.Int(1));
        part.info.etag = row.Text(2);
        part.info.modified = FromMilliseconds(row.Int(3));
        part.blob = row.Int(4);
        const auto detail = core::ParseJson(row.Text(5));
        if (!detail) {
            return core::Fail(Damaged("the row of part " + std::to_string(part.info.number)));
        }
        part.info.checksums = TextsFromJson(*detail, kChecksumsDetail);
        parts.push_back(std::move(part));
    }
    return parts;
}

Result<std::vector<PartRow>> PartsOf(db::Transaction& transaction, int64_t upload) {
    return PartsOf(transaction, upload, 0, std::numeric_limits<int>::max());
}

Status StorePart(db::Transaction& transaction, int64_t upload, const PartRow& part) {
    core::JsonObject detail;
    if (!part.info.checksums.empty()) detail[kChecksumsDetail] = TextsToJson(part.info.checksums);
    GYRE_TRY(transaction.Execute(
        "INSERT INTO object_parts (upload, number, size, etag, modified, blob, detail) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        {upload, part.info.number, part.info.size, part.info.etag, Milliseconds(part.info.modified),
         part.blob, core::JsonText(detail)}));
    return {};
}

Status ReleasePart(db::Transaction& transaction, int64_t upload, int number,
                   std::vector<BlobId>& discarded) {
    GYRE_ASSIGN(const auto part,
                transaction.QueryOne("SELECT blob FROM object_parts WHERE upload = ? AND "
                                     "number = ?",
                                     {upload, number}));
    if (!part) return {};
    GYRE_TRY(BlobStore::RemoveReference(transaction, part->Int(0), discarded));
    GYRE_TRY(transaction.Execute("DELETE FROM object_parts WHERE upload = ? AND number = ?",
                                 {upload, number}));
    return {};
}

Status ReleaseParts(db::Transaction& transaction, int64_t upload, std::vector<BlobId>& discarded) {
    GYRE_ASSIGN(const auto parts,
                transaction.Query("SELECT blob FROM object_parts WHERE upload = ? LIMIT ?",
                                  {upload, kMostAtOnce + 1}));
    if (parts.size() > kMostAtOnce) {
        GYRE_TRY(transaction.Execute("INSERT INTO object_dropped VALUES (?)", {upload}));
        discarded.push_back(kDroppedUpload);
        return {};
    }
    for (const db::Row& part : parts) {
        GYRE_TRY(BlobStore::RemoveReference(transaction, part.Int(0), discarded));
    }
    GYRE_TRY(transaction.Execute("DELETE FROM object_parts WHERE upload = ?", {upload}));
    return {};
}

Result<bool> ReleaseSomeDropped(db::Transaction& transaction, int most,
                                std::vector<BlobId>& discarded) {
    GYRE_ASSIGN(const auto dropped, transaction.QueryOne("SELECT upload FROM object_dropped"));
    if (!dropped) return false;
    const int64_t upload = dropped->Int(0);
    GYRE_ASSIGN(const auto parts,
                transaction.Query("SELECT number FROM object_parts WHERE upload = ? ORDER BY "
                                  "number LIMIT ?",
                                  {upload, most}));
    for (const db::Row& part : parts) {
        GYRE_TRY(ReleasePart(transaction, upload, static_cast<int>(part.Int(0)), discarded));
    }
    if (static_cast<int>(parts.size()) < most) {
        GYRE_TRY(transaction.Execute("DELETE FROM object_dropped WHERE upload = ?", {upload}));
    }
    return true;
}

Status ShareParts(db::Transaction& transaction, int64_t from, int64_t to) {
    GYRE_ASSIGN(const auto parts,
                transaction.Query("SELECT blob FROM object_parts WHERE upload = ?", {from}));
    for (const db::Row& part : parts) {
        GYRE_TRY(BlobStore::AddReference(transaction, part.Int(0)));
    }
    GYRE_TRY(transaction.Execute(
        "INSERT INTO object_parts (upload, number, size, etag, modified, blob, detail) "
        "SELECT CAST(? AS BIGINT), number, size, etag, modified, blob, detail FROM object_parts "
        "WHERE upload = ?",
        {to, from}));
    return {};
}

}  // namespace gyre::objects::detail
