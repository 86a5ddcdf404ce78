#include "net/http_message.h"
#include "objects/detail/s3_action_groups.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/s3_members.h"

namespace gyre::objects::detail {
namespace {

using core::Json;
using core::JsonArray;
using core::JsonObject;
using core::Result;
using wire::CallContext;

constexpr int64_t kMostKeys = 1000;

/// Names as the caller wants them: percent-encoded (keys may hold what XML cannot), or as they are.
class Encoding {
  public:
    [[nodiscard]] static Result<Encoding> Of(const Json& input) {
        const std::string asked = Text(input, "EncodingType");
        if (!asked.empty() && asked != "url") {
            return core::Fail(InvalidArgument("Invalid Encoding Method specified in Request"));
        }
        return Encoding(asked == "url");
    }
    [[nodiscard]] std::string operator()(std::string_view name) const {
        return url_ ? net::PercentEncode(name, true) : std::string(name);
    }
    void Describe(JsonObject& output) const {
        if (url_) output["EncodingType"] = "url";
    }

  private:
    explicit Encoding(bool url) : url_(url) {}
    bool url_;
};

Result<ListRequest> RequestOf(const Json& input) {
    ListRequest request;
    request.bucket = Text(input, "Bucket");
    request.prefix = Text(input, "Prefix");
    request.delimiter = Text(input, "Delimiter");
    const int64_t limit = core::JsonInt(input, "MaxKeys").value_or(kMostKeys);
    if (limit < 0) {
        return core::Fail(
            InvalidArgument("Argument maxKeys must be an integer between 0 and "
                            "2147483647"));
    }
    request.limit = static_cast<int>(std::min(limit, kMostKeys));
    return request;
}

/// What both versions answer alike.
JsonObject Describe(const ListPage& page, const ListRequest& request, const Encoding& encode,
                    const std::string& owner) {
    JsonArray contents;
    for (const ObjectInfo& info : page.objects) {
        JsonObject one{{"Key", encode(info.key)},
                       {"LastModified", core::EpochSeconds(info.modified)},
                       {"ETag", Quoted(info.etag)},
                       {"Size", info.size},
                       {"StorageClass", "STANDARD"}};
        if (!info.checksums.empty()) {
            JsonArray algorithms;
            for (const auto& [name, value] : info.checksums) algorithms.emplace_back(name);
            one["ChecksumAlgorithm"] = std::move(algorithms);
            one["ChecksumType"] = ChecksumType(info);
        }
        if (!owner.empty()) one["Owner"] = JsonObject{{"ID", owner}};
        contents.emplace_back(std::move(one));
    }
    JsonArray prefixes;
    for (const std::string& prefix : page.common_prefixes) {
        prefixes.emplace_back(JsonObject{{"Prefix", encode(prefix)}});
    }
    JsonObject output{{"Name", request.bucket},
                      {"Prefix", encode(request.prefix)},
                      {"MaxKeys", request.limit},
                      {"IsTruncated", page.truncated}};
    if (!request.delimiter.empty()) output["Delimiter"] = encode(request.delimiter);
    encode.Describe(output);
    if (!contents.empty()) output["Contents"] = std::move(contents);
    if (!prefixes.empty()) output["CommonPrefixes"] = std::move(prefixes);
    return output;
}

Result<Json> ListObjectsV2(LocalStore& store, const CallContext& context, const Json& input) {
    GYRE_ASSIGN(ListRequest request, RequestOf(input));
    GYRE_ASSIGN(const Encoding encode, Encoding::Of(input));
    request.start_after = Text(input, "StartAfter");
    request.token = Text(input, "ContinuationToken");
    if (core::JsonString(input, "ContinuationToken") && request.token.empty()) {
        return core::Fail(InvalidArgument("The continuation token provided is incorrect"));
    }
    GYRE_ASSIGN(const ListPage page, store.ListObjects(request));
    const bool with_owner = core::JsonBool(input, "FetchOwner").value_or(false);
    JsonObject output = Describe(page, request, encode, with_owner ? context.caller.account : "");
    output["KeyCount"] = page.objects.size() + page.common_prefixes.size();
    if (!request.token.empty()) output["ContinuationToken"] = request.token;
    if (!request.start_after.empty()) output["StartAfter"] = encode(request.start_after);
    if (page.truncated) output["NextContinuationToken"] = page.next_token;
    return output;
}

Result<Json> ListObjects(LocalStore& store, const CallContext& context, const Json& input) {
    GYRE_ASSIGN(ListRequest request, RequestOf(input));
    GYRE_ASSIGN(const Encoding encode, Encoding::Of(input));
    request.start_after = Text(input, "Marker");
    GYRE_ASSIGN(const ListPage page, store.ListObjects(request));
    JsonObject output = Describe(page, request, encode, context.caller.account);
    output["Marker"] = encode(request.start_after);
    // Without a delimiter the last key itself is the next marker, as clients know.
    if (page.truncated && !request.delimiter.empty()) output["NextMarker"] = encode(page.last);
    return output;
}

}  // namespace

void AddListActions(wire::ActionTable& table, LocalStore& store) {
    const auto add = [&](const char* operation,
                         Result<Json> (*handler)(LocalStore&, const CallContext&, const Json&)) {
        table.Add(
            {.service = "s3",
             .operation = operation,
             .permission = "s3:ListBucket",
             .resource = BucketResource,
             .document = [&store, handler](const CallContext& context, Json input) -> Result<Json> {
                 GYRE_TRY(CheckOwner(context, input));
                 return handler(store, context, input);
             }});
    };
    add("ListObjectsV2", ListObjectsV2);
    add("ListObjects", ListObjects);
}

}  // namespace gyre::objects::detail
