#include "objects/detail/version_row.h"

#include <algorithm>

#include "core/digest.h"
#include "objects/detail/s3_errors.h"

namespace gyre::objects::detail {
namespace {

using core::Result;
using core::Status;

constexpr size_t kNameBytes = 16;
constexpr size_t kLongestName = 128;
constexpr std::string_view kNullVersion = "null";

Result<std::optional<ObjectRow>> One(db::Transaction& transaction, const std::string& bucket,
                                     const std::string& condition,
                                     const db::Parameters& parameters) {
    GYRE_ASSIGN(auto row, transaction.QueryOne(std::string("SELECT ") + kVersionColumns +
                                                   " FROM object_versions WHERE " + condition,
                                               parameters));
    if (!row) return std::nullopt;
    GYRE_ASSIGN(auto version, RowOf(bucket, std::move(*row)));
    return version;
}

}  // namespace

std::string NewVersionName() {
    return core::HexEncode(core::RandomBytes(kNameBytes));
}

Status CheckVersionName(const std::string& name) {
    const bool good = name.size() <= kLongestName && std::ranges::all_of(name, [](char c) {
                          return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                                 (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
                      });
    if (good) return {};
    return core::Fail(InvalidArgument("Invalid version id specified")
                          .With("ArgumentName", "versionId")
                          .With("ArgumentValue", name));
}

Result<std::optional<ObjectRow>> FindVersion(db::Transaction& transaction, const ObjectName& name) {
    GYRE_ASSIGN(auto current, FindObject(transaction, name.bucket, name.key));
    if (name.version.empty()) return current;
    const std::string version = name.version == kNullVersion ? "" : name.version;
    if (current && current->version == version) return current;
    return One(transaction, name.bucket, "bucket = ? AND key = ? AND version = ?",
               {name.bucket, name.key, version});
}

Result<std::optional<ObjectRow>> NewestBehind(db::Transaction& transaction,
                                              const std::string& bucket, const std::string& key) {
    return One(transaction, bucket, "bucket = ? AND key = ? ORDER BY seq DESC LIMIT 1",
               {bucket, key});
}

Result<int64_t> NextSeq(db::Transaction& transaction, const std::string& bucket,
                        const std::string& key, const std::optional<ObjectRow>& current) {
    if (current) return current->seq + 1;
    GYRE_ASSIGN(const auto newest, NewestBehind(transaction, bucket, key));
    return newest ? newest->seq + 1 : 1;
}

Status StoreVersion(db::Transaction& transaction, const ObjectRow& row) {
    GYRE_TRY(transaction.Execute(
        "INSERT INTO object_versions (bucket, key, seq, version, marker, size, etag, modified, "
        "blob, upload, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {row.info.bucket, row.info.key, row.seq, row.version, row.marker ? 1 : 0, row.info.size,
         row.info.etag, Milliseconds(row.info.modified), row.blob, row.upload, DetailText(row)}));
    return {};
}

Status SetAside(db::Transaction& transaction, const ObjectRow& current) {
    GYRE_TRY(StoreVersion(transaction, current));
    GYRE_TRY(transaction.Execute("DELETE FROM objects WHERE bucket = ? AND key = ?",
                                 {current.info.bucket, current.info.key}));
    return {};
}

Status Promote(db::Transaction& transaction, const std::string& bucket, const std::string& key) {
    GYRE_ASSIGN(const auto current, FindObject(transaction, bucket, key));
    if (current) return {};
    GYRE_ASSIGN(const auto newest, NewestBehind(transaction, bucket, key));
    if (!newest || newest->marker) return {};
    GYRE_TRY(
        transaction.Execute("DELETE FROM object_versions WHERE bucket = ? AND key = ? AND seq = ?",
                            {bucket, key, newest->seq}));
    return StoreObject(transaction, *newest);
}

Status RemoveVersion(db::Transaction& transaction, const ObjectRow& row,
                     std::vector<BlobId>& discarded) {
    if (!row.marker) GYRE_TRY(ReleaseContent(transaction, row, discarded));
    for (const char* table : {"objects", "object_versions"}) {
        GYRE_TRY(transaction.Execute(
            std::string("DELETE FROM ") + table + " WHERE bucket = ? AND key = ? AND seq = ?",
            {row.info.bucket, row.info.key, row.seq}));
    }
    return {};
}

Status ClearNullVersion(db::Transaction& transaction, const std::optional<ObjectRow>& current,
                        const std::string& bucket, const std::string& key,
                        std::vector<BlobId>& discarded) {
    if (current && !current->version.empty()) GYRE_TRY(SetAside(transaction, *current));
    GYRE_ASSIGN(const auto present,
                FindVersion(transaction, {bucket, key, std::string(kNullVersion)}));
    if (!present) return {};
    return RemoveVersion(transaction, *present, discarded);
}

Status UpdateDetail(db::Transaction& transaction, const ObjectRow& row) {
    for (const char* table : {"objects", "object_versions"}) {
        GYRE_TRY(transaction.Execute(std::string("UPDATE ") + table +
                                         " SET detail = ? WHERE bucket = ? AND key = ? AND seq = ?",
                                     {DetailText(row), row.info.bucket, row.info.key, row.seq}));
    }
    return {};
}

}  // namespace gyre::objects::detail
