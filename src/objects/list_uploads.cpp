#include <algorithm>

#include "objects/detail/key_order.h"
#include "objects/detail/object_row.h"
#include "objects/detail/upload_row.h"
#include "objects/detail/version_row.h"
#include "objects/local_store.h"

namespace gyre::objects {
namespace {

using core::Status;
using detail::UploadRow;

/// Uploads after `key` and, of that key, after `name`.
struct UploadPlace {
    std::string key;
    std::string name;
    bool inclusive = false;  ///< those of `key` are to come, whatever their names
};

core::Result<std::vector<db::Row>> NextUploads(db::Transaction& transaction,
                                               const UploadListRequest& request,
                                               const UploadPlace& place, int limit) {
    const auto end = detail::AfterPrefix(request.prefix);
    const std::string sql =
        std::string("SELECT ") + detail::kUploadColumns + " FROM object_uploads WHERE bucket = ?" +
        (place.inclusive ? " AND key >= ?" : " AND (key > ? OR (key = ? AND name > ?))") +
        (end ? " AND key < ?" : "") + " ORDER BY key, name LIMIT ?";
    db::Parameters parameters = {request.bucket, place.key};
    if (!place.inclusive) {
        parameters.emplace_back(place.key);
        parameters.emplace_back(place.name);
    }
    if (end) parameters.emplace_back(*end);
    parameters.emplace_back(limit);
    return transaction.Query(sql, parameters);
}

/// Where all that begins with a common prefix is over; nullopt when nothing can come.
std::optional<UploadPlace> Past(const std::string& common_prefix) {
    auto after = detail::AfterPrefix(common_prefix);
    if (!after) return std::nullopt;
    return UploadPlace{std::move(*after), "", true};
}

std::optional<UploadPlace> Beginning(const UploadListRequest& request) {
    std::optional<UploadPlace> place = UploadPlace{request.after_key, request.after_name, false};
    if (request.after_key.empty()) {
        place = UploadPlace{"", "", true};
    } else if (request.after_key.starts_with(request.prefix) &&
               detail::CommonPrefix(request.after_key, request.prefix, request.delimiter) ==
                   std::optional(request.after_key)) {
        place = Past(request.after_key);
    } else if (request.after_name.empty()) {
        // Without a name all uploads of the marker's key are over. '\x7f' is above every name.
        place->name.assign(1, '\x7f');
    }
    if (place && place->key < request.prefix) place = UploadPlace{request.prefix, "", true};
    return place;
}

}  // namespace

core::Result<UploadPage> LocalStore::ListUploads(const UploadListRequest& request) {
    UploadPage page;
    std::optional<UploadPlace> place = Beginning(request);
    const Status done = database_.Read([&](db::Transaction& transaction) -> Status {
        GYRE_TRY(detail::RequireBucket(transaction, request.bucket));
        if (request.limit <= 0) return {};
        int found = 0;
        while (place) {
            const int batch = request.limit - found + 1;
            GYRE_ASSIGN(const auto rows, NextUploads(transaction, request, *place, batch));
            bool skipped = false;
            for (const db::Row& row : rows) {
                if (found == request.limit) {
                    page.truncated = true;
                    return {};
                }
                ++found;
                GYRE_ASSIGN(UploadRow upload, detail::UploadOf(request.bucket, row));
                const std::string& key = upload.info.id.key;
                if (auto common = detail::CommonPrefix(key, request.prefix, request.delimiter)) {
                    place = Past(*common);
                    page.last_key = *common;
                    page.last_name.clear();
                    page.common_prefixes.push_back(std::move(*common));
                    skipped = true;
                    break;
                }
                place = UploadPlace{key, upload.info.id.name, false};
                page.last_key = key;
                page.last_name = upload.info.id.name;
                page.uploads.push_back(std::move(upload.info));
            }
            if (!skipped && static_cast<int>(rows.size()) < batch) return {};
        }
        return {};
    });
    GYRE_TRY(done);
    return page;
}

core::Result<PartPage> LocalStore::ListParts(const UploadId& upload, int after, int limit) {
    PartPage page;
    const Status done = database_.Read([&](db::Transaction& transaction) -> Status {
        GYRE_ASSIGN(UploadRow row, detail::FindUpload(transaction, upload));
        page.upload = std::move(row.info);
        if (limit <= 0) return {};
        GYRE_ASSIGN(auto parts, detail::PartsOf(transaction, row.number, after, limit + 1));
        for (detail::PartRow& part : parts) {
            if (static_cast<int>(page.parts.size()) == limit) {
                page.truncated = true;
                break;
            }
            page.parts.push_back(std::move(part.info));
        }
        return {};
    });
    GYRE_TRY(done);
    return page;
}

core::Result<ObjectParts> LocalStore::ListObjectParts(const ObjectName& object, int after,
                                                      int limit) {
    GetOptions options;
    options.version = object.version;
    options.with_body = false;
    ObjectParts found;
    GYRE_ASSIGN(auto got, GetObject(object.bucket, object.key, options));
    found.object = std::move(got.info);
    const Status done = database_.Read([&](db::Transaction& transaction) -> Status {
        GYRE_ASSIGN(const auto row, detail::FindVersion(transaction, object));
        if (!row || row->blob != 0) return {};
        GYRE_ASSIGN(auto parts, detail::PartsOf(transaction, row->upload));
        for (size_t i = 0; i < parts.size(); ++i) {
            const int number = static_cast<int>(i) + 1;
            if (number <= after) continue;
            if (static_cast<int>(found.parts.size()) >= limit) {
                found.truncated = true;
                break;
            }
            parts[i].info.number = number;
            found.parts.push_back(std::move(parts[i].info));
        }
        return {};
    });
    GYRE_TRY(done);
    return found;
}

}  // namespace gyre::objects
